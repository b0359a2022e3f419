import { Agent, request as send, type IncomingHttpHeaders } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import * as z from 'zod';
import { programs, type Api, type Program } from '../support/program.js';
import { receivers } from '../support/receiver.js';
import {
  arbitraryOf,
  hostileValue,
  pathPart,
  resolved,
  type JsonSchema,
} from '../support/openapi-arbitrary.js';

const { folder, serve } = programs();
const receiver = receivers();

/** FC_SEED=<number> explores other requests than the usual ones. */
const seed = Number(process.env['FC_SEED'] ?? 20_240_115);
const API_REQUESTS = 3500;
const FORM_REQUESTS = 700;
const RAW_REQUESTS = 800;
const AT_ONCE = 16;
/** Whatever takes longer hangs. */
const HANG_MS = 40_000;

const operation = z.looseObject({
  parameters: z
    .array(z.looseObject({ name: z.string(), in: z.string(), schema: z.record(z.string(), z.unknown()) }))
    .default([]),
  requestBody: z
    .looseObject({
      content: z.record(z.string(), z.looseObject({ schema: z.record(z.string(), z.unknown()) })),
    })
    .optional(),
  responses: z.record(
    z.string(),
    z.looseObject({
      content: z.record(z.string(), z.looseObject({ schema: z.record(z.string(), z.unknown()) })).optional(),
    }),
  ),
});
const document = z.looseObject({
  paths: z.record(z.string(), z.record(z.string(), operation)),
  components: z.looseObject({ schemas: z.record(z.string(), z.record(z.string(), z.unknown())) }),
});
type Document = z.infer<typeof document>;
type Operation = z.infer<typeof operation>;

interface Sent {
  readonly method: string;
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string | Buffer | null;
  /** Of the document; null: there is nothing like it. */
  readonly route: Operation | null;
}

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
}

test(
  'whatever comes over HTTP is answered as the document says, and a job completes afterwards',
  { timeout: 300_000 },
  async () => {
    const { program, api } = await serve(await folder('[worker]\npoll_interval_ms = 100\n'));
    const agent = new Agent({ keepAlive: true, maxSockets: AT_ONCE });
    const doc = document.parse((await api.request('GET', '/openapi.json')).body);
    const ids = await somethingToFind(api);
    const shapes = validators(doc);

    await all(samples(requests(doc, ids), API_REQUESTS), async (sent) => {
      const answer = await ask(api.url, sent, agent);
      explained(sent, answer, () => expectDocumented(sent, answer, shapes));
    });
    await all(samples(await forms(api, ids), FORM_REQUESTS), async (sent) => {
      const answer = await ask(api.url, sent, agent);
      explained(sent, answer, () => expectPage(answer));
    });
    await all(samples(rawBytes, RAW_REQUESTS), async (bytes) => {
      const received = await exchange(api.url, bytes);
      const statuses = [...received.matchAll(/^HTTP\/1\.1 (\d+) /gm)].map(([, status]) => Number(status));
      if (statuses.some((status) => status >= 500))
        throw new Error(`${told()} ${JSON.stringify(bytes.toString('latin1'))} got ${received}`);
    });
    agent.destroy();
    await expectWorking(program, api);
  },
);

function told(): string {
  return `FC_SEED=${seed}:`;
}

function samples<T>(arbitrary: fc.Arbitrary<T>, numRuns: number): T[] {
  return fc.sample(arbitrary, { numRuns, seed });
}

/** Some at once, in order. */
async function all<T>(items: readonly T[], work: (item: T) => Promise<void>): Promise<void> {
  const left = items.values();
  const worker = async (): Promise<void> => {
    for (const item of left) await work(item);
  };
  await Promise.all(Array.from({ length: AT_ONCE }, worker));
}

