import fc from 'fast-check';
import type * as z from 'zod';

export type JsonSchema = z.core.JSONSchema.BaseSchema;

function isSchema(value: unknown): value is JsonSchema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The schema with what it refers to in the place of the references. */
export function resolved(schema: JsonSchema, components: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const walk = (value: unknown): unknown => {
    if (Array.isArray(value)) return value.map(walk);
    if (!isSchema(value)) return value;
    const reference = value.$ref;
    if (typeof reference === 'string') return walk(components[reference.split('/').at(-1) ?? '']);
    return Object.fromEntries(Object.entries(value).map(([name, part]) => [name, walk(part)]));
  };
  const found = walk(schema);
  return isSchema(found) ? found : {};
}

/** Of texts that have to match a pattern, or to be a URL. */
const EXAMPLES = [
  'default',
  'fuzz',
  'a b/c?',
  '018d0c5b-c400-7000-8000-000000000001',
  'http://127.0.0.1:9/',
  '7d',
  'UTC',
  '* * * * *',
];

/** What is often wrong, or taken for something that it is not. */
export const hostileValue: fc.Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    ...[
      null,
      true,
      false,
      0,
      -1,
      1.5,
      1e308,
      -2_147_483_649,
      2_147_483_648,
      2 ** 53,
      '',
      ' ',
      '0',
      '\0',
      '\ud800',
      '__proto__',
    ],
    ...[
      'constructor',
      '../../etc/passwd',
      "' OR 1=1 --",
      '<script>alert(1)</script>',
      '%00',
      '{{7*7}}',
      'x'.repeat(5000),
    ],
    ...[
      'http://169.254.169.254/',
      'file:///etc/passwd',
      'http://[::1]:0/',
      'http://\u2025/',
      'javascript:1',
      '* * 31 2 *',
    ],
    ...[[], {}, [[]], [null], { toString: 1 }, { then: 1 }],
  ),
  fc.jsonValue({ maxDepth: 3 }),
  fc.string({ unit: 'binary' }),
  fc.constantFrom(...EXAMPLES),
);

/** A part of a path, encoded or not quite. */
export const pathPart: fc.Arbitrary<string> = fc.oneof(
  fc.constantFrom(
    'jobs',
    'queues',
    'schedules',
    'workers',
    'dashboard',
    'static',
    'health',
    'x',
    '%2F',
    '%00',
    '%',
    '%zz',
    '..',
    '.',
    '%2e%2e',
    '',
  ),
  fc.string({ unit: 'grapheme' }).map((text) => encodeURIComponent(text.toWellFormed())),
);

/** Values that the schema allows, for the most part. */
export function arbitraryOf(schema: JsonSchema): fc.Arbitrary<unknown> {
  const { type } = schema;
  const choices = schema.anyOf ?? schema.oneOf;
  if (Array.isArray(choices)) return fc.oneof(...choices.filter(isSchema).map(arbitraryOf));
  if (Array.isArray(schema.enum)) return fc.constantFrom<unknown>(...(schema.enum as unknown[]));
  if ('const' in schema) return fc.constant(schema.const);
  switch (type) {
    case 'null':
      return fc.constant(null);
    case 'boolean':
      return fc.boolean();
    case 'integer':
      return integerOf(schema);
    case 'number':
      return fc.oneof(integerOf(schema), fc.double({ min: 0.001, max: 1000, noNaN: true }));
    case 'string':
      return stringOf(schema);
    case 'array':
      return fc.array(arbitraryOf(isSchema(schema.items) ? schema.items : {}), {
        minLength: 0,
        maxLength: 4,
      });
    case 'object':
      return objectOf(schema);
    case undefined:
    default:
      return fc.jsonValue({ maxDepth: 2 });
  }
}

function integerOf(schema: JsonSchema): fc.Arbitrary<number> {
  const bound = (name: string, otherwise: number) => {
    const given = schema[name];
    return typeof given === 'number' ? Math.round(given) : otherwise;
  };
  const min = Math.max(bound('minimum', -1000), Number.MIN_SAFE_INTEGER);
  const max = Math.min(bound('maximum', 1_000_000), Number.MAX_SAFE_INTEGER);
  return fc.oneof(
    fc.integer({ min, max }),
    fc.constantFrom(min, max),
    fc.integer({ min, max: Math.min(max, min + 20) }),
  );
}

function stringOf(schema: JsonSchema): fc.Arbitrary<string> {
  if (schema.pattern !== undefined || schema.format !== undefined) return fc.constantFrom(...EXAMPLES);
  return fc.oneof(fc.constantFrom(...EXAMPLES), fc.string({ minLength: 1, maxLength: 40, unit: 'grapheme' }));
}

function objectOf(schema: JsonSchema): fc.Arbitrary<object> {
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0)
    return fc.dictionary(fc.string(), fc.jsonValue({ maxDepth: 2 }), { maxKeys: 4 });
  const required = Array.isArray(schema.required) ? schema.required.map(String) : [];
  const model = Object.fromEntries(
    properties.map(([name, part]) => [
      name,
      // Text that has to be of one kind is found by its name.
      name === 'callback_url'
        ? fc.constantFrom('http://127.0.0.1:9/', 'http://127.0.0.1:9/a?b')
        : name === 'cron_expression'
          ? fc.constantFrom('@yearly', '0 0 1 1 *', '0 0 0 29 2 ?')
          : arbitraryOf(isSchema(part) ? part : {}),
    ]),
  );
  return fc.record(model, { requiredKeys: required });
}
