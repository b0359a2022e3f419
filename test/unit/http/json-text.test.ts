import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { isNestedWithin } from '../../../src/application/json-object.js';
import { describeSyntaxError, JsonText } from '../../../src/interfaces/http/json-text.js';
import { holds } from '../../support/property.js';

/** Makes a body of the payload's text and takes the payload's text out again. */
function payloadOf(text: string, others = ''): string | null {
  return new JsonText(`{"payload":${text}${others}}`).member('payload');
}

describe('a member', () => {
  test.each([
    '{}',
    '{ }',
    '{"a":[],"b":{},"c":null,"d":true,"e":false,"f":""}',
    '{"10":0,"2":0,"b":0,"1":0}',
    '{"a":1,"b":2,"a":3}',
    '{ "a" : 1 ,\t"b":\r\n[ 1 , 2 ] }',
    '{"n":12345678901234567890,"m":9007199254740993,"z":-0,"f":1.0,"e":1E+400}',
    '[1.0,-0,[2.50],{"x":[1e400]}]',
    '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
    '{"__proto__":1,"__proto__":{"a":2}}',
    String.raw`{"\u0061":"\u00e9\/","nul":"\u0000","quote":"\"","slash":"\\","lone":"\ud800"}`,
    String.raw`{"payload":"}","\\":"\\\"{[","]":["\"]}"]}`,
    '{"é":"€","😀":"\u2028\u007f"}',
    '"text"',
    '-1.50',
    'true',
  ])('is %s, byte for byte', (text) => {
    expect(payloadOf(text)).toBe(text);
    expect(payloadOf(text, ',"more":[{"payload":1}],"x":"\\\\"')).toBe(text);
    expect({}).not.toHaveProperty('polluted');
  });

  test('is the last of several, as in the value', () => {
    const json = new JsonText('{"payload":{"n":1},"a":{"payload":{"n":2}},"payload":{"n":3.0},"b":[]}');
    expect(json.member('payload')).toBe('{"n":3.0}');
    expect(json.value).toMatchObject({ payload: { n: 3 } });
    expect(payloadOf('{"n":1}', ',"payload":null')).toBeNull();
  });

  test('is known by a name with escapes, and by no other name', () => {
    expect(new JsonText(String.raw`{"p\u0061yload":{"n":1}}`).member('payload')).toBe('{"n":1}');
    expect(new JsonText(String.raw`{"Payload":1,"payload ":2,"pay\\load":3}`).member('payload')).toBeNull();
  });

  test('that is missing or null is null', () => {
    expect(new JsonText('{}').member('payload')).toBeNull();
    expect(new JsonText('{"payload": null }').member('payload')).toBeNull();
  });

  test('may stand within white space', () => {
    expect(new JsonText(' \n{ "a" : 1 , "payload" :\t{ } , "b":2 } \n').member('payload')).toBe('{ }');
  });

  test('may have 128 levels', () => {
    const text = `${'{"a":'.repeat(127)}{"n":1.0}${'}'.repeat(127)}`;
    expect(payloadOf(text)).toBe(text);
  });
});

describe('the members of a list', () => {
  test('stand at their places', () => {
    const json = new JsonText(
      '{"jobs": [ {"payload":{"n":1.0}} , {"a":[{"payload":0}],"payload":{ "2":{}, "1":[] }},{},{"payload":null}, 7, []] }',
    );
    expect(json.memberOfEach('jobs', 'payload')).toEqual([
      '{"n":1.0}',
      '{ "2":{}, "1":[] }',
      null,
      null,
      null,
      null,
    ]);
  });

  test('are those of the last list', () => {
    const json = new JsonText('{"jobs":[{"payload":1},{"payload":2}],"jobs":[{"payload":3,"payload":4}]}');
    expect(json.memberOfEach('jobs', 'payload')).toEqual(['4']);
  });

  test.each([
    '{}',
    '{"jobs":[]}',
    '{"jobs":[ ]}',
    '{"jobs":{"payload":1}}',
    '{"jobs":[{"payload":1}],"jobs":2}',
  ])('are none in %s', (text) => {
    expect(new JsonText(text).memberOfEach('jobs', 'payload')).toEqual([]);
  });
});

/* Documents as anybody may write them: with space anywhere, names in any order and more than once, any escapes. */
const space = fc.stringMatching(/^[ \t\r\n]{0,2}$/);
const number = fc.oneof(
  fc.integer().map(String),
  fc.stringMatching(/^-?(0|[1-9]\d{0,25})(\.\d{1,25})?([eE][+-]?\d{1,4})?$/),
);
const character = fc.oneof(
  fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).map((one) => JSON.stringify(one).slice(1, -1)),
  fc.stringMatching(/^(\\["\\/bfnrt]|\\u[\da-fA-F]{4})$/),
  fc.constantFrom('{', '}', '[', ']', ',', ':', ' '),
);
const string = fc.oneof(
  fc.array(character, { maxLength: 6 }).map((all) => `"${all.join('')}"`),
  fc.constantFrom('"payload"', '"jobs"', '"__proto__"', '"10"', '"2"'),
);
const scalar = fc.oneof(number, string, fc.constantFrom('true', 'false', 'null'));

function listed(items: readonly string[], [a, b]: readonly [string, string]): string {
  return `${a}${items.join(`${b},${a}`)}${b}`;
}

const { tree } = fc.letrec<{ tree: string; array: string; object: string }>((tie) => ({
  tree: fc.oneof({ maxDepth: 4 }, scalar, tie('array'), tie('object')),
  array: fc
    .tuple(fc.array(tie('tree'), { maxLength: 4 }), fc.tuple(space, space))
    .map(([items, spaces]) => `[${listed(items, spaces)}]`),
  object: fc
    .tuple(fc.array(fc.tuple(string, space, tie('tree')), { maxLength: 4 }), fc.tuple(space, space))
    .map(
      ([members, spaces]) =>
        `{${listed(
          members.map(([name, gap, value]) => `${name}${gap}:${gap}${value}`),
          spaces,
        )}}`,
    ),
}));
const members = fc.array(fc.tuple(string, tree), { maxLength: 3 });

describe('for any document', () => {
  test('a member is what was written, and means what the value says', () => {
    holds(
      fc.property(members, tree, members, space, (before, payload, after, gap) => {
        const all = [...before, ['"payload"', payload] as const, ...after];
        const text = `{${all.map(([name, value]) => `${name}${gap}:${gap}${value}`).join(`${gap},`)}${gap}}`;
        const json = new JsonText(text);
        const last = all.findLast(([name]) => JSON.parse(name) === 'payload')?.[1];
        expect(json.member('payload')).toBe(last === 'null' ? null : last);
        expect(JSON.parse(json.member('payload') ?? 'null')).toEqual(payloadIn(json.value));
      }),
      2000,
    );
  });

  test('the members of a list are what was written', () => {
    holds(
      fc.property(fc.array(tree, { maxLength: 5 }), space, (payloads, gap) => {
        const jobs = payloads.map((payload) => `{"a":[],"payload"${gap}:${gap}${payload}${gap}}`);
        const json = new JsonText(`{"jobs":[${gap}${jobs.join(`${gap},${gap}`)}${gap}]}`);
        expect(json.memberOfEach('jobs', 'payload')).toEqual(
          payloads.map((payload) => (payload === 'null' ? null : payload)),
        );
      }),
      1000,
    );
  });
});

function payloadIn(value: unknown): unknown {
  return z.object({ payload: z.unknown() }).parse(value).payload;
}

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