function explained(sent: Sent, answer: Answer, check: () => void): void {
  try {
    check();
  } catch (error) {
    const { method, path, headers, body } = sent;
    throw new Error(
      `${told()} ${JSON.stringify({ method, path, headers, body: body?.toString().slice(0, 2000) })} got ${answer.status} ${answer.text.slice(0, 1000)}`,
      { cause: error },
    );
  }
}

/** One of each thing, so that ids of the requests name something. */
async function somethingToFind(api: Api): Promise<Readonly<Record<string, string[]>>> {
  const id = async (path: string, body: unknown) =>
    z.looseObject({ id: z.string() }).parse((await api.request('POST', path, body)).body).id;
  const job = { callback_url: 'http://127.0.0.1:9/', delay_ms: 3_600_000 };
  const jobs = await Promise.all([0, 1, 2, 3].map(() => id('/jobs', job)));
  await api.request('POST', '/queues', { name: 'fuzz' });
  const schedule = await id('/schedules', {
    callback_url: 'http://127.0.0.1:9/',
    cron_expression: '@yearly',
  });
  const workers = z
    .array(z.looseObject({ id: z.string() }))
    .parse((await api.request('GET', '/workers')).body);
  return {
    jobs,
    queues: ['fuzz', 'default'],
    schedules: [schedule],
    workers: workers.map((worker) => worker.id),
  };
}

function requests(doc: Document, ids: Readonly<Record<string, string[]>>): fc.Arbitrary<Sent> {
  const known = Object.entries(doc.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, route]) => requestOf(doc, path, method.toUpperCase(), route, ids)),
  );
  const unknown = fc.record({
    method: fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS', 'HEAD', 'TRACE', 'PROPFIND'),
    path: fc.array(pathPart, { maxLength: 4 }).map((parts) => `/${parts.join('/')}`),
    headers: headersOf(false),
    body: fc.constant(null),
    route: fc.constant(null),
  });
  return fc.oneof({ weight: 19, arbitrary: fc.oneof(...known) }, { weight: 1, arbitrary: unknown });
}

function requestOf(
  doc: Document,
  template: string,
  method: string,
  route: Operation,
  ids: Readonly<Record<string, string[]>>,
): fc.Arbitrary<Sent> {
  const [, thing = ''] = template.split('/');
  const parameter = fc.oneof(
    { weight: 3, arbitrary: fc.constantFrom(...(ids[thing] ?? ['x'])) },
    {
      weight: 1,
      arbitrary: pathPart.filter(
        (part) => part !== '' && !/^\.{1,2}$/.test(decoded(part)) && !part.includes('/'),
      ),
    },
  );
  const path = parameter.map((value) => template.replace(/\{\w+\}/, value));
  const named = route.parameters.filter((one) => one.in === 'query');
  const query = fc.oneof(
    { weight: 3, arbitrary: fc.constant('') },
    {
      weight: 2,
      arbitrary: fc
        .record(
          Object.fromEntries(
            named.map(({ name, schema }) => [name, fc.oneof(arbitraryOf(schema), hostileValue).map(asText)]),
          ),
          { requiredKeys: [] },
        )
        .map((values) =>
          Object.keys(values).length === 0 ? '' : `?${new URLSearchParams(wellFormed(values)).toString()}`,
        ),
    },
    {
      weight: 1,
      arbitrary: fc.constantFrom('?%', '?x', '?limit=1&limit=2', '?__proto__=1', '?a[b]=c', '?%00'),
    },
  );
  const schema = route.requestBody?.content['application/json']?.schema;
  const body: fc.Arbitrary<string | Buffer | null> = schema
    ? bodyOf(resolved(schema, doc.components.schemas))
    : fc.constantFrom(null, null, '{}', 'x');
  return fc
    .record({ path, query, headers: headersOf(schema !== undefined), body })
    .map((made) => ({ method, path: made.path + made.query, headers: made.headers, body: made.body, route }));
}

function wellFormed(values: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(values).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value.toWellFormed()]],
    ),
  );
}

function asText(value: unknown): string {
  return typeof value === 'string' ? value : JSON.stringify(value);
}

