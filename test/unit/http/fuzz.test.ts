import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { errorOf, startApi, URL_FIELD, type Api } from './api.js';

const FIELDS = [
  'callback_url',
  'queue_name',
  'name',
  'priority',
  'payload',
  'max_retries',
  'retry_backoff',
  'base_delay_ms',
  'max_delay_ms',
  'max_concurrency',
  'rate_limit_rps',
  'timeout_ms',
  'idempotency_key',
  'delay_ms',
  'cron_expression',
  'timezone',
  'enabled',
  'jobs',
  'ids',
  'queue',
  'status',
  'schedule_id',
  'search',
  'all',
  'dry_run',
  '__proto__',
  'constructor',
];

/** Some of it near to what is right, so that it gets further than the first check. */
const value = fc.oneof(
  fc.jsonValue({ maxDepth: 3 }),
  fc.integer(),
  fc.double({ noNaN: true, noDefaultInfinity: true }),
  fc.string({ unit: 'binary' }),
  fc.boolean(),
  fc.constantFrom(
    'http://example.com',
    'https://user:pw@[::1]:1/?#',
    'linear',
    'UTC',
    'Europe/Berlin',
    '0 * * * * *',
    '@daily',
    '* * 31 2 *',
    '0 0 0 29 2 ? 2099',
    -0,
    0.5,
    1e300,
  ),
  fc.webUrl(),
);
const object = fc.dictionary(
  fc.oneof({ weight: 9, arbitrary: fc.constantFrom(...FIELDS) }, { weight: 1, arbitrary: fc.string() }),
  value,
  {
    maxKeys: 8,
  },
);
const body = fc
  .oneof(
    object,
    object.map((fields) => ({ ...URL_FIELD, cron_expression: '0 * * * * *', ...fields })),
    fc.array(object, { maxLength: 3 }).map((jobs) => ({ jobs })),
    fc.jsonValue(),
  )
  .map((sent) => JSON.stringify(sent));
const bytes = fc.oneof(body, fc.string({ unit: 'binary' }), fc.json());

const SCHEDULE = '018d0c5b-c400-7000-8000-000000000001';

describe.each<[string, (api: Api, text: string) => ReturnType<Api['get']>]>([
  ['POST /jobs', (api, text) => api.post('/jobs', text)],
  ['POST /jobs/batch', (api, text) => api.post('/jobs/batch', text)],
  ['POST /jobs/retry', (api, text) => api.post('/jobs/retry', text)],
  ['POST /jobs/cancel', (api, text) => api.post('/jobs/cancel', text)],
  ['POST /jobs/discard', (api, text) => api.post('/jobs/discard', text)],
  ['POST /queues', (api, text) => api.post('/queues', text)],
  ['PUT /queues/{name}', (api, text) => api.put('/queues/q', text)],
  ['POST /schedules', (api, text) => api.post('/schedules', text)],
  ['PUT /schedules/{id}', (api, text) => api.put(`/schedules/${SCHEDULE}`, text)],
])('%s', (_, send) => {
  test('takes or refuses whatever comes', async () => {
    const api = await startApi();
    await api.post('/schedules', { ...URL_FIELD, cron_expression: '0 * * * * *' });
    await api.post('/queues', { name: 'q' });
    await fc.assert(
      fc.asyncProperty(bytes, async (text) => {
        const response = await send(api, text);
        if (response.status >= 400) expect([400, 409]).toContain(errorOf(response).status);
        else expect([200, 201]).toContain(response.status);
      }),
      { numRuns: 150 },
    );
    expect(api.logger.lines.filter(({ message }) => message !== 'audit')).toEqual([]);
    // What was taken can be read.
    for (const path of ['/jobs?limit=1000', '/queues', '/schedules', '/metrics']) {
      expect((await api.get(path)).status).toBe(200);
    }
  });
});

test('any path and query is taken or refused', async () => {
  const api = await startApi();
  const part = fc.oneof(
    fc.constantFrom(
      'jobs',
      'queues',
      'schedules',
      'batch',
      'retry',
      'cancel',
      'pause',
      'x',
      '%2F',
      '%00',
      '%',
      '..',
      '',
    ),
    fc.string().map(encodeURIComponent),
  );
  const query = fc.dictionary(
    fc.constantFrom('queue', 'status', 'search', 'limit', 'offset', 'before', 'x'),
    fc.string(),
  );
  const methods = fc.constantFrom('GET', 'POST', 'PUT', 'DELETE', 'PATCH');
  await fc.assert(
    fc.asyncProperty(methods, fc.array(part, { maxLength: 4 }), query, async (method, parts, parameters) => {
      const search = new URLSearchParams(parameters).toString();
      const path = `/${parts.join('/')}${search === '' ? '' : `?${search}`}`;
      // Which leads to a page.
      fc.pre(new URL(api.url + path).pathname !== '/');
      const response = await api.request(method, path);
      expect([200, 400, 404, 405]).toContain(response.status);
    }),
    { numRuns: 300 },
  );
  expect(api.logger.lines.filter(({ message }) => message !== 'audit')).toEqual([]);
});
