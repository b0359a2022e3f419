import { describe, expect, test, vi } from 'vitest';
import { proxyAt } from '../../../src/infrastructure/dispatch/proxy.js';
import { egress } from '../../support/egress.js';
import { startForwardProxy } from '../../support/forward-proxy.js';
import { answer, startHostileServer, unusedPort } from '../../support/hostile-server.js';
import { deliver, errorOf, startDispatcher } from '../../support/http-dispatching.js';
import { failsToResolve, resolvesTo } from '../../support/resolvers.js';
import { TLS_FIXTURE, trusting } from '../../support/tls-fixture.js';

const { cert, key } = TLS_FIXTURE;
const BIG = 'x'.repeat(300_000);

function startTarget(secure: boolean, body = BIG) {
  return startHostileServer(
    (socket) => socket.write(answer('200 OK', body)),
    secure ? { tls: { cert, key } } : {},
  );
}

/** A dispatcher to which names are of no use: the proxy looks them up. */
function through(proxy: string, options: Parameters<typeof startDispatcher>[0] = {}) {
  return startDispatcher({
    proxy: proxyAt(proxy),
    tls: trusting(cert),
    resolver: resolvesTo('127.0.0.1'),
    maxResultBytes: 400_000,
    ...options,
  });
}

describe('deliveries go through the proxy', () => {
  test.each([
    ['http', 'http'],
    ['http', 'https'],
    ['https', 'http'],
    ['https', 'https'],
  ])('of %s to a target of %s, over one connection', async (outer, inner) => {
    const proxy = await startForwardProxy(outer === 'https' ? { tls: { cert, key } } : {});
    const target = await startTarget(inner === 'https');
    const dispatcher = through(proxy.url);
    const url = `${inner}://hook.test:${target.port}/path?q=1`;
    for (let n = 0; n < 3; n++) {
      expect(await deliver(dispatcher, url, { payload: '{"a":1}' })).toEqual({
        kind: 'succeeded',
        result: BIG,
        resultTruncated: false,
      });
    }
    expect(proxy.asked).toEqual([`hook.test:${target.port}`]);
    expect(proxy.credentials).toEqual([undefined]);
    expect(target.accepted()).toBe(1);
    expect(target.requests).toHaveLength(3);
    const [request] = target.requests;
    expect(request?.head).toMatch(/^POST \/path\?q=1 HTTP\/1\.1\r\n/);
    expect(request?.head).toContain(`host: hook.test:${target.port}`);
    expect(request?.head).not.toMatch(/proxy/i);
    expect(request?.body.toString()).toBe('{"a":1}');
  });

  test('with its credentials, which the target does not get', async () => {
    const proxy = await startForwardProxy();
    const target = await startTarget(false, 'ok');
    const dispatcher = through(proxy.url.replace('://', '://us%40er:p%3Ass@'));
    await deliver(dispatcher, `http://own:secret@hook.test:${target.port}/`);
    expect(proxy.credentials).toEqual([`Basic ${Buffer.from('us@er:p:ss').toString('base64')}`]);
    const head = target.requests[0]?.head ?? '';
    expect(head).toContain(`Authorization: Basic ${Buffer.from('own:secret').toString('base64')}`);
    expect(head).not.toMatch(/proxy-/i);
  });

  test('and names are not looked up: that is for the proxy', async () => {
    const proxy = await startForwardProxy();
    const target = await startTarget(false, 'ok');
    // Of the proxy itself, an address is given.
    const dispatcher = through(proxy.url.replace('localhost', '127.0.0.1'), {
      resolver: failsToResolve('ENOTFOUND'),
    });
    expect(await deliver(dispatcher, `http://only.the.proxy.knows:${target.port}/`)).toMatchObject({
      kind: 'succeeded',
    });
  });

  test('and the certificate is still checked against the target', async () => {
    const proxy = await startForwardProxy();
    const target = await startTarget(true);
    const dispatcher = through(proxy.url);
    expect(errorOf(await deliver(dispatcher, `https://other.test:${target.port}/`))).toMatch(
      /^tls: certificate is not for other\.test:/,
    );
    expect(target.requests).toEqual([]);
  });

  test('and IPv6 keeps its brackets', async () => {
    const proxy = await startForwardProxy();
    const target = await startTarget(false, 'ok');
    await deliver(through(proxy.url), `http://[fd00::1]:${target.port}/`);
    expect(proxy.asked).toEqual([`[fd00::1]:${target.port}`]);
  });
});

describe('the settings still count, as far as they can tell', () => {
  test.each([
    ['http://169.254.169.254/', /^blocked: 169\.254\.169\.254:80: metadata addresses/],
    ['http://[::ffff:10.0.0.1]/', /^blocked: \[::ffff:a00:1\]:80: egress\.private = false refuses private/],
    ['http://localhost:3000/', /^blocked: localhost:3000: egress\.private = false refuses loopback/],
    ['http://hook.test:25/', /^blocked: hook\.test:25: egress\.deny_ports/],
    ['http://bad.test/', /^blocked: bad\.test:80: egress\.deny/],
  ])('%s is blocked, and the proxy not asked', async (url, error) => {
    const proxy = await startForwardProxy();
    const policy = egress({ private: false, deny: ['bad.test'] });
    const outcome = await deliver(through(proxy.url, { egress: policy }), url);
    expect(outcome).toMatchObject({ kind: 'failed', permanent: true });
    expect(errorOf(outcome)).toMatch(error);
    expect(proxy.sockets.size).toBe(0);
  });

  test('the proxy itself may be private', async () => {
    const proxy = await startForwardProxy();
    const target = await startTarget(false, 'ok');
    const dispatcher = through(proxy.url, { egress: egress({ private: false, deny: ['127.0.0.1'] }) });
    expect(await deliver(dispatcher, `http://hook.test:${target.port}/`)).toMatchObject({
      kind: 'succeeded',
    });
  });
});