function decoded(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** Valid; with one field that is wrong, missing or unknown; something else altogether. */
function bodyOf(schema: JsonSchema): fc.Arbitrary<string | Buffer | null> {
  const valid = arbitraryOf(schema);
  const nearly = fc
    .tuple(
      valid,
      fc.oneof(fc.constantFrom(...Object.keys(schema.properties ?? { x: null })), fc.string()),
      hostileValue,
    )
    .map(([body, name, value]) => ({ ...(body as object), [name]: value }));
  const deep = fc
    .integer({ min: 1, max: 5000 })
    .map((depth) => `{"payload":${'{"a":'.repeat(depth)}1${'}'.repeat(depth)}}`);
  const text = (arbitrary: fc.Arbitrary<unknown>) => arbitrary.map((value) => JSON.stringify(value));
  return fc.oneof(
    { weight: 4, arbitrary: text(valid) },
    { weight: 4, arbitrary: text(nearly) },
    { weight: 1, arbitrary: text(fc.jsonValue()) },
    {
      weight: 1,
      arbitrary: fc.oneof(
        deep,
        fc.string(),
        fc.constantFrom('{"__proto__":{"a":1}}', '{"a":1,"a":2}', '[', '', '\uFEFF{}'),
      ),
    },
    { weight: 1, arbitrary: fc.uint8Array({ maxLength: 200 }).map((bytes) => Buffer.from(bytes)) },
  );
}

function headersOf(json: boolean): fc.Arbitrary<Record<string, string>> {
  const usual: Record<string, string> = json ? { 'Content-Type': 'application/json' } : {};
  const value = fc.string({ maxLength: 200 }).map((text) => text.replaceAll(/[^\x20-\x7e]/g, '?').trim());
  const strange = fc.oneof(
    value.map((text) => ({ 'Content-Type': text })),
    value.map((text) => ({ Host: text })),
    value.map((text) => ({ Origin: text })),
    value.map((text) => ({ Authorization: text })),
    value.map((text) => ({ 'Idempotency-Key': text })),
    fc.constantFrom<Record<string, string>>(
      { 'Content-Encoding': 'gzip' },
      { Expect: '200-maybe' },
      { 'Sec-Fetch-Site': 'cross-site' },
      { 'X-Forwarded-For': '1.2.3.4' },
      { Forwarded: 'for=1.2.3.4' },
      { Host: 'evil.example' },
      { Cookie: '=;;%00' },
      { 'X-Large': 'x'.repeat(15_900) },
      { 'X-Larger': 'x'.repeat(17_000) },
      Object.fromEntries(Array.from({ length: 120 }, (_, n) => [`X-${n}`, ''])),
    ),
  );
  return fc
    .oneof(
      { weight: 5, arbitrary: fc.constant<Record<string, string>>({}) },
      { weight: 1, arbitrary: strange },
    )
    .map((more) => ({ ...usual, ...more }));
}

function ask(url: string, { method, path, headers, body }: Sent, agent: Agent): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    const hung = setTimeout(
      () => reject(new Error(`${told()} no answer: ${method} ${path} ${String(body).slice(0, 500)}`)),
      HANG_MS,
    );
    const all = body === null ? headers : { ...headers, 'Content-Length': String(Buffer.byteLength(body)) };
    const request = send({ hostname, port, method, path, headers: all, agent }, (response) => {
      const chunks: Buffer[] = [];
      response.on('data', (chunk: Buffer) => chunks.push(chunk));
      response.on('error', reject);
      response.on('end', () => {
        clearTimeout(hung);
        resolve({
          status: response.statusCode ?? 0,
          headers: response.headers,
          text: Buffer.concat(chunks).toString(),
        });
      });
    });
    request.on('error', (error) => {
      clearTimeout(hung);
      reject(
        new Error(`${told()} ${method} ${path} ${JSON.stringify(headers).slice(0, 300)}`, { cause: error }),
      );
    });
    request.end(body);
  });
}

