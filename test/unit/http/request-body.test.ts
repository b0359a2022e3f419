import { gzipSync } from 'node:zlib';
import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { errorOf, exchange, idOf, startApi, until, URL_FIELD, type Api } from './api.js';

const JSON_TYPE = 'application/json';
const BODY = JSON.stringify(URL_FIELD);

/** Every route that takes a body. */
const BODY_ROUTES = [
  ['POST', '/jobs'],
  ['POST', '/jobs/batch'],
  ['POST', '/queues'],
  ['PUT', '/queues/q'],
  ['POST', '/schedules'],
  ['PUT', '/schedules/s'],
] as const;

function send(api: Api, body: string | Uint8Array, headers: Record<string, string> = {}) {
  return api.request('POST', '/jobs', { body, headers: { 'Content-Type': JSON_TYPE, ...headers } });
}

describe.each(BODY_ROUTES)('%s %s', (method, path) => {
  const request = async (init: RequestInit) => errorOf(await (await startApi()).request(method, path, init));

  test('asks for a body', async () => {
    const expected = {
      status: 400,
      code: 'validation_failed',
      error: 'The request has no body; send a JSON object',
    };
    expect(await request({})).toEqual(expected);
    expect(await request({ body: '', headers: { 'Content-Type': JSON_TYPE } })).toEqual(expected);
  });

  test('asks for a body when nothing hints at one', async () => {
    const api = await startApi();
    const received = await exchange(
      api.port,
      `${method} ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
    );
    expect(received).toContain('"error":"The request has no body; send a JSON object","status":400');
  });

  test.each([
    ['text/plain', '"text/plain"'],
    ['application/x-www-form-urlencoded', '"application/x-www-form-urlencoded"'],
    ['application/vnd.api+json', '"application/vnd.api+json"'],
    ['application/jsonx', '"application/jsonx"'],
    ['application/json; charset=iso-8859-1', '"application/json; charset=iso-8859-1"'],
    ['application/json; profile=x', '"application/json; profile=x"'],
    ['', '""'],
  ])('refuses Content-Type %j', async (type, shown) => {
    expect(await request({ body: '{}', headers: { 'Content-Type': type } })).toEqual({
      status: 415,
      code: 'unsupported_media_type',
      error: `The body must be JSON in UTF-8: send it with "Content-Type: application/json", got ${shown}`,
    });
  });

  test.each([
    ['7', '7'],
    ['"text"', 'a string'],
    ['null', 'null'],
    ['[]', 'an array'],
    ['true', 'true'],
  ])('refuses a body that is %s', async (body, shown) => {
    expect(await request({ body, headers: { 'Content-Type': JSON_TYPE } })).toEqual({
      status: 400,
      code: 'validation_failed',
      error: `The body must be a JSON object, got ${shown}`,
    });
  });

  test('refuses what is not JSON', async () => {
    expect(await request({ body: '{"a": oops}', headers: { 'Content-Type': JSON_TYPE } })).toEqual({
      status: 400,
      code: 'malformed_json',
      error: 'The body is not valid JSON at position 6, near "oops}"',
    });
  });
});

describe('the type of a body', () => {
  test.each([
    'application/json',
    'Application/JSON',
    'application/json; charset=utf-8',
    'application/json;charset=UTF-8',
    'application/json ; charset="utf-8"',
    'application/json;',
  ])('may be %s', async (type) => {
    const api = await startApi();
    expect((await send(api, BODY, { 'Content-Type': type })).status).toBe(201);
  });

  test('must be said', async () => {
    const api = await startApi();
    // Of bytes, fetch does not say what they are.
    const response = await api.request('POST', '/jobs', { body: Buffer.from(BODY) });
    expect(errorOf(response)).toEqual({
      status: 415,
      code: 'unsupported_media_type',
      error:
        'The body must be JSON in UTF-8: send it with "Content-Type: application/json", got no Content-Type',
    });
  });

  test('must not be compressed', async () => {
    const api = await startApi();
    const refused = await send(api, gzipSync(BODY), { 'Content-Encoding': 'gzip' });
    expect(errorOf(refused)).toEqual({
      status: 415,
      code: 'unsupported_media_type',
      error: 'The body must not be compressed: send it without Content-Encoding',
    });
    expect((await send(api, BODY, { 'Content-Encoding': 'Identity' })).status).toBe(201);
  });
});

describe('the bytes of a body', () => {
  test('may begin with a byte order mark', async () => {
    const api = await startApi();
    expect((await send(api, `\uFEFF${BODY}`)).status).toBe(201);
  });

  test.each([
    ['a stray byte', [0xff]],
    ['half of a character', [0xc3]],
    ['a surrogate', [0xed, 0xa0, 0x80]],
    ['an overlong slash', [0xc0, 0xaf]],
  ])('must be UTF-8: not %s', async (_, bytes) => {
    const api = await startApi();
    const body = Buffer.concat([
      Buffer.from(`{"callback_url":"http://a/`),
      Buffer.from(bytes),
      Buffer.from('"}'),
    ]);
    expect(errorOf(await send(api, body))).toEqual({
      status: 400,
      code: 'malformed_json',
      error: 'The body is not UTF-8',
    });
  });

  test('may come in any pieces', async () => {
    const api = await startApi();
    const body = Buffer.from(JSON.stringify({ ...URL_FIELD, payload: { text: 'schlüssel 🔑' } }));
    const head = `POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n`;
    const chunks = [...body].map((byte) =>
      Buffer.concat([Buffer.from('1\r\n'), Buffer.from([byte]), Buffer.from('\r\n')]),
    );
    const received = await exchange(
      api.port,
      Buffer.concat([Buffer.from(head), ...chunks, Buffer.from('0\r\n\r\n')]),
    );
    expect(received).toMatch(/^HTTP\/1\.1 201 /);
    expect([...api.data.jobs.values()][0]?.payload).toBe('{"text":"schlüssel 🔑"}');
  });

  test('may be none in chunks, which is no body', async () => {
    const api = await startApi();
    const received = await exchange(
      api.port,
      'POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n',
    );
    expect(received).toContain('The request has no body; send a JSON object');
  });
});

