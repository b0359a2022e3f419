import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { describeSyntaxError, isNestedWithin, JsonText } from '../../../src/interfaces/http/json-text.js';

/** Makes a body of the payload's text and takes the payload's text out again. */
function payloadOf(text: string, others = ''): string | null {
  return new JsonText(`{"payload":${text}${others}}`).compact('payload');
}

describe('compact', () => {
  test.each([
    '{}',
    '{"a":[],"b":{},"c":null,"d":true,"e":false,"f":""}',
    '{"n":12345678901234567890}',
    '{"n":9007199254740993}',
    '{"n":9007199254740992}',
    '{"n":-9007199254740993}',
    '{"n":999999999999999}',
    '{"n":1.0}',
    '{"n":-1.50}',
    '{"n":0.1}',
    '{"n":3.141592653589793238462643383279}',
    '{"n":1e400}',
    '{"n":-1E+400}',
    '{"n":1e-400}',
    '{"n":1E2}',
    '{"n":-0}',
    '{"n":-0.0}',
    '{"n":0e0}',
    '[1.0,-0,[2.50],{"x":[1e400]}]',
    '{"n":[0,-1,10],"m":1.0}',
    '{"s":"1.0 1e400 -0 12345678901234567890"}',
    '{"s":": 1.0, [-0] {12345678901234567890}","n":1}',
    '{"s":": 1.0, [-0] {12345678901234567890}","n":1.0}',
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    '{"__proto__":{"polluted":1.0},"constructor":{"prototype":{"polluted":-0}}}',
    '{"__proto__":null,"toString":1,"hasOwnProperty":2}',
    '{"__proto__":1.0,"toString":1.0,"hasOwnProperty":2.0}',
    '{"isLosslessNumber":true,"value":"1","n":1.0}',
    '{"toJSON":1.0}',
    '{"nul":"\\u0000","quote":"\\"","slash":"\\\\","line":"\\n"}',
    '{"nul":"\\u0000","quote":"\\"","slash":"\\\\","line":"\\n","n":1.0}',
    '{"lone":"\\ud800"}',
    '{"lone":"\\ud800","n":1.0}',
    '{"é":"€","😀":"\u2028"}',
    '{"é":"€","😀":"\u2028","n":1.0}',
  ])('keeps %s', (text) => {
    expect(payloadOf(text)).toBe(text);
    expect({}).not.toHaveProperty('polluted');
  });

  test.each([
    ['{ "a" : 1 ,\t"b":\r\n[ 1 , 2 ] }', '{"a":1,"b":[1,2]}'],
    ['{ "a" : 1.0 ,\t"b":\r\n[ 1 , -0 ] }', '{"a":1.0,"b":[1,-0]}'],
    // The same text, as RFC 8259 has it.
    ['{"\\u0061":"\\u00e9\\/"}', '{"a":"é/"}'],
    ['{"\\u0061":"\\u00e9\\/","n":1.0}', '{"a":"é/","n":1.0}'],
    ['{"s":"\\ud83d\\ude00\\b\\f\\u007f"}', '{"s":"😀\\b\\f\u007f"}'],
    ['{"s":"\\ud83d\\ude00\\b\\f\\u007f","n":1.0}', '{"s":"😀\\b\\f\u007f","n":1.0}'],
    // Of duplicates the last counts.
    ['{"a":1,"b":2,"a":3}', '{"a":3,"b":2}'],
    ['{"a":1.0,"b":2,"a":3.0}', '{"a":3.0,"b":2}'],
    ['{"a":{"x":1,"y":2},"a":{"y":2,"x":1}}', '{"a":{"y":2,"x":1}}'],
    ['{"a":{"x":1,"y":2.0},"a":{"y":2.0,"x":1}}', '{"a":{"y":2.0,"x":1}}'],
    ['{"a":1.0,"a":1.00}', '{"a":1.00}'],
    ['{"__proto__":1,"__proto__":{"a":2}}', '{"__proto__":{"a":2}}'],
    ['{"__proto__":1.0,"__proto__":{"a":2.0}}', '{"__proto__":{"a":2.0}}'],
    // JavaScript puts keys that are integers first; the order of an object's members means nothing.
    ['{"b":0,"2":0,"1":0}', '{"1":0,"2":0,"b":0}'],
    ['{"b":0.0,"2":0,"1":0}', '{"1":0,"2":0,"b":0.0}'],
  ])('makes of %s the text %s', (text, expected) => {
    expect(payloadOf(text)).toBe(expected);
  });

  test('takes the last of several payloads', () => {
    expect(payloadOf('{"n":1}', ',"payload":{"n":2}')).toBe('{"n":2}');
    expect(payloadOf('{"n":1.0}', ',"payload":{"n":2.0}')).toBe('{"n":2.0}');
  });

  test('gives null for what is missing or null', () => {
    const json = new JsonText('{"jobs":[{"payload":null},{}],"n":1.0}');
    expect(json.compact('payload')).toBeNull();
    expect(json.compact('jobs', 0, 'payload')).toBeNull();
    expect(json.compact('jobs', 1, 'payload')).toBeNull();
    expect(json.compact('jobs', 2, 'payload')).toBeNull();
  });

  test('finds the parts of a batch', () => {
    const json = new JsonText('{"jobs":[{"payload":{"n":1.0}},{"payload":{"n":2}},{"payload":{"n":3e0}}]}');
    expect([0, 1, 2].map((index) => json.compact('jobs', index, 'payload'))).toEqual([
      '{"n":1.0}',
      '{"n":2}',
      '{"n":3e0}',
    ]);
  });

  test('copes with what has 128 levels', () => {
    const text = `${'{"a":'.repeat(127)}{"n":1.0}${'}'.repeat(127)}`;
    expect(payloadOf(text)).toBe(text);
  });
});