type Shapes = (route: Operation, status: number) => z.ZodType | null;

function validators(doc: Document): Shapes {
  const made = new Map<unknown, z.ZodType>();
  return (route, status) => {
    const schema = route.responses[String(status)]?.content?.['application/json']?.schema;
    if (schema === undefined) return null;
    const known = made.get(schema) ?? z.fromJSONSchema(resolved(schema, doc.components.schemas));
    made.set(schema, known);
    return known;
  };
}

const errorShape = z.strictObject({
  error: z.string(),
  status: z.int(),
  code: z.string(),
  request_id: z.string(),
});

function expectDocumented({ method, route }: Sent, { status, headers, text }: Answer, shapes: Shapes): void {
  expect(status).toBeLessThan(500);
  expect(headers['x-request-id']).toMatch(/./);
  if (method === 'HEAD' || method === 'OPTIONS') return;
  if (route === null) {
    if (status < 400 || headers['content-type']?.startsWith('text/html') === true) return;
  } else {
    expect(Object.keys(route.responses)).toContain(String(status));
  }
  expect(headers['content-type']).toBe('application/json');
  const body: unknown = JSON.parse(text);
  if (status >= 400) expect(errorShape.parse(body).status).toBe(status);
  if (route !== null) shapes(route, status)?.parse(body);
}

/** The forms of all pages, filled in with what fits and what does not. */
async function forms(api: Api, ids: Readonly<Record<string, string[]>>): Promise<fc.Arbitrary<Sent>> {
  const pages = [
    ...['', '/queues', '/jobs', '/schedules', '/workers', '/new-job', '/new-queue', '/new-schedule'],
    ...(ids['jobs'] ?? []).map((id) => `/jobs/${id}`),
    ...(ids['queues'] ?? []).map((name) => `/queues/${name}`),
    ...(ids['schedules'] ?? []).map((id) => `/schedules/${id}`),
  ];
  const found = new Map<string, { csrf: string; names: string[] }>();
  for (const page of pages) {
    const html = await (await fetch(`${api.url}/dashboard${page}`)).text();
    for (const [form] of html.matchAll(/<form\b.*?<\/form>/gs)) {
      const [, action] = /\bmethod="post"[^>]*\baction="([^"]+)"|$/i.exec(form) ?? [];
      const target = action ?? /\baction="([^"]+)"[^>]*\bmethod="post"/i.exec(form)?.[1];
      if (target === undefined) continue;
      const names = [...form.matchAll(/\bname="([^"]+)"/g)].map(([, name = '']) => name);
      const [, csrf = ''] = /name="csrf" value="([^"]*)"/.exec(form) ?? [];
      found.set(target.replaceAll('&amp;', '&'), { csrf, names });
    }
  }
  expect(found.size).toBeGreaterThan(5);
  const filled = [...found].map(([path, { csrf, names }]) => {
    const value = fc.oneof(
      hostileValue.map(asText),
      fc.constantFrom(
        '1',
        '',
        'http://127.0.0.1:9/',
        '{}',
        '* * * * *',
        'UTC',
        'true',
        'fuzz',
        ...(ids['jobs'] ?? []),
      ),
    );
    const fields = fc.dictionary(
      fc.oneof(fc.constantFrom(...names, 'ids', 'return', 'confirm'), fc.string()),
      value,
      { maxKeys: 12 },
    );
    const token = fc.oneof(
      { weight: 9, arbitrary: fc.constant(csrf) },
      { weight: 1, arbitrary: fc.string() },
    );
    const body = fc.oneof(
      {
        weight: 9,
        arbitrary: fc
          .tuple(fields, token)
          .map(([given, csrf]) => new URLSearchParams(wellFormed({ ...given, csrf })).toString()),
      },
      {
        weight: 1,
        arbitrary: fc.oneof(fc.string(), fc.constantFrom('%', '%ff=%ff', '&&&==', 'a=1&'.repeat(3000))),
      },
    );
    const headers = headersOf(false).map((more) => ({
      'Content-Type': 'application/x-www-form-urlencoded',
      ...more,
    }));
    return fc.record({
      method: fc.constant('POST'),
      path: fc.constant(path),
      headers,
      body,
      route: fc.constant(null),
    });
  });
  return fc.oneof(...filled);
}

