import { describe, expect, test, vi } from 'vitest';
import { answer, startHostileServer, type ReceivedRequest } from '../../support/hostile-server.js';
import { attemptAt, deliver, errorOf, startDispatcher } from '../../support/http-dispatching.js';
import { resolvesTo } from '../../support/resolvers.js';

function okServer(host?: string) {
  return startHostileServer((socket) => socket.write(answer('200 OK')), host === undefined ? {} : { host });
}

function onlyRequest(requests: readonly ReceivedRequest[]): ReceivedRequest {
  expect(requests).toHaveLength(1);
  const [request] = requests;
  if (request === undefined) throw new Error('no request came');
  return request;
}

describe('the request', () => {
  test('carries the documented headers and no others', async () => {
    const server = await okServer();
    const attempt = attemptAt(`${server.origin}/hook?a=1&b=%20`, { queueName: 'mail out', number: 3 });
    await startDispatcher().dispatch(attempt, new AbortController().signal);
    const [line, ...headers] = onlyRequest(server.requests).head.split('\r\n');
    expect(line).toBe('POST /hook?a=1&b=%20 HTTP/1.1');
    expect(headers.sort()).toEqual(
      [
        'Accept: */*',
        'Content-Type: application/json',
        'User-Agent: mininq/1.2.3',
        'X-Mininq-Attempt: 3',
        `X-Mininq-Job-Id: ${attempt.jobId}`,
        'X-Mininq-Queue: mail out',
        'connection: keep-alive',
        'content-length: 2',
        `host: 127.0.0.1:${server.port}`,
      ].sort(),
    );
  });

  test.each([
    ['empty', ''],
    ['with spaces and order as they were', '{ "b":1,\n "a" : 1.0 }'],
    ['beyond ASCII', '{"name":"Žluťoučký 🐎"}'],
    ['of a megabyte', JSON.stringify('ü'.repeat(500_000))],
  ])("is the payload's exact bytes: %s", async (_, payload) => {
    const server = await okServer();
    expect(await deliver(startDispatcher(), server.origin, { payload })).toMatchObject({ kind: 'succeeded' });
    const request = onlyRequest(server.requests);
    expect(request.body.equals(Buffer.from(payload, 'utf8'))).toBe(true);
    expect(request.head).toContain(`content-length: ${request.body.length}`);
  });

  test.each([
    ['user:secret@', 'user:secret'],
    ['user@', 'user:'],
    [':secret@', ':secret'],
    ['caf%C3%A9:p%40ss%3A%2F@', 'café:p@ss:/'],
    ['100%:%zz@', '100%:%zz'],
  ])('turns userinfo %s into an Authorization header', async (userinfo, credentials) => {
    const server = await okServer();
    await deliver(startDispatcher(), `http://${userinfo}127.0.0.1:${server.port}/`);
    const header = /^Authorization: Basic (.*)$/m.exec(onlyRequest(server.requests).head)?.[1] ?? '';
    expect(Buffer.from(header, 'base64').toString()).toBe(credentials);
    expect(onlyRequest(server.requests).head).toContain(`host: 127.0.0.1:${server.port}\r\n`);
  });

  test("carries the job's headers as they are written, beside its own", async () => {
    const server = await okServer();
    const headers = { 'X-TENANT': 'a  b', cookie: 'a=1; b="2"', empty: '' };
    await deliver(startDispatcher(), server.origin, { headers });
    const { head } = onlyRequest(server.requests);
    expect(head).toContain('\r\nX-TENANT: a  b\r\n');
    expect(head).toContain('\r\ncookie: a=1; b="2"\r\n');
    expect(head).toContain('\r\nempty: \r\n');
    expect(head).toContain('\r\nX-Mininq-Attempt: 1\r\n');
    expect(head).toContain('\r\nAccept: */*\r\n');
  });

  test("has the job's Accept and Authorization in place of its own", async () => {
    const server = await okServer();
    const headers = { accept: 'text/plain', AUTHORIZATION: 'Bearer t' };
    await deliver(startDispatcher(), `http://user:secret@127.0.0.1:${server.port}/`, { headers });
    const lines = onlyRequest(server.requests).head.split('\r\n');
    expect(lines.filter((line) => /^(?:accept|authorization):/i.test(line))).toEqual([
      'accept: text/plain',
      'AUTHORIZATION: Bearer t',
    ]);
  });

  test('leaves out the fragment, and asks for / where the URL has no path', async () => {
    const server = await okServer();
    await deliver(startDispatcher(), `${server.origin}#section`);
    expect(onlyRequest(server.requests).head).toMatch(/^POST \/ HTTP\/1.1\r\n/);
    expect(onlyRequest(server.requests).head).not.toContain('section');
  });

  test('reaches a name beyond ASCII by its ASCII form', async () => {
    const server = await okServer();
    await deliver(
      startDispatcher({ resolver: resolvesTo('127.0.0.1') }),
      `http://bücher.example:${server.port}/ä?q=ö`,
    );
    const { head } = onlyRequest(server.requests);
    expect(head).toContain(`host: xn--bcher-kva.example:${server.port}`);
    expect(head).toMatch(/^POST \/%C3%A4\?q=%C3%B6 HTTP/);
  });

  test('reaches an IPv6 address', async () => {
    const server = await okServer('::1');
    expect(await deliver(startDispatcher(), `http://[::1]:${server.port}/`)).toMatchObject({
      kind: 'succeeded',
    });
    expect(onlyRequest(server.requests).head).toContain(`host: [::1]:${server.port}`);
  });

  test('ignores the proxies of the environment', async () => {
    const proxy = await okServer();
    const server = await okServer();
    for (const name of ['HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'NODE_USE_ENV_PROXY']) {
      vi.stubEnv(name, name === 'NODE_USE_ENV_PROXY' ? '1' : proxy.origin);
    }
    vi.stubEnv('NO_PROXY', '');
    await deliver(startDispatcher(), server.origin);
    vi.unstubAllEnvs();
    expect(server.requests).toHaveLength(1);
    expect(proxy.accepted()).toBe(0);
  });
});

describe('a URL that cannot be called', () => {
  test.each(['http://', 'not a url', 'http://[::1', 'ftp://example.com/', 'http://u:hunter2@host:99999/'])(
    '%s is a permanent failure that does not show it',
    async (url) => {
      const outcome = await deliver(startDispatcher(), url);
      expect(outcome).toMatchObject({ kind: 'failed', permanent: true, statusCode: null });
      expect(errorOf(outcome)).toBe('url: callback_url is no valid http or https URL');
    },
  );
});
