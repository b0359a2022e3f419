import express from 'express';
import { describe, expect, test, vi } from 'vitest';
import { ERROR_CODES, StoreUnavailableError } from '../../../src/application/errors.js';
import type { InsertOutcome } from '../../../src/application/ports/job-store.js';
import { MemoryJobQueries } from '../../../src/infrastructure/memory/memory-job-queries.js';
import { MemoryJobStore } from '../../../src/infrastructure/memory/memory-job-store.js';
import { MemoryQueueStore } from '../../../src/infrastructure/memory/memory-queue-store.js';
import { MemoryScheduleStore } from '../../../src/infrastructure/memory/memory-schedule-store.js';
import { errorHandler } from '../../../src/interfaces/http/error-handler.js';
import { ERROR_STATUS } from '../../../src/interfaces/http/error-response.js';
import { createHttpServer } from '../../../src/interfaces/http/http-server.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { SequentialIds } from '../../support/sequential-ids.js';
import { errorOf, exchange, startApi, URL_FIELD, type Api } from './api.js';

test('every error code has a status', () => {
  expect(Object.keys(ERROR_STATUS).toSorted()).toEqual([...ERROR_CODES].toSorted());
});

/** Every route, with a request that reaches the store. */
const REQUESTS: readonly (readonly [string, string, (api: Api) => ReturnType<Api['get']>])[] = [
  ['POST', '/jobs', (api) => api.post('/jobs', URL_FIELD)],
  ['POST', '/jobs/batch', (api) => api.post('/jobs/batch', { jobs: [URL_FIELD] })],
  ['GET', '/jobs', (api) => api.get('/jobs')],
  ['GET', '/jobs?search', (api) => api.get('/jobs?search=x')],
  ['POST', '/jobs/retry', (api) => api.post('/jobs/retry', { all: true })],
  ['POST', '/jobs/cancel', (api) => api.post('/jobs/cancel', { search: 'x' })],
  ['POST', '/jobs/discard', (api) => api.post('/jobs/discard', { search: 'x' })],
  ['GET', '/jobs/{id}', (api) => api.get('/jobs/x')],
  ['DELETE', '/jobs/{id}', (api) => api.delete('/jobs/x')],
  ['POST', '/jobs/{id}/retry', (api) => api.post('/jobs/x/retry')],
  ['POST', '/jobs/{id}/discard', (api) => api.post('/jobs/x/discard')],
  ['GET', '/jobs/{id}/attempts', (api) => api.get('/jobs/x/attempts')],
  ['POST', '/queues', (api) => api.post('/queues', { name: 'x' })],
  ['GET', '/queues', (api) => api.get('/queues')],
  ['GET', '/queues/{name}', (api) => api.get('/queues/x')],
  ['PUT', '/queues/{name}', (api) => api.put('/queues/x', { max_retries: 1 })],
  ['DELETE', '/queues/{name}', (api) => api.delete('/queues/x')],
  ['POST', '/queues/{name}/pause', (api) => api.post('/queues/x/pause')],
  ['POST', '/queues/{name}/resume', (api) => api.post('/queues/x/resume')],
  ['POST', '/schedules', (api) => api.post('/schedules', { ...URL_FIELD, cron_expression: '0 * * * * *' })],
  ['GET', '/schedules', (api) => api.get('/schedules')],
  ['GET', '/schedules/{id}', (api) => api.get('/schedules/x')],
  ['PUT', '/schedules/{id}', (api) => api.put('/schedules/x', { enabled: true })],
  ['DELETE', '/schedules/{id}', (api) => api.delete('/schedules/x')],
  ['POST', '/schedules/{id}/run', (api) => api.post('/schedules/x/run')],
  ['GET', '/metrics', (api) => api.get('/metrics')],
  ['GET', '/health', (api) => api.get('/health')],
];

/** A store in which everything fails. */
function startFailing(error: unknown) {
  const fail = () => {
    // eslint-disable-next-line @typescript-eslint/prefer-promise-reject-errors -- what a defect throws may be anything
    return Promise.reject(error);
  };
  return startApi({
    ports: (data) => ({
      jobs: Object.assign(new MemoryJobStore(data), { insert: fail, ping: fail }),
      queries: Object.assign(new MemoryJobQueries(data), {
        get: fail,
        list: fail,
        search: fail,
        counts: fail,
      }),
      queues: Object.assign(new MemoryQueueStore(data), {
        create: fail,
        get: fail,
        list: fail,
        update: fail,
        remove: fail,
      }),
      schedules: Object.assign(new MemoryScheduleStore(data), {
        create: fail,
        get: fail,
        update: fail,
        list: fail,
        remove: fail,
      }),
    }),
  });
}