function expectPage({ status, headers, text }: Answer): void {
  expect([200, 303, 400, 403, 404, 409, 413, 415, 421, 429, 431]).toContain(status);
  if (status === 303) expect(headers.location).toMatch(/^\/dashboard/);
  else expect(headers['content-type']).toMatch(/^(?:text\/html|application\/json)/);
  expect(text).not.toMatch(/node_modules|\bat .*:\d+:\d+/);
}

const WHOLE =
  'POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}';
const rawBytes: fc.Arbitrary<Buffer> = fc.oneof(
  fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.from(bytes)),
  // One that was in order, but for some bytes of it, and what was cut off.
  fc
    .tuple(
      fc.array(fc.tuple(fc.nat(WHOLE.length - 1), fc.nat(255)), { maxLength: 4 }),
      fc.nat(WHOLE.length),
      fc.boolean(),
    )
    .map(([changes, end, twice]) => {
      const bytes = Buffer.from(WHOLE);
      for (const [at, byte] of changes) bytes[at] = byte;
      return Buffer.concat([bytes.subarray(0, end), twice ? bytes : Buffer.alloc(0)]);
    }),
  fc
    .tuple(
      fc.constantFrom('GET', 'POST', 'PRI', 'get', 'G\0T', 'CONNECT'),
      fc.string({ maxLength: 60 }),
      fc.constantFrom('1.0', '1.1', '2.0', '9.9', ''),
    )
    .map(([method, target, version]) =>
      Buffer.from(
        `${method} ${target} HTTP/${version}\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
        'latin1',
      ),
    ),
  fc.constantFrom(
    ...[
      'Transfer-Encoding: chunked\r\nContent-Length: 1',
      'Transfer-Encoding: x',
      'Content-Length: -1',
      'Content-Length: 99999999999',
      'Expect: 100-continue',
      'Upgrade: websocket\r\nConnection: Upgrade',
      ' folded: x',
      'X:\r\n y',
    ].map((header) => Buffer.from(`POST /jobs HTTP/1.1\r\nHost: localhost\r\n${header}\r\n\r\n`)),
  ),
);

/** Sends the bytes and ends. @returns what came back until the server closed, which it must */
function exchange(url: string, bytes: Buffer): Promise<string> {
  return new Promise((resolve, reject) => {
    const { hostname, port } = new URL(url);
    let received = '';
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    const hung = setTimeout(() => {
      socket.destroy();
      reject(
        new Error(`${told()} no end after ${JSON.stringify(bytes.toString('latin1'))}, got ${received}`),
      );
    }, HANG_MS);
    socket.setEncoding('latin1').on('data', (text: string) => (received += text));
    // The server may close before it has read all of it.
    socket.on('error', () => socket.destroy());
    socket.on('close', () => {
      clearTimeout(hung);
      resolve(received);
    });
  });
}

async function expectWorking(program: Program, api: Api): Promise<void> {
  expect(program.ended).toBe(false);
  // It may have been told to.
  const workers = z
    .array(z.looseObject({ id: z.string() }))
    .parse((await api.request('GET', '/workers')).body);
  for (const { id } of workers) await api.request('POST', `/workers/${id}/resume`);
  const target = await receiver();
  const { id } = await api.enqueue({
    callback_url: target.url,
    queue_name: 'afterwards',
    priority: 1_000_000,
  });
  await api.until(id, 'completed', 60_000);
  expect(program.log.filter(({ level }) => level === 'error').map(({ msg }) => msg)).toEqual([]);
  expect(program.stderr).toBe('');
}
