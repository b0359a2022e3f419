import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { readForm, type FieldKinds } from '../../../src/interfaces/dashboard/form-reader.js';
import * as fields from '../../../src/application/fields.js';

const KINDS: FieldKinds = { name: 'text', size: 'number', limit: 'number', on: 'boolean', data: 'json' };
const schema = fields.object({
  name: fields.queueName,
  size: fields.integer(1, 10).optional(),
  limit: z.number().nullish(),
  on: fields.flag,
  data: fields.payload.optional(),
});

function read(form: string | Record<string, string>, nullable: readonly string[] = []) {
  return readForm(new URLSearchParams(form), KINDS, schema, { nullable });
}

/** The request that the form makes. */
function bodyOf(form: string | Record<string, string>, nullable: readonly string[] = []) {
  const result = read(form, nullable);
  if (!result.ok) throw new Error(`refused: ${JSON.stringify([...result.state.problems])}`);
  return result.body;
}

/** What is wrong with the form, by field. */
function problemsOf(form: Record<string, string>) {
  const result = read(form);
  expect(result.ok).toBe(false);
  return Object.fromEntries(result.state.problems);
}

describe('what is filled in becomes a part of the request', () => {
  test('texts without the space around them, numbers, and JSON', () => {
    expect(bodyOf({ name: '  mails ', size: ' 7 ', on: 'true', data: ' {"a": [1, "x"]} ' })).toEqual({
      name: 'mails',
      size: 7,
      on: true,
      data: { a: [1, 'x'] },
    });
  });

  test.each([
    ['0', 0],
    ['-3', -3],
    ['2.5', 2.5],
    ['1e3', 1000],
    ['1E-2', 0.01],
  ])('the number %s', (text, limit) => {
    expect(bodyOf({ name: 'a', limit: text })).toMatchObject({ limit });
  });

  test('a text is never anything else', () => {
    for (const name of ['1', 'true', 'null', '{}', '"quoted"', String.raw`a\u0041`]) {
      expect(bodyOf({ name })).toMatchObject({ name });
    }
  });

  test('what is empty is left out, and a box that is not ticked is off', () => {
    expect(bodyOf({ name: 'a', size: '', limit: '   ', data: '\r\n' })).toEqual({ name: 'a', on: false });
    expect(bodyOf({ name: 'a', on: 'yes' })).toEqual({ name: 'a', on: false });
  });

  test('what is empty is null where the form says so', () => {
    expect(bodyOf({ name: 'a', limit: ' ' }, ['limit'])).toEqual({ name: 'a', on: false, limit: null });
    expect(bodyOf('name=a', ['limit'])).toEqual({ name: 'a', on: false, limit: null });
    expect(bodyOf({ name: 'a', limit: '3' }, ['limit'])).toMatchObject({ limit: 3 });
  });

  test('fields that the form does not have are none', () => {
    expect(bodyOf('name=a&confirmed=yes&paused=true&__proto__=x')).toEqual({ name: 'a', on: false });
  });

  test('of a field that is sent twice, the first counts', () => {
    expect(bodyOf('name=a&name=b')).toEqual({ name: 'a', on: false });
  });

  test('JSON stays as it was written, but for the line breaks, which are the browser’s', () => {
    const result = read({ name: 'a', data: ' {\r\n "10": 12345678901234567890,\r\n "2": "\\u0041" }\r\n' });
    expect(result.ok && result.json.member('data')).toBe(
      '{\n "10": 12345678901234567890,\n "2": "\\u0041" }',
    );
  });

  test('JSON cannot become a field beside its own', () => {
    expect(problemsOf({ name: 'a', data: '{},"on":true' })).toHaveProperty('data');
    expect(problemsOf({ name: 'a', data: '{}}' })).toHaveProperty('data');
  });
});

describe('what is wrong stands beside its field', () => {
  test('in the words of the API', () => {
    expect(problemsOf({ name: '', size: '11' })).toEqual({
      name: 'is required; it must be 1 to 128 printable ASCII characters without a space at either end, and not "." or ".."',
      size: 'must be an integer between 1 and 10, got 11',
    });
  });

  test.each(['1,5', '007', '+1', '1_000', '0x10', 'ten', '1e', '.5', 'NaN', 'Infinity', '1 2'])(
    '%s is no number',
    (size) => {
      expect(problemsOf({ name: 'a', size })).toEqual({
        size: 'must be an integer between 1 and 10, got a string',
      });
    },
  );

  test('a number beyond all numbers is refused', () => {
    expect(problemsOf({ name: 'a', size: '1e999' })).toEqual({
      size: 'must be an integer between 1 and 10, got Infinity',
    });
  });

  test('JSON that is none, with the place', () => {
    expect(problemsOf({ name: 'a', data: '{"a": tru}' })).toEqual({
      data: 'This is not valid JSON at position 6, near "tru}"',
    });
    expect(problemsOf({ name: 'a', data: '{"a": ' })).toEqual({
      data: 'This is not valid JSON: it ends before it is complete',
    });
  });

  test.each([
    ['[]', 'an array'],
    ['1', '1'],
    ['null', 'null'],
    ['"{}"', 'a string'],
  ])('JSON that is no object: %s', (data, got) => {
    expect(problemsOf({ name: 'a', data })).toEqual({ data: `must be a JSON object, got ${got}` });
  });

  test('JSON that is nested too deeply', () => {
    const data = `${'{"a":'.repeat(200)}1${'}'.repeat(200)}`;
    expect(problemsOf({ name: 'a', data })).toEqual({ data: 'must be nested at most 128 levels deep' });
  });

  test('all of it at once', () => {
    expect(Object.keys(problemsOf({ name: '', size: 'x', data: '{' })).sort()).toEqual([
      'data',
      'name',
      'size',
    ]);
  });

  test('what concerns the form as a whole has no field', () => {
    const update = fields.update({ name: fields.queueName });
    const result = readForm(new URLSearchParams('name='), { name: 'text' }, update);
    expect(Object.fromEntries(result.state.problems)).toEqual({
      '': 'no field is given; give at least one of name',
    });
  });
});

test('what was filled in is kept as it was, for another try', () => {
  const filledIn = { name: ' a ', size: 'x', data: '{\r\n"a":\r\n', other: 'y' };
  expect(read(filledIn).state.values).toEqual({
    name: ' a ',
    size: 'x',
    limit: '',
    on: '',
    data: '{\n"a":\n',
  });
});
