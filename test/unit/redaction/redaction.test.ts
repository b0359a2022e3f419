import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseRedactPath, Redaction } from '../../../src/application/redaction.js';
import { holds } from '../../support/property.js';

function hide(text: string, ...paths: string[]): string {
  return new Redaction(paths).hide(text);
}

describe('a path', () => {
  test.each([
    ['password', ['password']],
    ['Card.*.Number', ['card', null, 'number']],
    ['items.0', ['items', '0']],
    [String.raw`a\.b.\*.c\\`, ['a.b', '*', 'c\\']],
    ['a b. ', ['a b', ' ']],
    ['*', [null]],
    ['**', ['**']],
  ])('%s has its steps', (path, steps) => {
    expect(parseRedactPath(path)).toEqual(steps);
  });

  test.each(['', '.', 'a.', '.a', 'a..b', 'a\\', '\\'])('%j is none', (path) => {
    expect(parseRedactPath(path)).toBeNull();
  });
});

describe('hidden is', () => {
  test.each([
    [
      'a name at any depth',
      ['password'],
      '{"password":1,"a":[{"password":[1,{"x":2}]}]}',
      '{"password":"***","a":[{"password":"***"}]}',
    ],
    ['a name in any case', ['passWord'], '{"PASSWORD":null}', '{"PASSWORD":"***"}'],
    [
      'a name that is written with escapes',
      ['password'],
      String.raw`{"pass\u0077ord":"x"}`,
      String.raw`{"pass\u0077ord":"***"}`,
    ],
    [
      'not what only begins or ends like it',
      ['pass'],
      '{"password":1,"bypass":2}',
      '{"password":1,"bypass":2}',
    ],
    [
      'what a member holds',
      ['card.*'],
      '{"card":{"a":1,"b":{"c":2}},"a":1}',
      '{"card":{"a":"***","b":"***"},"a":1}',
    ],
    [
      'a path wherever it begins',
      ['card.number'],
      '[{"order":{"card":{"number":1,"x":2}}}]',
      '[{"order":{"card":{"number":"***","x":2}}}]',
    ],
    ['not a part of a path', ['card.number'], '{"number":1,"card":2}', '{"number":1,"card":2}'],
    [
      'a path that begins anew within itself',
      ['a.a.b'],
      '{"a":{"a":{"a":{"b":1}},"b":2}}',
      '{"a":{"a":{"a":{"b":"***"}},"b":2}}',
    ],
    [
      'each of a list',
      ['cards.*.n'],
      '{"cards":[{"n":1},{"n":2,"m":3}]}',
      '{"cards":[{"n":"***"},{"n":"***","m":3}]}',
    ],
    ['one of a list', ['list.1'], '{"list":[1,2,3]}', '{"list":[1,"***",3]}'],
    ['everything', ['*'], '{"a":{"b":1},"c":2}', '{"a":"***","c":"***"}'],
    ['a name with a dot', [String.raw`a\.b`], '{"a.b":1,"a":{"b":2}}', '{"a.b":"***","a":{"b":2}}'],
    [
      'by several paths',
      ['a', 'b.c', 'b.*.d'],
      '{"a":1,"b":{"c":2,"e":{"d":3,"f":4}}}',
      '{"a":"***","b":{"c":"***","e":{"d":"***","f":4}}}',
    ],
    ['each of two of the same name', ['a'], '{"a":1,"a":2}', '{"a":"***","a":"***"}'],
    ['nothing within brackets of a text', ['a'], '{"b":"{\\"a\\":1}"}', '{"b":"{\\"a\\":1}"}'],
    [
      'with all else as it was',
      ['a'],
      ' {\r\n"a" : "]}\\"," ,\t"b":1.10 }\n',
      ' {\r\n"a" : "***" ,\t"b":1.10 }\n',
    ],
    ['what was cut off', ['a'], '{"b":1,"a":"sec', '{"b":1,"a":"***"'],
    ['a list that was cut off', ['a'], '{"b":1,"a":[1,{"x":"sec', '{"b":1,"a":"***"'],
    [
      'within another text',
      ['a'],
      'error [x]: got {"a":1} and {"a":2}',
      'error [x]: got {"a":"***"} and {"a":"***"}',
    ],
    ['behind what is no JSON after all', ['a'], '{x} [1}{"a":1}', '{x} [1}{"a":"***"}'],
  ])('%s', (_case, paths, text, shown) => {
    expect(hide(text, ...paths)).toBe(shown);
  });

  test.each([
    '',
    'OK',
    '"a"',
    '12',
    '{"a":',
    '{"a',
    '{',
    '[',
    '[,]',
    '{"a"}',
    '{"b":}',
    '{]',
    ']]]]',
    '[1 2]',
    '\u0000{',
  ])('nothing in %j', (text) => {
    expect(hide(text, 'a')).toBe(text);
  });

  test('a value however deep it lies', () => {
    const depth = 100_000;
    const text = `${'['.repeat(depth)}{"a":1}${']'.repeat(depth)}`;
    expect(hide(text, 'a')).toBe(text.replace('1', '"***"'));
  });
});

