import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import { MemoryJobQueries } from '../../../src/infrastructure/memory/memory-job-queries.js';
import { Access } from '../../../src/interfaces/http/access.js';
import { FakeClock } from '../../support/fake-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { exchange, startApi, URL_FIELD, type Api } from './api.js';

const STRICT = {
  'cache-control': 'no-store',
  'content-security-policy': "default-src 'none'; frame-ancestors 'none'",
  'cross-origin-opener-policy': 'same-origin',
  'cross-origin-resource-policy': 'same-origin',
  'origin-agent-cluster': '?1',
  'permissions-policy':
    'accelerometer=(), camera=(), display-capture=(), fullscreen=(), geolocation=(), gyroscope=(), ' +
    'magnetometer=(), microphone=(), midi=(), payment=(), screen-wake-lock=(), usb=()',
  'referrer-policy': 'no-referrer',
  'x-content-type-options': 'nosniff',
  'x-dns-prefetch-control': 'off',
  'x-download-options': 'noopen',
  'x-frame-options': 'DENY',
  'x-permitted-cross-domain-policies': 'none',
  'x-xss-protection': '0',
};
const PAGE = {
  ...STRICT,
  'content-security-policy':
    "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; " +
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'referrer-policy': 'same-origin',
};
const NEVER = ['access-control-', 'x-powered-by', 'server', 'strict-transport-security'];

/** Sends a request as it stands, and reads the head of the answer: how often each header is there counts. */
async function headOf(
  { port }: Api,
  request: string,
): Promise<{ status: number; headers: [string, string][] }> {
  const received = await exchange(port, request, (text, socket) => {
    if (text.includes('\r\n\r\n')) socket.destroy();
  });
  const [first = '', ...lines] = (received.split('\r\n\r\n')[0] ?? '').split('\r\n');
  const headers = lines.map((line): [string, string] => {
    const [name = '', ...value] = line.split(': ');
    return [name.toLowerCase(), value.join(': ')];
  });
  return { status: Number(first.split(' ')[1]), headers };
}

function ask(
  method: string,
  path: string,
  headers: Readonly<Record<string, string>> = {},
  body = '',
): string {
  const lines = Object.entries({ Host: 'localhost', ...headers }).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${path} HTTP/1.1`, ...lines, '', body].join('\r\n');
}

const JSON_TYPE = { 'Content-Type': 'application/json' };
const FORM_TYPE = { 'Content-Type': 'application/x-www-form-urlencoded', 'Content-Length': '0' };
const JOB = JSON.stringify(URL_FIELD);

const ANSWERS: readonly [status: number, request: string][] = [
  [200, ask('GET', '/health')],
  [200, ask('HEAD', '/health')],
  [200, ask('GET', '/jobs?limit=5')],
  [201, ask('POST', '/jobs', { ...JSON_TYPE, 'Content-Length': String(JOB.length) }, JOB)],
  [204, ask('OPTIONS', '/jobs')],
  [204, ask('OPTIONS', '/jobs', { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' })],
  [400, ask('POST', '/jobs', JSON_TYPE)],
  [400, ask('GET', '/jobs/%')],
  [400, 'nonsense\r\n\r\n'],
  [431, ask('GET', '/health', { 'X-Long': 'x'.repeat(20_000) })],
  [403, ask('POST', '/jobs', { Origin: 'https://evil.example' })],
  [404, ask('GET', '/nope')],
  [404, ask('GET', '/jobs/x')],
  [404, ask('GET', '/static/nope.js')],
  [405, ask('PUT', '/jobs')],
  [413, ask('POST', '/jobs', { ...JSON_TYPE, 'Content-Length': '99999999' })],
  [415, ask('POST', '/jobs', { 'Content-Length': '2' }, '{}')],
  [421, ask('GET', '/health', { Host: 'evil.example' })],
];

test.each(ANSWERS.map(([status, request]) => [status, request.slice(0, 60), request] as const))(
  'an answer has them all, once: %i to %j',
  async (status, _begin, request) => {
    const head = await headOf(await startApi(), request);
    expect(head.status).toBe(status);
    expectExactly(head.headers, STRICT);
  },
);

test.each<[status: number, request: string]>([
  [200, ask('GET', '/dashboard')],
  [200, ask('GET', '/dashboard', { 'Mininq-Live': '1' })],
  [200, ask('GET', '/dashboard/events')],
  [200, ask('GET', '/dashboard/schedule-preview?cron_expression=x')],
  [204, ask('OPTIONS', '/dashboard')],
  [302, ask('GET', '/')],
  [308, ask('GET', '/dashboard/')],
  [403, ask('POST', '/dashboard/queues/x/pause', FORM_TYPE)],
  [404, ask('GET', '/dashboard/nope')],
  [404, ask('GET', '/dashboard/jobs/x')],
  [405, ask('PUT', '/dashboard')],
  [415, ask('POST', '/dashboard/queues/x/pause')],
])('an answer of the dashboard has them, with the policy of the pages: %i to %j', async (status, request) => {
  const head = await headOf(await startApi(), request);
  expect(head.status).toBe(status);
  expectExactly(head.headers, PAGE);
});

test('what a form did has them', async () => {
  const api = await startApi();
  const page = await (await fetch(`${api.url}/dashboard/new-queue`)).text();
  const body = `csrf=${/name="csrf" value="([^"]*)"/.exec(page)?.[1] ?? ''}`;
  const length = { 'Content-Length': String(body.length) };
  const head = await headOf(api, ask('POST', '/dashboard/queues/x/pause', { ...FORM_TYPE, ...length }, body));
  expect(head.status).toBe(303);
  expectExactly(head.headers, PAGE);
});

