import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { startApi } from './api.js';

/** What OpenAPI 3.1 asks of a document, so far as mininq's has it. Nothing further may be in it. */
const reference = z.strictObject({ $ref: z.string().startsWith('#/components/schemas/') });
const schema = z.record(z.string(), z.unknown());
const content = z.strictObject({ 'application/json': z.strictObject({ schema: reference }) });
const operation = z.strictObject({
  operationId: z.string().regex(/^[a-z][A-Za-z]+$/),
  summary: z.string().min(1),
  description: z.string().min(1),
  security: z.array(z.partialRecord(z.enum(['bearer', 'basic']), z.tuple([]))),
  tags: z.array(z.string().regex(/^[a-z]+$/)).length(1),
  parameters: z.array(
    z.strictObject({
      name: z.string(),
      in: z.enum(['path', 'query']),
      required: z.boolean(),
      description: z.string().min(1),
      schema,
    }),
  ),
  requestBody: z.strictObject({ required: z.literal(true), content }).optional(),
  responses: z.record(
    z.string().regex(/^[1-5]\d\d$/),
    z.strictObject({
      description: z.string().min(1),
      headers: z.record(z.string(), z.strictObject({ description: z.string().min(1), schema })).optional(),
      content,
    }),
  ),
});
const document = z.strictObject({
  openapi: z.string().regex(/^3\.1\.\d$/),
  info: z.strictObject({
    title: z.string(),
    version: z.string(),
    description: z.string(),
    license: z.strictObject({ name: z.string(), identifier: z.string() }),
  }),
  servers: z.array(z.strictObject({ url: z.string() })),
  paths: z.record(
    z.string().startsWith('/'),
    z.partialRecord(z.enum(['get', 'post', 'put', 'delete']), operation),
  ),
  components: z.strictObject({
    schemas: z.record(z.string().regex(/^[A-Za-z]+$/), schema),
    securitySchemes: z.record(
      z.enum(['bearer', 'basic']),
      z.strictObject({
        type: z.literal('http'),
        scheme: z.enum(['bearer', 'basic']),
        description: z.string(),
      }),
    ),
  }),
});

async function load() {
  const api = await startApi();
  const response = await api.get('/openapi.json');
  expect(response.status).toBe(200);
  return { api, text: response.text, parsed: document.parse(response.body) };
}

/** Every value of the document under the key. */
function valuesOf(key: string, within: unknown): unknown[] {
  if (typeof within !== 'object' || within === null) return [];
  return Object.entries(within).flatMap(([name, value]: [string, unknown]) => [
    ...(name === key ? [value] : []),
    ...valuesOf(key, value),
  ]);
}

