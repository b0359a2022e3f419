import { createServer } from 'node:http';
import type { Socket } from 'node:net';
import { TLSSocket } from 'node:tls';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { FAILURE_KINDS } from '../../../src/infrastructure/dispatch/failure.js';
import { startBlackHole } from '../../support/black-hole.js';
import { egress } from '../../support/egress.js';
import { answer, startHostileServer, unusedPort } from '../../support/hostile-server.js';
import { deliver, errorOf, startDispatcher } from '../../support/http-dispatching.js';
import { failsToResolve, neverResolves, resolvesTo } from '../../support/resolvers.js';
import { TLS_FIXTURE, trusting } from '../../support/tls-fixture.js';

const SHORT_MS = 200;
const HEAD = 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n';

/** What a delivery to a server that does this to its connection ends in. */
async function deliveredTo(onRequest: (socket: Socket) => void, timeoutMs?: number) {
  const server = await startHostileServer(onRequest);
  const change = timeoutMs === undefined ? {} : { timeoutMs };
  const outcome = await deliver(startDispatcher(), server.origin, change);
  expect(outcome).toMatchObject({ kind: 'failed', permanent: false, retryAfterMs: null });
  const [kind] = errorOf(outcome).split(':');
  expect(FAILURE_KINDS).toContain(kind);
  expect(server.requests).toHaveLength(1);
  return { server, outcome, host: `127.0.0.1:${server.port}`, error: errorOf(outcome) };
}

/** Writes the text again and again, a few bytes at a time, until the socket is gone. */
function trickle(socket: Socket, text: string): void {
  const timer = setInterval(() => socket.write(text), 5);
  socket.on('close', () => clearInterval(timer));
}

describe('the deadline ends', () => {
  test('a wait for an answer that never begins', async () => {
    const { error, outcome, server } = await deliveredTo(() => undefined, SHORT_MS);
    expect(error).toBe('timeout: no complete answer within 200 ms (waiting for the answer)');
    expect(outcome).toMatchObject({ statusCode: null, responseExcerpt: null });
    await vi.waitFor(() => expect(server.open.size).toBe(0));
  });

  test('headers that trickle', async () => {
    const { error } = await deliveredTo((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nX: ');
      trickle(socket, 'a');
    }, SHORT_MS);
    expect(error).toBe('timeout: no complete answer within 200 ms (waiting for the answer)');
  });

  test('a body that trickles', async () => {
    const { error, outcome } = await deliveredTo((socket) => {
      socket.write('HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n');
      trickle(socket, '1\r\nx\r\n');
    }, SHORT_MS);
    expect(error).toBe('timeout: no complete answer within 200 ms (reading the answer)');
    expect(outcome).toMatchObject({ statusCode: 200 });
    expect(outcome.kind === 'failed' && outcome.responseExcerpt).toMatch(/^x+$/);
  });

  test('an endless status line', async () => {
    const { error } = await deliveredTo((socket) => {
      socket.write('HTTP/1.1 200 ');
      trickle(socket, 'OK '.repeat(1000));
    }, SHORT_MS);
    expect(error).toMatch(/^timeout: /);
  });

  test('a connection attempt into a black hole', async () => {
    const port = await startBlackHole();
    const outcome = await deliver(startDispatcher(), `http://127.0.0.1:${port}/`, { timeoutMs: SHORT_MS });
    expect(errorOf(outcome)).toBe('timeout: no complete answer within 200 ms (connecting)');
    await vi.waitFor(() => expect(process.getActiveResourcesInfo()).not.toContain('TCPConnectWrap'));
  });

  test('a TLS handshake that is not answered', async () => {
    const server = await startHostileServer(() => undefined);
    const outcome = await deliver(startDispatcher(), `https://127.0.0.1:${server.port}/`, {
      timeoutMs: SHORT_MS,
    });
    expect(errorOf(outcome)).toBe('timeout: no complete answer within 200 ms (TLS handshake)');
    await vi.waitFor(() => expect(server.open.size).toBe(0));
  });

  test('a lookup that never comes back', async () => {
    const dispatcher = startDispatcher({ resolver: neverResolves });
    const outcome = await deliver(dispatcher, 'http://slow.test/', { timeoutMs: SHORT_MS });
    expect(errorOf(outcome)).toBe('timeout: no complete answer within 200 ms (looking up the host)');
  });

  test('no attempt before the longest deadline there is', async () => {
    const server = await startHostileServer((socket) => socket.write(answer('200 OK', 'done')));
    const outcome = await deliver(startDispatcher(), server.origin, { timeoutMs: 2_147_483_647 });
    expect(outcome).toMatchObject({ kind: 'succeeded' });
  });
});

