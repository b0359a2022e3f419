import { describe, expect, test } from 'vitest';
import { jsonView, pretty } from '../../../src/interfaces/dashboard/json-view.js';

describe('JSON', () => {
  test.each([
    ['{}', '{}'],
    ['[]', '[]'],
    ['{"a":1}', '{\n  "a": 1\n}'],
    ['{"a":[1,{"b":null}]}', '{\n  "a": [\n    1,\n    {\n      "b": null\n    }\n  ]\n}'],
    [' "x" ', '"x"'],
  ])('%s stands on lines of its own', (text, lines) => {
    expect(pretty(text)).toBe(lines);
  });

  test.each(['12345678901234567890', '1.10', '1E5', '-0', '1e400', '0.1000000000000000055511151231257827'])(
    'keeps the number %s',
    (number) => {
      expect(pretty(`[${number}]`)).toBe(`[\n  ${number}\n]`);
    },
  );

  test.each(['', 'OK', '<html>', '{"a":', '{"a":1,"a":2}', "{'a':1}", '\u0000'])(
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
    expect(jsonView(text, 'x').toString().length).toBeLessThan(201_000);
  });
});