describe('GET /openapi.json', () => {
  test('is a document of OpenAPI 3.1', async () => {
    const { parsed } = await load();
    expect(parsed.info.version).toBe('0.1.0');
  });

  test('has all routes, and no others', async () => {
    const { api, parsed } = await load();
    const documented = Object.entries(parsed.paths).flatMap(([path, operations]) =>
      Object.keys(operations).map((method) => `${method} ${path}`),
    );
    expect(documented.toSorted()).toEqual(
      api.routes.map(({ method, path }) => `${method} ${path}`).toSorted(),
    );
    const names = Object.values(parsed.paths).flatMap((operations) =>
      Object.values(operations).map(({ operationId }) => operationId),
    );
    expect(new Set(names).size).toBe(api.routes.length);
  });

  test('declares what is in braces in a path', async () => {
    const { parsed } = await load();
    for (const [path, operations] of Object.entries(parsed.paths)) {
      const inBraces = [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
      for (const { parameters } of Object.values(operations)) {
        const declared = parameters.filter((parameter) => parameter.in === 'path');
        expect(declared.map(({ name }) => name)).toEqual(inBraces);
        expect(declared.every(({ required }) => required)).toBe(true);
      }
    }
  });

  test('refers to what is there, and defines nothing in vain', async () => {
    const { parsed, text } = await load();
    const names = Object.keys(parsed.components.schemas);
    const references = valuesOf('$ref', parsed).map((ref) =>
      String(ref).replace('#/components/schemas/', ''),
    );
    expect([...new Set(references)].toSorted()).toEqual(names.toSorted());
    expect(text).not.toContain('$defs');
    expect(text).not.toContain('$schema');
    expect(text).not.toContain('$id');
  });

  test('describes requests in both directions: what is needed, and what is refused', async () => {
    const { parsed } = await load();
    expect(parsed.components.schemas['NewJob']).toMatchObject({
      type: 'object',
      required: ['callback_url'],
      additionalProperties: false,
      properties: {
        callback_url: { type: 'string', format: 'uri', maxLength: 2048 },
        priority: {
          default: 0,
          anyOf: [{ type: 'integer', minimum: -2_147_483_648, maximum: 2_147_483_647 }, { type: 'null' }],
        },
        payload: { default: {}, anyOf: [{ type: 'object', additionalProperties: true }, { type: 'null' }] },
        retry_backoff: { anyOf: [{ enum: ['exponential', 'linear', 'fixed'] }, { type: 'null' }] },
      },
    });
    expect(parsed.components.schemas['NewJobBatch']).toMatchObject({
      properties: {
        jobs: { type: 'array', minItems: 1, maxItems: 1000, items: { $ref: '#/components/schemas/NewJob' } },
      },
    });
    expect(parsed.components.schemas['QueueUpdate']).toMatchObject({
      minProperties: 1,
      additionalProperties: false,
    });
    expect(parsed.components.schemas['QueueUpdate']).not.toHaveProperty('required');
  });

  test('leaves room for further fields in answers', async () => {
    const { parsed } = await load();
    expect(parsed.components.schemas['Job']).not.toHaveProperty('additionalProperties');
    expect(parsed.components.schemas['Error']).toMatchObject({
      required: ['error', 'status', 'code', 'request_id'],
    });
  });

  test('describes query parameters by what they stand for', async () => {
    const { parsed } = await load();
    const parameters = parsed.paths['/jobs']?.get?.parameters ?? [];
    expect(parameters.map(({ name }) => name)).toEqual([
      'queue',
      'status',
      'schedule_id',
      'search',
      'limit',
      'offset',
      'before',
    ]);
    expect(parameters.every(({ required }) => !required)).toBe(true);
    expect(parameters.find(({ name }) => name === 'limit')?.schema).toEqual({
      type: 'integer',
      minimum: 1,
      maximum: 1000,
      default: 50,
    });
  });

  test('tells of the header that leads to the next page', async () => {
    const { parsed } = await load();
    const { get, post } = parsed.paths['/jobs'] ?? {};
    expect(Object.keys(get?.responses['200']?.headers ?? {})).toEqual(['Link']);
    expect(get?.responses['400']).not.toHaveProperty('headers');
    expect(post?.responses['201']).not.toHaveProperty('headers');
  });

  test('names the errors of each route by status', async () => {
    const { parsed } = await load();
    const responses = parsed.paths['/jobs/{id}']?.delete?.responses ?? {};
    expect(Object.keys(responses)).toEqual([
      '200',
      '400',
      '401',
      '403',
      '404',
      '408',
      '409',
      '421',
      '429',
      '431',
      '500',
      '503',
    ]);
    expect(responses['409']?.description).toBe('Code job_not_pending.');
    expect(responses['403']?.description).toBe('Code forbidden or protected or cross_origin.');
    expect(parsed.paths['/jobs']?.get?.responses['403']?.description).toBe('Code forbidden or protected.');
    expect(parsed.paths['/jobs']?.post?.responses['400']?.description).toBe(
      'Code validation_failed or malformed_json.',
    );
  });

  test('says of each route which token it asks for, and of one that it asks for none', async () => {
    const { api, parsed } = await load();
    for (const { method, path, role } of api.routes) {
      const { security, description, responses } = parsed.paths[path]?.[method] ?? {};
      expect(security, path).toEqual(role === 'anyone' ? [] : [{ bearer: [] }, { basic: [] }]);
      expect(Object.keys(responses ?? {}).includes('401'), path).toBe(role !== 'anyone');
      expect(description, path).toMatch(/^For /);
    }
    expect(api.routes.filter(({ role }) => role === 'anyone').map(({ path }) => path)).toEqual(['/health']);
  });

  test('is the same each time', async () => {
    const { api, text } = await load();
    expect((await api.get('/openapi.json')).text).toBe(text);
  });
});