describe.each(REQUESTS)('%s %s', (method, path, request) => {
  test('is 503 while the store is unavailable, which is a warning', async () => {
    const api = await startFailing(new StoreUnavailableError('SQLITE_FULL: disk full at /var/lib/mininq.db'));
    const response = await request(api);
    expect(errorOf(response)).toEqual({
      status: 503,
      code: 'store_unavailable',
      error: 'The store is unavailable; try again in a second',
    });
    expect(response.headers.get('retry-after')).toBe('1');
    expect(api.logger.lines).toMatchObject([
      {
        level: 'warn',
        message: 'store unavailable',
        fields: {
          request_id: response.headers.get('x-request-id'),
          method,
          error: 'SQLITE_FULL: disk full at /var/lib/mininq.db',
        },
      },
    ]);
  });

  test('is 500 after a defect, of which only the log says more', async () => {
    const defect = new TypeError("SELECT * FROM jobs: cannot read 'x' of undefined at /srv/app/store.js:1:1");
    const api = await startFailing(defect);
    const response = await request(api);
    expect(errorOf(response)).toEqual({
      status: 500,
      code: 'internal_error',
      error: 'Something went wrong; the log has more under the request_id',
    });
    expect(api.logger.lines).toMatchObject([
      {
        level: 'error',
        message: 'a request failed',
        fields: { request_id: response.headers.get('x-request-id'), method },
        error: defect,
      },
    ]);
    expect(path.startsWith('/')).toBe(true);
  });
});

test.each([null, undefined, 'text', 0])('is 500 whatever is thrown: %j', async (thrown) => {
  const api = await startFailing(thrown);
  expect(errorOf(await api.get('/jobs/x'))).toMatchObject({ status: 500, code: 'internal_error' });
});

test('is 500 when the store answers for no job', async () => {
  class Silent extends MemoryJobStore {
    override insert(): Promise<InsertOutcome[]> {
      return Promise.resolve([]);
    }
  }
  const api = await startApi({ ports: (data) => ({ jobs: new Silent(data) }) });
  expect(errorOf(await api.post('/jobs', URL_FIELD))).toMatchObject({ status: 500, code: 'internal_error' });
});

test('after the head of an answer is sent, an error ends the connection and nothing else', async () => {
  const api = await startApi();
  const logger = new RecordingLogger();
  const console = vi.spyOn(globalThis.console, 'error').mockReturnValue();
  const outer = express();
  // Express would write to the console what it is left to deal with.
  outer.set('env', 'production');
  outer.use((_, response, next) => {
    response.locals['requestId'] = 'r1';
    response.write('half', () => next());
  });
  outer.use(() => {
    throw new StoreUnavailableError('gone');
  });
  outer.use(errorHandler(logger));
  const server = createHttpServer({
    maxConnections: 1000,
    app: outer,
    ids: new SequentialIds(),
    scheduler: api.scheduler,
    logger,
  });
  const { port } = await server.listen('127.0.0.1', 0);
  const received = await exchange(port, 'GET / HTTP/1.1\r\nHost: localhost\r\n\r\n');
  await server.close();
  expect(received).toMatch(/^HTTP\/1\.1 200 [^]*half\r\n$/);
  expect(logger.lines).toMatchObject([{ level: 'warn', fields: { request_id: 'r1', error: 'gone' } }]);
  expect(console).not.toHaveBeenCalled();
});