test('a file of the dashboard has them, and may be kept', async () => {
  const api = await startApi();
  const path = api.assets.url('dashboard.js');
  const file = await headOf(api, ask('GET', path));
  expect(file.status).toBe(200);
  expectExactly(file.headers, { ...PAGE, 'cache-control': 'public, max-age=31536000, immutable' });
  const { etag = '' } = Object.fromEntries(file.headers);
  const known = await headOf(api, ask('GET', path, { 'If-None-Match': etag }));
  expect(known.status).toBe(304);
  expectExactly(known.headers, { ...PAGE, 'cache-control': 'public, max-age=31536000, immutable' });
});

test('an answer that is sent in pieces has them', async () => {
  const api = await startApi();
  for (let i = 0; i < 3; i += 1)
    await api.post('/jobs', { ...URL_FIELD, payload: { a: 'x'.repeat(500_000) } });
  const head = await headOf(api, ask('GET', '/jobs'));
  expect(head.headers).toContainEqual(['transfer-encoding', 'chunked']);
  expectExactly(head.headers, STRICT);
});

test('what failed has them', async () => {
  const broken = () => Promise.reject(new Error('broken'));
  const api = await startApi({
    ports: (data) => ({
      queries: Object.assign(new MemoryJobQueries(data), { get: broken }),
    }),
  });
  const answer = await headOf(api, ask('GET', '/jobs/x'));
  expect(answer.status).toBe(500);
  expectExactly(answer.headers, STRICT);
  const page = await headOf(api, ask('GET', '/dashboard/jobs/x'));
  expect(page.status).toBe(500);
  expectExactly(page.headers, PAGE);
});

describe('a browser is told to come by TLS from now on', () => {
  const proxied = (from: string) =>
    startApi({
      from,
      access: new Access({ ...DEFAULT_CONFIG.auth, withoutToken: 'anyone' }, ['192.0.2.0/24'], {
        clock: new FakeClock(),
        logger: new RecordingLogger(),
      }),
    });
  const told = async (api: Api, path: string, proto: string) =>
    (await headOf(api, ask('GET', path, { 'X-Forwarded-Proto': proto }))).headers.filter(
      ([name]) => name === 'strict-transport-security',
    );
  const paths = ['/health', '/jobs?limit=1', '/nope', '/dashboard', '/dashboard/events', '/static/nope'];

  test.each(paths)('when it did, as a trusted proxy says: %s', async (path) => {
    expect(await told(await proxied('192.0.2.7'), path, 'https')).toEqual([
      ['strict-transport-security', 'max-age=31536000'],
    ]);
  });

  test.each(paths)('not when it did not, or somebody else says so: %s', async (path) => {
    expect(await told(await proxied('192.0.2.7'), path, 'http')).toEqual([]);
    expect(await told(await proxied('198.51.100.1'), path, 'https')).toEqual([]);
    expect(await told(await proxied('127.0.0.1'), path, 'https')).toEqual([]);
  });
});

function expectExactly(headers: readonly [string, string][], wanted: Readonly<Record<string, string>>): void {
  const guarding = headers.filter(([name]) => name in wanted);
  expect(guarding.toSorted()).toEqual(Object.entries(wanted).toSorted());
  expect(headers.filter(([name]) => NEVER.some((prefix) => name.startsWith(prefix)))).toEqual([]);
  expect(headers.filter(([name]) => name === 'x-request-id')).toHaveLength(1);
}