describe('no connection', () => {
  test('refused', async () => {
    const port = await unusedPort();
    const outcome = await deliver(startDispatcher(), `http://user:hunter2@127.0.0.1:${port}/`);
    expect(outcome).toEqual({
      kind: 'failed',
      permanent: false,
      error: `refused: connection refused by 127.0.0.1:${port}`,
      statusCode: null,
      responseExcerpt: null,
      retryAfterMs: null,
    });
  });

  test('refused at every address of the host', async () => {
    const port = await unusedPort();
    const resolver = resolvesTo('127.0.0.2', '127.0.0.1');
    const outcome = await deliver(startDispatcher({ resolver }), `http://two.test:${port}/`);
    expect(errorOf(outcome)).toBe(`refused: connection refused by two.test:${port}`);
  });

  test.each([
    ['ENOTFOUND', 'dns: host nosuch.invalid not found'],
    ['ETIMEOUT', 'dns: host nosuch.invalid could not be resolved (ETIMEOUT)'],
    ['ESERVFAIL', 'dns: host nosuch.invalid could not be resolved (ESERVFAIL)'],
    ['ECONNREFUSED', 'dns: host nosuch.invalid could not be resolved (ECONNREFUSED)'],
  ])('dns: %s', async (code, error) => {
    const resolver = failsToResolve(code);
    const outcome = await deliver(startDispatcher({ resolver }), 'http://nosuch.invalid/');
    expect(outcome).toMatchObject({ kind: 'failed', permanent: false, error });
  });

  test.each(['EMFILE', 'ENFILE', 'ENOMEM'])('for want of a descriptor: %s', async (code) => {
    const dispatcher = startDispatcher({ resolver: failsToResolve(code) });
    expect(await deliver(dispatcher, 'http://hook.test/')).toEqual({
      kind: 'not_sent',
      reason: `no socket for the request (${code})`,
    });
  });

  test('no route', async () => {
    // A link-local address that names no link.
    const dispatcher = startDispatcher({ egress: egress({ allow: ['fe80::1'] }) });
    const outcome = await deliver(dispatcher, 'http://[fe80::1]/');
    expect(errorOf(outcome)).toMatch(/^network: no exchange with \[fe80::1\]:80 \(E[A-Z]+\)$/);
  });
});

describe('TLS', () => {
  const { cert, expiredCert, key } = TLS_FIXTURE;
  const resolver = resolvesTo('127.0.0.1');
  const secureServer = (certificate = cert) =>
    startHostileServer((socket) => socket.write(answer('200 OK', 'safe')), {
      tls: { cert: certificate, key },
    });

  test('delivers to a certificate that is trusted', async () => {
    const server = await secureServer();
    const dispatcher = startDispatcher({ tls: trusting(cert), resolver });
    for (const host of ['hook.test', 'hook.test.']) {
      const outcome = await deliver(dispatcher, `https://${host}:${server.port}/`);
      expect(outcome).toMatchObject({ kind: 'succeeded', result: 'safe' });
    }
  });

  test('resumes the session where a connection is opened anew', async () => {
    const resumed: boolean[] = [];
    const server = await startHostileServer(
      (socket) => {
        resumed.push(socket instanceof TLSSocket && socket.isSessionReused());
        socket.end(answer('200 OK'));
      },
      { tls: { cert, key } },
    );
    const dispatcher = startDispatcher({ tls: trusting(cert), resolver });
    for (let n = 0; n < 2; n++) await deliver(dispatcher, `https://hook.test:${server.port}/`);
    expect(resumed).toEqual([false, true]);
  });

  test.each([
    ['untrusted', cert, undefined, 'hook.test', 'not trusted (DEPTH_ZERO_SELF_SIGNED_CERT)'],
    ['expired', expiredCert, expiredCert, 'hook.test', 'not trusted (CERT_HAS_EXPIRED)'],
    ['for another name', cert, cert, 'other.test', 'not for other.test'],
    ['for another name than an address', cert, cert, '127.0.0.1', 'not for 127.0.0.1'],
  ])('refuses a certificate that is %s', async (_, certificate, ca, host, reason) => {
    const server = await secureServer(certificate);
    const dispatcher = startDispatcher({ resolver, ...(ca === undefined ? {} : { tls: trusting(ca) }) });
    const outcome = await deliver(dispatcher, `https://${host}:${server.port}/`);
    const [subject = '', code = ''] = reason.split(' (');
    expect(errorOf(outcome)).toContain('tls: certificate ');
    expect(errorOf(outcome)).toContain(subject.replace('not trusted', 'is not trusted'));
    expect(errorOf(outcome)).toContain(code);
    expect(server.requests).toHaveLength(0);
  });

  test('checks certificates even where Node is told not to', async () => {
    vi.spyOn(process, 'emitWarning').mockImplementation(() => undefined);
    vi.stubEnv('NODE_TLS_REJECT_UNAUTHORIZED', '0');
    onTestFinished(() => void vi.unstubAllEnvs());
    const server = await secureServer();
    const outcome = await deliver(startDispatcher({ resolver }), `https://hook.test:${server.port}/`);
    expect(errorOf(outcome)).toMatch(/^tls: certificate of .* is not trusted/);
    expect(server.requests).toHaveLength(0);
  });

  test('a server that speaks plain HTTP', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    onTestFinished(() => void server.close());
    await vi.waitFor(() => expect(server.listening).toBe(true));
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : undefined;
    const outcome = await deliver(startDispatcher(), `https://127.0.0.1:${port ?? 0}/`);
    expect(errorOf(outcome)).toMatch(
      /^tls: handshake with 127\.0\.0\.1:\d+ failed \((ERR_SSL_\w+|EPROTO)\)$/,
    );
  });
});