const NAMES = ['a', 'b', 'c', 'A', 'a.b', '*', '0'];
const json = fc.letrec<{ value: unknown }>((tie) => ({
  value: fc.oneof(
    { maxDepth: 5, withCrossShrink: true },
    fc.constantFrom('s3cret', 4111, true, null, 'a"]}\\', ''),
    fc.array(tie('value'), { maxLength: 4 }),
    fc.dictionary(fc.constantFrom(...NAMES), tie('value'), { maxKeys: 4 }),
  ),
})).value;
const path = fc
  .array(fc.constantFrom('a', 'b', 'B', String.raw`a\.b`, String.raw`\*`, '*', '0', '1'), {
    minLength: 1,
    maxLength: 3,
  })
  .map((steps) => steps.join('.'));
const paths = fc.array(path, { minLength: 1, maxLength: 3 });
const space = fc.constantFrom(0, 1, '\t', '\r\n');

/** The same by the letter of the rule: a value is hidden whose way down ends in the steps of some path. */
function expected(
  value: unknown,
  steps: readonly (readonly (string | null)[])[],
  way: readonly string[] = [],
): unknown {
  const ends = (one: readonly (string | null)[]): boolean =>
    one.length <= way.length &&
    one.every((step, i) => step === null || step === way[way.length - one.length + i]?.toLowerCase());
  if (steps.some(ends)) return '***';
  if (Array.isArray(value)) return value.map((part, i) => expected(part, steps, [...way, String(i)]));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value).map(([name, part]) => [name, expected(part, steps, [...way, name])]),
  );
}

test('any JSON shows what the rule says', () => {
  holds(
    fc.property(json, paths, space, (value, hidden, indent) => {
      const steps = hidden.map((one) => parseRedactPath(one) ?? []);
      const text = JSON.stringify(value, null, indent);
      expect(JSON.parse(new Redaction(hidden).hide(text))).toEqual(expected(value, steps));
    }),
    2000,
  );
});

test('any JSON that breaks off shows no more than the beginning of what is shown of it whole', () => {
  holds(
    fc.property(json, paths, fc.double({ min: 0, max: 1, noNaN: true }), (value, hidden, part) => {
      const redaction = new Redaction(hidden);
      const text = JSON.stringify(value);
      const shown = redaction.hide(text.slice(0, Math.floor(part * text.length))).replace(/"\*\*\*"$/, '');
      expect(redaction.hide(text).startsWith(shown)).toBe(true);
    }),
    2000,
  );
});

test('what was hidden comes back byte for byte, and what was not is not asked for', () => {
  holds(
    fc.property(json, paths, space, (value, hidden, indent) => {
      const redaction = new Redaction(hidden);
      const text = JSON.stringify(value, null, indent);
      expect(redaction.restore(redaction.hide(text), text)).toEqual({ ok: true, json: text });
    }),
    2000,
  );
});

test('any text at all is looked through, and nothing is added to it but ***', () => {
  const token = fc.constantFrom('{', '}', '[', ']', ',', ':', '"a"', '"b"', '"', '\\', '1', ' ', 'x', '"a":');
  holds(
    fc.property(
      fc.array(token, { maxLength: 30 }).map((tokens) => tokens.join('')),
      paths,
      (text, hidden) => {
        const shown = new Redaction(hidden).hide(text);
        let at = 0;
        for (const piece of shown.split('"***"')) {
          const found = text.indexOf(piece, at);
          expect(found).toBeGreaterThanOrEqual(at);
          at = found + piece.length;
        }
      },
    ),
    2000,
  );
});