describe('what goes wrong at the proxy is told apart from what goes wrong at the target', () => {
  test.each(['http', 'https'])('out of reach, over %s: no attempt was made', async (scheme) => {
    const port = await unusedPort();
    const target = await startTarget(false);
    expect(await deliver(through(`${scheme}://localhost:${port}`), target.origin)).toEqual({
      kind: 'not_sent',
      reason: `proxy: refused: connection refused by localhost:${port}`,
    });
    expect(target.accepted()).toBe(0);
  });

  test('its name is not found: no attempt was made', async () => {
    const dispatcher = through('http://user:hunter2@proxy.test:3128', {
      resolver: failsToResolve('ENOTFOUND'),
    });
    expect(await deliver(dispatcher, 'http://hook.test/')).toEqual({
      kind: 'not_sent',
      reason: 'proxy: dns: host proxy.test not found',
    });
  });

  test('its certificate is not trusted: no attempt was made', async () => {
    const proxy = await startForwardProxy({ tls: { cert, key } });
    const dispatcher = startDispatcher({ proxy: proxyAt(proxy.url) });
    const outcome = await deliver(dispatcher, 'http://hook.test/');
    expect(outcome).toMatchObject({ kind: 'not_sent' });
    expect(outcome.kind === 'not_sent' && outcome.reason).toMatch(
      /^proxy: tls: certificate of localhost:\d+ is not trusted/,
    );
    expect(proxy.asked).toEqual([]);
  });

  test.each([
    [
      '407 Proxy Authentication Required',
      ' with HTTP 407: does egress.proxy have the right user and password?',
    ],
    ['403 Forbidden', ' with HTTP 403'],
    ['502 Bad Gateway', ' with HTTP 502'],
    ['302 Found', ' with HTTP 302'],
  ])('it answers %s: the attempt failed, and the target is not asked otherwise', async (status, end) => {
    const target = await startTarget(false);
    const proxy = await startForwardProxy({
      answer: (socket) => socket.end(answer(status, 'why', [`Location: ${target.origin}`])),
    });
    for (const scheme of ['http', 'https']) {
      const outcome = await deliver(through(proxy.url), `${scheme}://hook.test:${target.port}/`);
      expect(outcome).toEqual({
        kind: 'failed',
        permanent: false,
        error: `proxy: localhost:${proxy.port} answered CONNECT hook.test:${target.port}${end}`,
        statusCode: null,
        responseExcerpt: null,
        retryAfterMs: null,
      });
    }
    expect(target.accepted()).toBe(0);
    await vi.waitFor(() => expect(proxy.sockets.size).toBe(0));
  });

  test.each([
    ['closes', '', /^proxy: localhost:\d+ did not answer CONNECT hook\.test:80$/],
    [
      'answers with rubbish',
      'rubbish\r\n\r\n',
      /^proxy: localhost:\d+ did not answer CONNECT hook\.test:80$/,
    ],
    [
      'puts in an answer of its own',
      'HTTP/1.1 200 OK\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n',
      /^proxy: localhost:\d+ sent more than its answer to CONNECT hook\.test:80$/,
    ],
  ])('it %s', async (_, text, error) => {
    const proxy = await startForwardProxy({ answer: (socket) => socket.end(text) });
    const outcome = await deliver(through(proxy.url), 'http://hook.test/');
    expect(outcome).toMatchObject({ kind: 'failed', permanent: false, statusCode: null });
    expect(errorOf(outcome)).toMatch(error);
  });

  test('it never answers: the deadline says who was waited for', async () => {
    const proxy = await startForwardProxy({ answer: () => undefined });
    const outcome = await deliver(through(proxy.url), 'http://hook.test/', { timeoutMs: 200 });
    expect(errorOf(outcome)).toBe('timeout: no complete answer within 200 ms (waiting for the proxy)');
    await vi.waitFor(() => expect(proxy.sockets.size).toBe(0));
  });

  test('the target behind it ends the handshake', async () => {
    const proxy = await startForwardProxy({
      answer: (socket) => socket.end('HTTP/1.1 200 OK\r\n\r\n'),
    });
    const outcome = await deliver(through(proxy.url), 'https://hook.test/');
    expect(outcome).toMatchObject({ kind: 'failed', permanent: false });
    expect(errorOf(outcome)).toBe('reset: connection reset by hook.test:443 during the TLS handshake');
  });

  test("an answer of 502 that came through the tunnel is the target's", async () => {
    const proxy = await startForwardProxy();
    const target = await startHostileServer((socket) => socket.write(answer('502 Bad Gateway', 'why')));
    expect(await deliver(through(proxy.url), `http://hook.test:${target.port}/`)).toMatchObject({
      kind: 'failed',
      error: 'HTTP 502',
      statusCode: 502,
    });
  });
});

test('a close ends what waits for the proxy', async () => {
  const proxy = await startForwardProxy({ answer: () => undefined });
  const dispatcher = through(proxy.url);
  const outcome = deliver(dispatcher, 'http://hook.test/');
  await vi.waitFor(() => expect(proxy.asked).toHaveLength(1));
  await dispatcher.close();
  expect(await outcome).toEqual({ kind: 'interrupted' });
  await vi.waitFor(() => expect(proxy.sockets.size).toBe(0));
});
