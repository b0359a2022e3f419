import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG, type Config } from '../../../src/application/config.js';
import { Secret } from '../../../src/application/secret.js';
import { Access } from '../../../src/interfaces/http/access.js';
import { FakeClock } from '../../support/fake-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { errorOf, exchange, startApi, URL_FIELD } from './api.js';

const TOKEN = 'admin-0123456789abcdef';

function accessOf(
  auth: Partial<Config['auth']>,
  { clock = new FakeClock(), logger = new RecordingLogger(), proxies = [] as readonly string[] } = {},
) {
  return new Access({ ...DEFAULT_CONFIG.auth, ...auth }, proxies, { clock, logger });
}

function start(auth: Partial<Config['auth']> = {}, from?: string) {
  return startApi({
    access: accessOf(auth),
    ...(from !== undefined && { from }),
  });
}

describe('without a token', () => {
  test.each(['127.0.0.1', '127.1.2.3', '::1', '::ffff:127.0.0.1'])('%s is answered', async (from) => {
    const api = await start({}, from);
    expect((await api.get('/jobs')).status).toBe(200);
    expect((await api.post('/jobs', URL_FIELD)).status).toBe(201);
  });

  test.each(['10.0.0.1', '192.168.127.1', '::ffff:10.0.0.1', '2001:db8::1', '::', '::1:1', '0.0.0.0', ''])(
    '"%s" is not',
    async (from) => {
      const api = await start({}, from);
      for (const response of [await api.get('/jobs'), await api.post('/jobs', URL_FIELD)]) {
        const { status, code, error } = errorOf(response);
        expect([status, code]).toEqual([403, 'protected']);
        expect(error).toContain('mininq token');
        expect(error).toContain('docker run -e MININQ_TOKEN=');
        expect(error).toContain('MININQ_AUTH_WITHOUT_TOKEN=anyone');
      }
      expect((await api.get('/health')).status).toBe(200);
      expect((await api.get('/health?x=1')).status).toBe(400);
    },
  );

  test.each([
    ['Forwarded', 'for=192.0.2.1'],
    ['X-Forwarded-For', '192.0.2.1'],
    ['x-forwarded-for', '127.0.0.1'],
    ['X-Forwarded-Proto', 'https'],
    ['X-Forwarded-Anything', ''],
    ['X-Real-IP', '192.0.2.1'],
    ['Via', '1.1 proxy'],
  ])('loopback is not answered with %s', async (name, value) => {
    const api = await start();
    const response = await api.request('GET', '/jobs', { headers: { [name]: value } });
    expect(errorOf(response)).toMatchObject({ status: 403, code: 'protected' });
  });

  test.each([
    ['GET /jobs HTTP/1.0\r\n\r\n', '200'],
    ['GET /jobs HTTP/1.0\r\nX-Forwarded-For: 192.0.2.1\r\n\r\n', '403'],
    ['GET /jobs HTTP/1.0\r\nVia: 1.0 proxy\r\n\r\n', '403'],
  ])('HTTP/1.0 is no exception: %j', async (request, status) => {
    const api = await start();
    expect(await exchange(api.port, request)).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
  });

  test('nobody looks at one that is sent', async () => {
    const headers = { Authorization: 'Bearer whatever-it-may-be' };
    expect((await (await start()).request('GET', '/jobs', { headers })).status).toBe(200);
    expect((await (await start({}, '10.0.0.1')).request('GET', '/jobs', { headers })).status).toBe(403);
  });

  test('anyone is answered who was said to be', async () => {
    const api = await start({ withoutToken: 'anyone' }, '10.0.0.1');
    const headers = { 'X-Forwarded-For': '192.0.2.1' };
    expect((await api.request('GET', '/jobs', { headers })).status).toBe(200);
    expect((await api.post('/queues', { name: 'q' })).status).toBe(201);
  });
});