describe('the size of a body', () => {
  const TOO_LARGE =
    'The body is larger than 1024 bytes; send less, or raise server.max_body_bytes (MININQ_SERVER_MAX_BODY_BYTES)';

  function bodyOf(bytes: number): string {
    const empty = JSON.stringify({ ...URL_FIELD, payload: { x: '' } });
    return JSON.stringify({ ...URL_FIELD, payload: { x: 'x'.repeat(bytes - empty.length) } });
  }

  test('may be as large as the limit, and no larger', async () => {
    const api = await startApi({ maxBodyBytes: 1024 });
    expect((await send(api, bodyOf(1024))).status).toBe(201);
    expect(errorOf(await send(api, bodyOf(1025)))).toEqual({
      status: 413,
      code: 'payload_too_large',
      error: TOO_LARGE,
    });
    expect(api.data.jobs.size).toBe(1);
  });

  test('is refused by its Content-Length before it is sent', async () => {
    const api = await startApi({ maxBodyBytes: 1024 });
    const received = await exchange(
      api.port,
      'POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1025\r\n\r\n',
      (_, socket) => socket.destroy(),
    );
    expect(received).toMatch(/^HTTP\/1\.1 413 /);
  });

  test('is refused while it streams, and the rest of it is discarded', async () => {
    const api = await startApi({ maxBodyBytes: 1024 });
    const head =
      'POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n';
    const chunk = `400\r\n${'x'.repeat(1024)}\r\n`;
    const next = 'GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
    const received = await exchange(api.port, head + chunk + chunk, (soFar, socket) => {
      // The answer comes before the end of the request, and the connection is good for another.
      if (soFar.split('HTTP/1.1 ').length === 2) socket.write(`${chunk.repeat(100)}0\r\n\r\n${next}`);
    });
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 413', 'HTTP/1.1 200']);
    expect(received).toContain(TOO_LARGE);
  });
});