/*
 * The reference needs no parser: it writes down a document twice, once compact and once with white space, which the
 * reader then has to take away again.
 */
interface Written {
  readonly compact: string;
  readonly spaced: string;
}

const space = fc.stringMatching(/^[ \t\r\n]{0,2}$/);
const number = fc.oneof(
  fc.integer().map(String),
  fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => JSON.stringify(value)),
  fc.bigInt().map(String),
  fc.stringMatching(/^-?(0|[1-9]\d{0,25})(\.\d{1,25})?([eE][+-]?\d{1,4})?$/),
);
const string = fc
  .oneof(
    fc.string({ unit: 'binary' }),
    fc.string(),
    number,
    fc.constantFrom('__proto__', 'constructor', ': 1.0,'),
  )
  .map((text) => JSON.stringify(text));
const scalar = fc
  .oneof(number, string, fc.constantFrom('true', 'false', 'null'))
  .map((text): Written => ({ compact: text, spaced: text }));
/** No integers, which JavaScript would put first, and none twice. */
const key = string.filter((text) => !/^"\d+"$/.test(text));

function array(items: readonly Written[], [a, b]: readonly [string, string]): Written {
  return {
    compact: `[${items.map(({ compact }) => compact).join(',')}]`,
    spaced: `[${a}${items.map(({ spaced }) => spaced).join(`${b},${a}`)}${b}]`,
  };
}

function object(
  members: readonly (readonly [string, Written])[],
  [a, b]: readonly [string, string],
): Written {
  return {
    compact: `{${members.map(([name, { compact }]) => `${name}:${compact}`).join(',')}}`,
    spaced: `{${a}${members.map(([name, { spaced }]) => `${name}${b}:${a}${spaced}`).join(`${b},${a}`)}${b}}`,
  };
}

const { tree } = fc.letrec<{ tree: Written; array: Written; object: Written }>((tie) => ({
  tree: fc.oneof({ maxDepth: 4 }, scalar, tie('array'), tie('object')),
  array: fc
    .tuple(fc.array(tie('tree'), { maxLength: 4 }), fc.tuple(space, space))
    .map(([items, spaces]) => array(items, spaces)),
  object: fc
    .tuple(
      fc.uniqueArray(fc.tuple(key, tie('tree')), { maxLength: 4, selector: ([name]) => name }),
      fc.tuple(space, space),
    )
    .map(([members, spaces]) => object(members, spaces)),
}));

describe('for any document', () => {
  test('compact takes white space away, and nothing else', () => {
    fc.assert(
      fc.property(tree, ({ compact, spaced }) => {
        expect(payloadOf(spaced)).toBe(compact === 'null' ? null : compact);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('describeSyntaxError', () => {
  test.each([
    ['{', 'The body is not valid JSON: it ends before it is complete'],
    ['{"a":"b', 'The body is not valid JSON: it ends before it is complete'],
    ['{"a":}', 'The body is not valid JSON at position 5, near "}"'],
    ['{"a":1,}', 'The body is not valid JSON at position 7, near "}"'],
    ["{'a':1}", 'The body is not valid JSON at position 1, near "\'a\':1}"'],
    ['{"a":NaN}', 'The body is not valid JSON at position 5, near "NaN}"'],
    ['{"password": hunter2-and-more}', 'The body is not valid JSON at position 13, near "hunter2-an"'],
    ['{"a":"\n"}', 'The body is not valid JSON at position 6, near "\\n\\"}"'],
    ['{"a":1} x', 'The body is not valid JSON at position 8, near "x"'],
    ['{"a":1,"a":2', 'The body is not valid JSON: it ends before it is complete'],
    ['['.repeat(100_000), 'The body is not valid JSON'],
  ])('case %#', (text, message) => {
    expect(describeSyntaxError(text)).toBe(message);
  });

  test('says where, whatever a valid text was spoilt by', () => {
    const spoilt = fc
      .tuple(fc.json(), fc.nat(), fc.string({ minLength: 1, maxLength: 3 }))
      .map(
        ([text, at, more]) =>
          text.slice(0, at % (text.length + 1)) + more + text.slice(at % (text.length + 1)),
      )
      .filter((text) => !isJson(text));
    fc.assert(
      fc.property(spoilt, (text) => {
        expect(describeSyntaxError(text)).toMatch(
          /: it ends before it is complete$|at position \d+, near ".*"$/,
        );
      }),
      { numRuns: 1000 },
    );
  });
});

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe('isNestedWithin', () => {
  test.each([
    [0, 7, true],
    [0, {}, false],
    [1, {}, true],
    [1, { a: 1, b: 'x', c: null }, true],
    [1, { a: 1, b: [] }, false],
    [2, { a: 1, b: [] }, true],
    [2, [[1], [[]]], false],
  ])('%i levels hold %j: %s', (levels, value, expected) => {
    expect(isNestedWithin(levels, value)).toBe(expected);
  });
});