describe('with a token', () => {
  const auth = { token: new Secret(TOKEN), withoutToken: 'anyone' } as const;

  test.each(['127.0.0.1', '10.0.0.1'])('%s needs it', async (from) => {
    const api = await start(auth, from);
    expect(errorOf(await api.get('/jobs'))).toMatchObject({ status: 401, code: 'unauthorized' });
    const headers = { Authorization: `Bearer ${TOKEN}` };
    expect((await api.request('GET', '/jobs', { headers })).status).toBe(200);
  });

  test('one that is missing, malformed or wrong is answered alike', async () => {
    const api = await start(auth);
    const all = [undefined, 'Bearer', 'Bearer wrong-0123456789abcdef', 'Basic !', 'Negotiate x'];
    const answers = await Promise.all(
      all.map(async (authorization) => {
        const init = authorization === undefined ? {} : { headers: { Authorization: authorization } };
        const { status, headers, body } = await api.request('GET', '/jobs', init);
        const told = [...headers].filter(([name]) => !['date', 'x-request-id'].includes(name));
        return { status, told, body: { ...Object(body), request_id: '' } as unknown };
      }),
    );
    expect(answers[0]).toMatchObject({ status: 401, body: { code: 'unauthorized' } });
    expect(answers[0]?.told).toContainEqual([
      'www-authenticate',
      'Bearer realm="mininq", Basic realm="mininq", charset="UTF-8"',
    ]);
    for (const answer of answers) expect(answer).toEqual(answers[0]);
  });

  test('that there is no such route is only for those to know who have one', async () => {
    const api = await start(auth);
    expect(errorOf(await api.get('/nothing'))).toMatchObject({ status: 401 });
    expect(errorOf(await api.request('PATCH', '/jobs'))).toMatchObject({ status: 401 });
    const headers = { Authorization: `Bearer ${TOKEN}` };
    expect(errorOf(await api.request('GET', '/nothing', { headers }))).toMatchObject({ status: 404 });
    expect(errorOf(await api.request('PATCH', '/jobs', { headers }))).toMatchObject({ status: 405 });
  });

  test.each([
    '/health/../jobs',
    '/health/',
    '/Health',
    '//health',
    '/health%2f',
    '/health;/jobs',
    '/health#',
    'http://localhost/health/../jobs',
    'http://localhost/jobs/../health',
    '*',
  ])('what anyone may ask for is not %s', async (path) => {
    const api = await start(auth);
    const request = `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`;
    expect(await exchange(api.port, request)).toMatch(/^HTTP\/1.1 401 /);
  });

  test('others than were there at the start count from the next request on', async () => {
    const access = accessOf(auth);
    const api = await startApi({ access });
    const ask = async (token: string) =>
      (await api.request('GET', '/jobs', { headers: { Authorization: `Bearer ${token}` } })).status;
    expect([await ask(TOKEN), await ask('other-0123456789abcdef')]).toEqual([200, 401]);
    access.reload({ ...DEFAULT_CONFIG.auth, token: new Secret('other-0123456789abcdef') });
    expect([await ask(TOKEN), await ask('other-0123456789abcdef')]).toEqual([401, 200]);
  });
});