describe('the connection breaks', () => {
  test.each([
    ['before the answer', '', null],
    ['within the headers', 'HTTP/1.1 200 OK\r\nContent-', null],
    ['within the body', `${HEAD}half`, 200],
  ])('by a reset %s', async (_, written, statusCode) => {
    const { error, outcome } = await deliveredTo((socket) => {
      // Once it is surely on its way: a reset throws away what is not sent yet.
      socket.write(written, () => setTimeout(() => socket.resetAndDestroy(), 20));
    });
    expect(error).toMatch(
      /^reset: connection reset by 127\.0\.0\.1:\d+ (before it|in the middle of its) answer/,
    );
    expect(outcome).toMatchObject({ statusCode, responseExcerpt: statusCode === null ? null : 'half' });
  });

  test.each([
    ['before the answer', '', 'closed the connection before it answered'],
    ['within the headers', 'HTTP/1.1 200 OK\r\nContent-', 'closed the connection before it answered'],
    ['within the body', `${HEAD}half`, 'closed the connection in the middle of its answer'],
    ['within the body of a closing server', HEAD.replace('\r\n', '\r\nConnection: close\r\n'), 'broke off'],
    ['between chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n', 'closed'],
  ])('by a close %s', async (_, written, text) => {
    const { error } = await deliveredTo((socket) => socket.end(written));
    expect(error).toMatch(/^aborted: /);
    expect(error).toContain(text);
  });
});

describe('an answer that is no HTTP/1.1', () => {
  const header = (bytes: number) => `HTTP/1.1 200 OK\r\nX-Big: ${'x'.repeat(bytes)}\r\n`;

  test.each([
    ['rubbish', 'SSH-2.0-OpenSSH_9.6\r\n', 'protocol'],
    ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 'protocol'],
    ['a status that is no number', 'HTTP/1.1 abc\r\n\r\n', 'protocol'],
    ['a bad header', 'HTTP/1.1 200 OK\r\nbad header\r\n\r\n', 'protocol'],
    ['a bad length', 'HTTP/1.1 200 OK\r\nContent-Length: -5\r\n\r\n', 'protocol'],
    ['two lengths', 'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n', 'protocol'],
    [
      'a length and chunks',
      'HTTP/1.1 200 OK\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n',
      'protocol',
    ],
    ['bad chunks', 'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n', 'protocol'],
    ['giant headers', `${header(100_000)}\r\n`, 'protocol'],
    ['headers without end', header(16_000) + header(16_000), 'protocol'],
    [
      'giant trailers',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n0\r\nX: ${'x'.repeat(99_999)}`,
      'protocol',
    ],
    ['a switch of protocols', 'HTTP/1.1 101 Over\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n', 'protocol'],
    ['a switch of protocols to nothing', 'HTTP/1.1 101 Over\r\n\r\n', 'protocol'],
    ['a 100 that nothing asked for', 'HTTP/1.1 100 Continue\r\n\r\n', 'protocol'],
    ['a status line without end', `HTTP/1.1 200 ${'OK '.repeat(1_000_000)}`, 'protocol'],
    ['empty lines without end', '\r\n'.repeat(1_000_000), 'protocol'],
    [
      'a chunk extension without end',
      `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1;${'x'.repeat(3_000_000)}`,
      'protocol',
    ],
    ['interim answers without end', 'HTTP/1.1 103 Early Hints\r\n\r\n'.repeat(10_000), 'protocol'],
  ])('%s is a failed attempt', async (_, written, kind) => {
    const { error, server } = await deliveredTo((socket) => socket.write(written));
    expect(error.split(':')[0]).toBe(kind);
    expect(error).not.toMatch(/undici|UND_ERR|Error|\n/);
    await vi.waitFor(() => expect(server.open.size).toBe(0));
  });
});

test('an error text is one short line, whatever the host', async () => {
  const resolver = failsToResolve('ENOTFOUND');
  const host = Array.from({ length: 60 }, () => 'a'.repeat(30)).join('.');
  const error = errorOf(await deliver(startDispatcher({ resolver }), `http://user:hunter2@${host}/`));
  expect(error).toMatch(/^dns: host a/);
  expect(error.length).toBeLessThan(300);
  expect(error).not.toMatch(/[\r\n]|hunter2/);
});
