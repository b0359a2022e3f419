import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Redaction } from '../../../src/application/redaction.js';
import { isShown, jsonView, pretty } from '../../../src/interfaces/dashboard/json-view.js';
import { holds } from '../../support/property.js';

describe('JSON', () => {
  test.each([
    ['{}', '{}'],
    ['[]', '[]'],
    ['{"a":1}', '{\n  "a": 1\n}'],
    ['{"a":[1,{"b":null}]}', '{\n  "a": [\n    1,\n    {\n      "b": null\n    }\n  ]\n}'],
    [' "x" ', '"x"'],
    ['{ }', '{}'],
    ['[ [\n] ]', '[\n  []\n]'],
    ['{"10":1,"2":2,"a":3,"2":4}', '{\n  "10": 1,\n  "2": 2,\n  "a": 3,\n  "2": 4\n}'],
    [String.raw`["a\"]", "\\", ",:{", "\u0041\/"]`, '[\n  "a\\"]",\n  "\\\\",\n  ",:{",\n  "\\u0041\\/"\n]'],
  ])('%s stands on lines of its own', (text, lines) => {
    expect(pretty(text)).toBe(lines);
  });

  test.each(['12345678901234567890', '1.10', '1E5', '-0', '1e400', '0.1000000000000000055511151231257827'])(
    'keeps the number %s',
    (number) => {
      expect(pretty(`[${number}]`)).toBe(`[\n  ${number}\n]`);
    },
  );

  test.each(['', 'OK', '<html>', '{"a":', "{'a':1}", '\u0000', '"', '"\\', '["a', ']]]]', '{"a":"'])(
    '%j is none: it stays as it is',
    (text) => {
      expect(pretty(text)).toBe(text);
    },
  );
});

describe('what would take too much room on lines of its own stays as it is', () => {
  test.each<[string, string]>([
    ['many small numbers', `{"a":[${new Array<number>(90_000).fill(1).join()}]}`],
    [
      'many of them deep down',
      `${'['.repeat(100)}${new Array<number>(2000).fill(1).join()}${']'.repeat(100)}`,
    ],
    ['brackets in brackets', '['.repeat(1000) + ']'.repeat(1000)],
    ['more of them than can be followed', '['.repeat(30_000) + ']'.repeat(30_000)],
    ['very much', `"${'x'.repeat(300_000)}"`],
  ])('%s', (_case, text) => {
    expect(pretty(text)).toBe(text);
    expect(jsonView(text, 'x', new Redaction([])).toString().length).toBeLessThan(201_000);
  });
});

test('any JSON stands on lines as JavaScript would put it there', () => {
  holds(
    fc.property(fc.jsonValue({ maxDepth: 6 }), fc.constantFrom(0, 1, '\t', '\r\n'), (value, space) => {
      expect(pretty(JSON.stringify(value, null, space))).toBe(portableLines(JSON.stringify(value, null, 2)));
    }),
  );
});

describe('a text that a form brings back', () => {
  test.each([
    '{"10":1,"2":[1.10]}',
    '{ "a":\r\n1,\r"b":2 }',
    '{"\u007f":"\u0085"}',
    `["${'x'.repeat(300_000)}",\r\n1]`,
  ])('is known for what was shown (%#)', (json) => {
    // As browsers do it, but for \r\n, which the reader of forms has made \n of again.
    expect(isShown(pretty(json).replace(/\r\n?/g, '\n'), json)).toBe(true);
    expect(isShown(`${pretty(json)} `, json)).toBe(false);
  });
});

describe('control characters that HTML cannot carry', () => {
  const RAW = '\u007f\u0080\u0085\u009f';
  const ESCAPED = String.raw`\u007f\u0080\u0085\u009f`;

  test('are written as escapes in JSON, be they in a name or in a value', () => {
    const text = `{"${RAW}":["${RAW}\u00a0~"]}`;
    expect(pretty(text)).toBe(`{\n  "${ESCAPED}": [\n    "${ESCAPED}\u00a0~"\n  ]\n}`);
    expect(JSON.parse(pretty(text))).toEqual(JSON.parse(text));
    expect(jsonView(text, 'x', new Redaction([])).toString()).not.toContain('\u2421');
  });

  test('that were written as escapes stay so', () => {
    expect(pretty(`"${ESCAPED}"`)).toBe(`"${ESCAPED}"`);
  });

  test.each([
    ['is too long', (raw: string) => `{"${raw}":"${'x'.repeat(300_000)}"}`],
    [
      'would be too long on lines of its own',
      (raw: string) => `["${raw}",${'['.repeat(1000)}${']'.repeat(1000)}]`,
    ],
  ])('are so in JSON that %s', (_case, withText) => {
    expect(pretty(withText(RAW))).toBe(withText(ESCAPED));
    expect(jsonView(withText(RAW), 'x', new Redaction([])).toString()).not.toContain('\u2421');
  });

  test.each([RAW, `{"a":"${RAW}"`, `{"a":1}${RAW}`, `"${'x'.repeat(300_000)}${RAW}`])(
    'stay as they are in what is no JSON (%#)',
    (text) => {
      expect(pretty(text)).toBe(text);
    },
  );
});

function portableLines(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}