describe('Expect: 100-continue', () => {
  const head = (length: number, type = JSON_TYPE) =>
    `POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${type}\r\nContent-Length: ${length}\r\nExpect: 100-continue\r\n\r\n`;

  test('is answered when the body is wanted', async () => {
    const api = await startApi();
    const received = await exchange(api.port, head(BODY.length), (soFar, socket) => {
      if (soFar.endsWith('}')) socket.destroy();
      else socket.write(BODY);
    });
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 100', 'HTTP/1.1 201']);
  });

  test.each([
    ['is too large', head(2_000_000), 413],
    ['is of the wrong type', head(BODY.length, 'text/plain'), 415],
  ])('saves the client a body that %s', async (_, request, status) => {
    const api = await startApi();
    // The server closes the connection, as it cannot know whether the body will come.
    const received = await exchange(api.port, request);
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
    expect(received).toContain('Connection: close');
  });
});

describe('any other Expect', () => {
  const head = (method: string, length: number) =>
    `${method} /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: ${JSON_TYPE}\r\nContent-Length: ${length}\r\nExpect: nonsense\r\nConnection: close\r\n\r\n`;

  test.each([
    ['POST', BODY, 201],
    ['POST', '{', 400],
    ['GET', '', 200],
  ])('is ignored: %s of %j', async (method, body, status) => {
    const api = await startApi();
    const received = await exchange(api.port, head(method, body.length) + body);
    expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual([`HTTP/1.1 ${status}`]);
    expect(received).toContain('X-Request-Id: ');
  });
});

describe('a client that goes away', () => {
  test.each(['Content-Length: 1000', 'Transfer-Encoding: chunked'])(
    'in the middle of a body (%s) is nobody to answer, and no error',
    async (framing) => {
      const api = await startApi({ logRequests: true });
      const head = `POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nExpect: 100-continue\r\n${framing}\r\n\r\n`;
      // That the body is being read shows in the "100 Continue".
      await exchange(api.port, head, (_, socket) => socket.destroy());
      await until(() => api.logger.lines.length > 0);
      expect(api.logger.lines).toEqual([
        {
          level: 'debug',
          message: 'request',
          fields: {
            request_id: '018d0c5b-c400-7000-8000-000000000001-1',
            method: 'POST',
            path: '/jobs',
            status: null,
            duration_ms: 0,
          },
        },
      ]);
      expect(api.data.jobs.size).toBe(0);
    },
  );
});

describe('a route without a body', () => {
  test.each([
    ['no body', {}],
    ['JSON', { body: '{"x":1}', headers: { 'Content-Type': JSON_TYPE } }],
    ['something else', { body: 'x=1', headers: { 'Content-Type': 'text/plain' } }],
    ['bad JSON', { body: '{', headers: { 'Content-Type': JSON_TYPE } }],
    ['too much', { body: 'x'.repeat(2_000_000), headers: { 'Content-Type': JSON_TYPE } }],
  ])('ignores %s', async (_, init) => {
    const api = await startApi();
    await api.post('/queues', { name: 'q' });
    expect((await api.request('POST', '/queues/q/pause', init)).status).toBe(200);
    expect((await api.request('POST', '/queues/q/resume', init)).status).toBe(200);
    const id = idOf(await api.post('/jobs', URL_FIELD));
    api.setJob(id, { status: 'dead' });
    expect((await api.request('POST', `/jobs/${id}/retry`, init)).status).toBe(200);
    expect((await api.request('DELETE', `/jobs/${id}`, init)).status).toBe(200);
    expect((await api.request('DELETE', '/queues/q', init)).status).toBe(200);
  });
});