describe('after ten wrong tokens', () => {
  const auth = { token: new Secret(TOKEN) };
  const RIGHT = `Bearer ${TOKEN}`;

  async function startWaiting(proxies: readonly string[] = []) {
    const [clock, logger] = [new FakeClock(), new RecordingLogger()];
    const api = await startApi({ access: accessOf(auth, { clock, logger, proxies }), from: '192.0.2.1' });
    const ask = (authorization?: string, forwardedFor?: string, path = '/jobs') =>
      api.request('GET', path, {
        headers: {
          ...(authorization !== undefined && { Authorization: authorization }),
          ...(forwardedFor !== undefined && { 'X-Forwarded-For': forwardedFor }),
        },
      });
    const fail = async (times: number, forwardedFor?: string) => {
      for (let i = 0; i < times; i++) {
        expect((await ask(`Bearer wrong-${i}`, forwardedFor)).status).toBe(401);
      }
    };
    return { clock, logger, ask, fail };
  }

  test('an address waits, with the right one too, until the first of them is a minute old', async () => {
    const { clock, logger, ask, fail } = await startWaiting();
    await fail(1);
    clock.advance(10_500);
    await fail(8);
    expect((await ask(RIGHT)).status).toBe(200);
    await fail(1);
    for (const authorization of [RIGHT, 'Bearer wrong', undefined]) {
      const refused = await ask(authorization);
      expect(errorOf(refused)).toMatchObject({ status: 429, code: 'too_many_failures' });
      expect(refused.headers.get('retry-after')).toBe('50');
    }
    expect((await ask(undefined, undefined, '/health')).status).toBe(200);
    expect(logger.lines).toMatchObject([{ level: 'warn', fields: { address: '192.0.2.1' } }]);

    clock.advance(49_499);
    expect((await ask(RIGHT)).status).toBe(429);
    clock.advance(1);
    expect((await ask(RIGHT)).status).toBe(200);
    // Nine of them still count.
    await fail(1);
    expect((await ask(RIGHT)).status).toBe(429);
    clock.advance(60_000);
    await fail(10);
  });

  test('is the eleventh, not those without any', async () => {
    const { ask, fail } = await startWaiting();
    for (let i = 0; i < 20; i++) expect((await ask()).status).toBe(401);
    await fail(10);
    expect((await ask(RIGHT)).status).toBe(429);
  });

  test('a client has to wait, and not all those of a trusted proxy', async () => {
    const { ask, fail } = await startWaiting(['192.0.2.0/24']);
    await fail(10, '198.51.100.7');
    expect((await ask(RIGHT, '198.51.100.7')).status).toBe(429);
    expect((await ask(RIGHT, '198.51.100.8')).status).toBe(200);
    // What a client adds to the front by itself changes nothing.
    expect((await ask(RIGHT, '198.51.100.8, 198.51.100.7')).status).toBe(429);
  });

  test('nobody escapes by a header when no proxy is trusted', async () => {
    const { ask, fail } = await startWaiting();
    await fail(10, '198.51.100.7');
    expect((await ask(RIGHT, '198.51.100.8')).status).toBe(429);
  });
});

describe('a token with a rate limit', () => {
  const APP = 'app-0123456789abcdef';
  const limited = { name: 'app', token: new Secret(APP), role: 'producer', rateLimit: 2 } as const;
  const unlimited = { name: 'admin', token: new Secret(TOKEN), role: 'admin' } as const;

  test('has a second of it at once, and is told when there is more', async () => {
    const clock = new FakeClock();
    const access = accessOf({ tokens: [limited, unlimited] }, { clock });
    const api = await startApi({ access });
    const ask = (token: string, path = '/openapi.json') =>
      api.request('GET', path, { headers: { Authorization: `Bearer ${token}` } });
    const statuses = async (count: number) => {
      const answers = await Promise.all(Array.from({ length: count }, () => ask(APP)));
      return answers.map(({ status }) => status).sort();
    };
    expect(await statuses(4)).toEqual([200, 200, 429, 429]);
    const refused = await ask(APP);
    expect(errorOf(refused)).toMatchObject({ status: 429, code: 'rate_limited' });
    expect(refused.headers.get('retry-after')).toBe('1');
    expect((await ask(TOKEN)).status).toBe(200);
    expect((await ask(APP, '/health')).status).toBe(200);
    clock.advance(499);
    expect(await statuses(1)).toEqual([429]);
    clock.advance(1);
    expect(await statuses(2)).toEqual([200, 429]);
    // However long it rested.
    clock.advance(60_000);
    expect(await statuses(4)).toEqual([200, 200, 429, 429]);
  });

  test('counts with the others of its name, and anew after a reload', () => {
    const rotated = { ...limited, token: new Secret(`${APP}-2`) };
    const access = accessOf({ tokens: [limited, rotated] });
    const ask = (token: string) => {
      const request = Object.assign(new IncomingMessage(new Socket()), {
        headers: { authorization: `Bearer ${token}` },
      });
      return access.admit(request, '192.0.2.1').ok;
    };
    expect([ask(APP), ask(`${APP}-2`), ask(APP), ask(`${APP}-2`)]).toEqual([true, true, false, false]);
    access.reload({ ...DEFAULT_CONFIG.auth, tokens: [{ ...limited, rateLimit: 1 }] });
    expect([ask(APP), ask(APP)]).toEqual([true, false]);
    access.reload({ ...DEFAULT_CONFIG.auth, tokens: [unlimited] });
    expect([ask(TOKEN), ask(TOKEN), ask(APP)]).toEqual([true, true, false]);
  });
});