describe('an unknown path', () => {
  test.each([
    '/nope',
    '/jobs/',
    '/JOBS',
    '/jobs/x/y',
    '/jobs//retry',
    '/queues/a/b',
    '/dashboards',
    '//',
    '/.env',
  ])('such as %s is 404', async (path) => {
    const api = await startApi();
    expect(errorOf(await api.get(path))).toEqual({
      status: 404,
      code: 'route_not_found',
      error: `Nothing is at ${path}; GET /openapi.json lists all routes`,
    });
  });

  test.each(['http://user:secret@localhost/nope', '/nope#part', '/nope?q=secret'])(
    'asked for as %s is shown as a path alone',
    async (target) => {
      const api = await startApi();
      const received = await exchange(
        api.port,
        `GET ${target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
      );
      expect(received).toContain('"error":"Nothing is at /nope; GET /openapi.json lists all routes"');
    },
  );

  test('is shown within bounds', async () => {
    const api = await startApi();
    expect(errorOf(await api.get(`/${'x'.repeat(5000)}`)).error).toBe(
      `Nothing is at /${'x'.repeat(99)}...; GET /openapi.json lists all routes`,
    );
  });

  test('is 404 for any method', async () => {
    const api = await startApi();
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      expect((await api.request(method, '/nope')).status).toBe(404);
    }
  });
});

describe('an id that none has', () => {
  test.each([
    ['x', 'Job x not found'],
    ['%00', 'Job "\\u0000" not found'],
    ['a%0D%0Ab', 'Job "a\\r\\nb" not found'],
    ['%1B%5B31m', 'Job "\\u001b[31m" not found'],
    ['%C2%85', 'Job "\\u0085" not found'],
    ['a%20b', 'Job "a b" not found'],
    ['%2e%2e%2fetc', 'Job "../etc" not found'],
    ['__proto__', 'Job __proto__ not found'],
    ['constructor', 'Job constructor not found'],
    ['x'.repeat(5000), `Job "${'x'.repeat(100)}..." not found`],
  ])('case %#', async (id, error) => {
    const api = await startApi();
    const expected = { status: 404, code: 'job_not_found', error };
    expect(errorOf(await api.get(`/jobs/${id}`))).toEqual(expected);
    expect(errorOf(await api.delete(`/jobs/${id}`))).toEqual(expected);
    expect(errorOf(await api.post(`/jobs/${id}/retry`))).toEqual(expected);
    expect(errorOf(await api.get(`/jobs/${id}/attempts`))).toEqual(expected);
    const schedule = { status: 404, code: 'schedule_not_found', error: error.replace('Job', 'Schedule') };
    expect(errorOf(await api.get(`/schedules/${id}`))).toEqual(schedule);
    expect(errorOf(await api.put(`/schedules/${id}`, { enabled: true }))).toEqual(schedule);
    expect(errorOf(await api.delete(`/schedules/${id}`))).toEqual(schedule);
    expect(errorOf(await api.post(`/schedules/${id}/run`))).toEqual(schedule);
  });

  test.each([
    ['%00', 'Queue "\\u0000" not found'],
    ['%20', 'Queue " " not found'],
    ['schl%C3%BCssel', 'Queue "schlüssel" not found'],
    ['__proto__', 'Queue __proto__ not found'],
    ['x'.repeat(5000), `Queue "${'x'.repeat(100)}..." not found`],
  ])('queue, case %#', async (name, error) => {
    const api = await startApi();
    const expected = { status: 404, code: 'queue_not_found', error };
    expect(errorOf(await api.get(`/queues/${name}`))).toEqual(expected);
    expect(errorOf(await api.put(`/queues/${name}`, { max_retries: 1 }))).toEqual(expected);
    expect(errorOf(await api.delete(`/queues/${name}`))).toEqual(expected);
    expect(errorOf(await api.post(`/queues/${name}/pause`))).toEqual(expected);
    expect(errorOf(await api.post(`/queues/${name}/resume`))).toEqual(expected);
  });

  test.each(['%', '%zz', '%ff', 'a%2', '%C3'])('%s is no escape', async (id) => {
    const api = await startApi();
    for (const path of [`/jobs/${id}`, `/queues/${id}`, `/schedules/${id}`]) {
      expect(errorOf(await api.get(path))).toEqual({
        status: 400,
        code: 'validation_failed',
        error: 'The path has a "%" that begins no escape; write it as %25',
      });
    }
    expect(api.logger.lines).toEqual([]);
  });
});

describe('a query', () => {
  const MALFORMED = {
    status: 400,
    code: 'validation_failed',
    error: 'The query has a "%" that begins no escape; write it as %25',
  };

  test.each([
    'queue=%ZZ',
    'queue=%',
    'queue=a%2',
    'queue=%ff',
    'queue=%C3&status=%A4',
    '%zz=1',
    'limit=1&x=%',
  ])('%s has an escape that is none', async (query) => {
    const api = await startApi();
    for (const path of ['/jobs', '/jobs/x', '/queues', '/health']) {
      expect(errorOf(await api.get(`${path}?${query}`))).toEqual(MALFORMED);
    }
    expect(errorOf(await api.post(`/jobs?${query}`, URL_FIELD))).toEqual(MALFORMED);
    expect(api.logger.lines).toEqual([]);
  });

  test.each(['queue=100%25', 'queue=a%2Fb', 'queue=a+b', 'queue=a?b', 'limit=5', ''])(
    '%s is in order',
    async (query) => {
      const api = await startApi();
      expect((await api.get(`/jobs?${query}`)).status).toBe(200);
    },
  );
});

/** Every path, with the methods that it takes. */
const METHODS = [
  ['/jobs', 'POST, GET, HEAD, OPTIONS'],
  ['/jobs/batch', 'POST, OPTIONS'],
  ['/jobs/retry', 'POST, OPTIONS'],
  ['/jobs/cancel', 'POST, OPTIONS'],
  ['/jobs/discard', 'POST, OPTIONS'],
  ['/jobs/{id}', 'GET, DELETE, HEAD, OPTIONS'],
  ['/jobs/{id}/retry', 'POST, OPTIONS'],
  ['/jobs/{id}/discard', 'POST, OPTIONS'],
  ['/jobs/{id}/attempts', 'GET, HEAD, OPTIONS'],
  ['/queues', 'POST, GET, HEAD, OPTIONS'],
  ['/queues/{name}', 'GET, PUT, DELETE, HEAD, OPTIONS'],
  ['/queues/{name}/pause', 'POST, OPTIONS'],
  ['/queues/{name}/resume', 'POST, OPTIONS'],
  ['/schedules', 'POST, GET, HEAD, OPTIONS'],
  ['/schedules/{id}', 'GET, PUT, DELETE, HEAD, OPTIONS'],
  ['/schedules/{id}/run', 'POST, OPTIONS'],
  ['/workers', 'GET, HEAD, OPTIONS'],
  ['/workers/{id}/drain', 'POST, OPTIONS'],
  ['/workers/{id}/resume', 'POST, OPTIONS'],
  ['/health', 'GET, HEAD, OPTIONS'],
  ['/metrics', 'GET, HEAD, OPTIONS'],
  ['/openapi.json', 'GET, HEAD, OPTIONS'],
] as const;

describe.each(METHODS)('%s', (template, allow) => {
  const path = template.replace(/\{\w+\}/, 'x');

  test(`takes ${allow} and nothing else`, async () => {
    const api = await startApi();
    for (const method of ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'PROPFIND']) {
      const response = await api.request(method, path);
      if (allow.split(', ').includes(method)) {
        expect(response.status, method).not.toBe(405);
        continue;
      }
      expect(response.status, method).toBe(405);
      expect(response.headers.get('allow')).toBe(allow);
      if (method === 'HEAD') continue;
      expect(errorOf(response)).toEqual({
        status: 405,
        code: 'method_not_allowed',
        error: `${template} does not take ${method}; it takes ${allow}`,
      });
    }
  });

  test('answers OPTIONS, and lets no other origin in', async () => {
    const api = await startApi();
    const response = await api.request('OPTIONS', path, {
      headers: { Origin: 'https://evil.example', 'Access-Control-Request-Method': 'POST' },
    });
    expect(response.status).toBe(204);
    expect(response.text).toBe('');
    expect(response.headers.get('allow')).toBe(allow);
    expect([...response.headers.keys()].filter((name) => name.startsWith('access-control'))).toEqual([]);
  });
});

test('the list of methods is that of the routes', async () => {
  const { routes } = await startApi();
  expect([...new Set(routes.map(({ path }) => path))].toSorted()).toEqual(
    METHODS.map(([path]) => path).toSorted(),
  );
});

test('HEAD answers as GET does, without the body', async () => {
  const api = await startApi();
  const head = await api.request('HEAD', '/health');
  expect(head.status).toBe(200);
  expect(head.text).toBe('');
  expect(head.headers.get('content-type')).toBe('application/json');
  expect((await api.request('HEAD', '/jobs/x')).status).toBe(404);
});

describe('headers', () => {
  test('of every answer: an id of its own, and nothing about the software', async () => {
    const api = await startApi();
    const responses = [
      await api.get('/health'),
      await api.get('/nope'),
      await api.post('/jobs', URL_FIELD),
      await api.request('OPTIONS', '/jobs'),
    ];
    const ids = responses.map(({ headers }) => headers.get('x-request-id'));
    expect(ids).toEqual([1, 2, 3, 4].map((n) => `018d0c5b-c400-7000-8000-000000000001-${n}`));
    for (const { headers } of responses) {
      expect(headers.get('x-powered-by')).toBeNull();
      expect(headers.get('etag')).toBeNull();
      expect(headers.get('server')).toBeNull();
    }
  });

  test('of an answer with a body keep browsers from guessing and storing', async () => {
    const { headers, text } = await (await startApi()).get('/health');
    expect(headers.get('content-type')).toBe('application/json');
    expect(headers.get('content-length')).toBe(String(Buffer.byteLength(text)));
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
  });
});

describe('the log', () => {
  test('has one line a request when it is wanted, without what was sent', async () => {
    const api = await startApi({ logRequests: true });
    await api.get('/jobs?limit=5');
    await api.post('/queues', { name: 'secret' });
    await api.get(`/${'x'.repeat(200)}`);
    const line = (n: number, method: string, path: string, status: number) => ({
      level: 'debug',
      message: 'request',
      fields: {
        request_id: `018d0c5b-c400-7000-8000-000000000001-${n}`,
        method,
        path,
        status,
        duration_ms: 0,
      },
    });
    expect(api.logger.lines.filter(({ message }) => message !== 'audit')).toEqual([
      line(1, 'GET', '/jobs', 200),
      line(2, 'POST', '/queues', 201),
      line(3, 'GET', `/${'x'.repeat(99)}...`, 404),
    ]);
  });

  test('has none otherwise', async () => {
    const api = await startApi();
    await api.get('/jobs');
    await api.post('/jobs', { nonsense: true });
    await api.get('/nope');
    expect(api.logger.lines).toEqual([]);
  });
});