describe('payloads', () => {
  const stored = (api: Api) => [...api.data.jobs.values()].at(-1)?.payload;

  test('stay as they came, byte for byte, over every route', async () => {
    const api = await startApi();
    const payload = String.raw`{ "10": 12345678901234567890, "2":[1.0,1e400 ,-0],"a":"\u0041\/","a":{}}`;
    const one = await api.post('/jobs', `{"callback_url":"http://a","payload": ${payload} }`);
    expect(one.body).toMatchObject({ payload });
    const many = await api.post('/jobs/batch', `{"jobs":[{"callback_url":"http://a","payload":${payload}}]}`);
    expect(many.body).toMatchObject({ jobs: [{ payload }] });
    const schedule = await api.post(
      '/schedules',
      `{"cron_expression":"0 * * * * *","callback_url":"http://a","payload":${payload}}`,
    );
    expect(schedule.body).toMatchObject({ payload });
    const changed = await api.put(`/schedules/${idOf(schedule)}`, '{"payload":{"c" :2.50}}');
    expect(changed.body).toMatchObject({ payload: '{"c" :2.50}' });
    const run = await api.post(`/schedules/${idOf(schedule)}/run`);
    expect(run.body).toMatchObject({ payload: '{"c" :2.50}' });
  });

  test('that are given twice: what is checked is what is stored', async () => {
    const api = await startApi();
    await api.post('/jobs', '{"callback_url":"http://a","payload":[],"payload":{"n":2}}');
    expect(stored(api)).toBe('{"n":2}');
    const refused = await api.post('/jobs', '{"callback_url":"http://a","payload":{"n":2},"payload":[]}');
    expect(errorOf(refused).error).toBe('payload: must be a JSON object, got an array');
  });

  test.each(['{"n":1}', '{"n":1.0}'])('keep %s with __proto__ and constructor as data', async (more) => {
    const api = await startApi();
    const payload = `{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},"more":${more}}`;
    await api.post('/jobs', `{"callback_url":"http://a","payload":${payload}}`);
    expect(stored(api)).toBe(payload);
    expect({}).not.toHaveProperty('polluted');
  });

  test('keep 128 levels, and refuse a hundred thousand', async () => {
    const api = await startApi();
    const nested = (levels: number, core: string) =>
      `${'{"a":'.repeat(levels - 1)}{"n":${core}}${'}'.repeat(levels - 1)}`;
    const body = (payload: string) => `{"callback_url":"http://a","payload":${payload}}`;
    for (const core of ['1', '1.0']) {
      expect((await api.post('/jobs', body(nested(128, core)))).status).toBe(201);
      expect(stored(api)).toBe(nested(128, core));
      for (const levels of [129, 100_000]) {
        expect(errorOf(await api.post('/jobs', body(nested(levels, core)))).error).toBe(
          'payload: must be nested at most 128 levels deep',
        );
      }
    }
  });

  test.each([
    ['in an unknown field', '{"callback_url":"http://a","x":@}', 'unknown field "x"'],
    [
      'in place of a number',
      '{"callback_url":"http://a","priority":@}',
      'priority: must be an integer between -2147483648 and 2147483647, got an array',
    ],
    ['in place of the body', '@', 'The body must be a JSON object, got an array'],
    ['that do not end', '{"callback_url":"http://a","x":[@', 'The body is not valid JSON'],
  ])('a hundred thousand levels %s', async (_, template, message) => {
    const api = await startApi();
    const deep = '['.repeat(100_000) + ']'.repeat(100_000);
    expect(errorOf(await api.post('/jobs', template.replace('@', deep))).error).toBe(message);
  });

  test('keep NUL and line ends', async () => {
    const api = await startApi();
    const payload = { text: '\u0000\u2028\r\n"\\' };
    await api.post('/jobs', { ...URL_FIELD, payload });
    expect(z.unknown().parse(JSON.parse(stored(api) ?? ''))).toEqual(payload);
  });
});
