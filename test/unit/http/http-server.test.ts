import { createServer, type RequestListener, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { connect, type AddressInfo, type Socket } from 'node:net';
import { describe, expect, onTestFinished, test } from 'vitest';
import { StartupError } from '../../../src/application/errors.js';
import { createHttpServer, startupError, type HttpServer } from '../../../src/interfaces/http/http-server.js';
import { FakeClock } from '../../support/fake-clock.js';
import { ManualScheduler } from '../../support/manual-scheduler.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { SequentialIds } from '../../support/sequential-ids.js';
import { exchange, startApi, until } from './api.js';

/** A server around any app. */
async function startServer(app: RequestListener, host = '127.0.0.1', maxConnections = 1000) {
  const scheduler = new ManualScheduler(new FakeClock());
  const logger = new RecordingLogger();
  const server = createHttpServer({ app, maxConnections, ids: new SequentialIds(), scheduler, logger });
  const listening = await server.listen(host, 0);
  onTestFinished(async () => {
    const closed = server.close();
    server.destroy();
    await closed;
  });
  return { ...listening, server, scheduler, logger };
}

const ok: RequestListener = (_, response) => response.end('ok');
const GET = 'GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n';

function codeError(code: string): Error {
  return Object.assign(new Error(`listen ${code}`), { code });
}

describe('listen', () => {
  test.each([
    ['127.0.0.1', (port: number) => `http://127.0.0.1:${port}`],
    ['localhost', (port: number) => `http://localhost:${port}`],
    ['0.0.0.0', (port: number) => `http://localhost:${port}`],
  ])('on %s takes a free port and says how it is reached', async (host, expected) => {
    const { port, url } = await startServer(ok, host);
    expect(port).toBeGreaterThan(0);
    expect(url).toBe(expected(port));
    expect(await (await fetch(url)).text()).toBe('ok');
  });

  test('rejects for a port that is in use', async () => {
    const other = createServer();
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    onTestFinished(() => {
      other.close();
    });
    const { port } = other.address() as AddressInfo;
    const server = createHttpServer({
      maxConnections: 1000,
      app: ok,
      ids: new SequentialIds(),
      scheduler: new ManualScheduler(new FakeClock()),
      logger: new RecordingLogger(),
    });
    await expect(server.listen('127.0.0.1', port)).rejects.toThrow(
      new StartupError(
        `port ${port} is in use on 127.0.0.1; stop the other process or choose another with --port`,
      ),
    );
    // There is nothing to close, which is no trouble.
    await server.close();
  });

  test('rejects for an address of another machine', async () => {
    await expect(startServer(ok, '192.0.2.1')).rejects.toThrow(
      new StartupError('192.0.2.1 is not an address of this machine; choose another with --host'),
    );
  });

  test.each([
    ['EADDRINUSE', 'port 80 is in use on host.example; stop the other process or choose another with --port'],
    ['EACCES', 'port 80 needs privileges that this process does not have; choose another with --port'],
    ['EADDRNOTAVAIL', 'host.example is not an address of this machine; choose another with --host'],
    ['ENOTFOUND', 'host host.example is not known; choose another with --host'],
    ['EAI_AGAIN', 'host host.example is not known; choose another with --host'],
    ['EAFNOSUPPORT', 'cannot listen on host.example port 80: listen EAFNOSUPPORT'],
  ])('says of %s how to mend it', (code, message) => {
    expect(startupError(codeError(code), 'host.example', 80)).toEqual(new StartupError(message));
  });
});

describe('as many connections as there may be', () => {
  test('are served, further ones are closed, and there is room again when one ends', async () => {
    const { port, logger } = await startServer(ok, '127.0.0.1', 2);
    const first = await connected(port);
    const second = await connected(port);
    for (let n = 0; n < 3; n++) await once((await connected(port)).resume(), 'close');
    for (const socket of [first, second]) {
      socket.write(GET);
      expect(String(await once(socket, 'data'))).toContain('200 OK');
    }
    expect(logger.lines).toEqual([
      {
        level: 'warn',
        message: 'connections are refused: there are as many as there may be',
        fields: { max_connections: 2 },
      },
    ]);

    const ended = once(first, 'close');
    first.end();
    await ended;
    const third = await connected(port);
    third.write(GET);
    expect(String(await once(third, 'data'))).toContain('200 OK');
  });

  async function connected(port: number): Promise<Socket> {
    const socket = connect(port, '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    await once(socket, 'connect');
    return socket;
  }
});

describe('close', () => {
  test('ends idle connections and accepts no more', async () => {
    const { port, server, scheduler } = await startServer(ok);
    let closed: Promise<void> | undefined;
    const received = await exchange(port, GET, () => {
      closed = server.close();
    });
    expect(received).toContain('Connection: keep-alive');
    await closed;
    expect(scheduler.pending).toBe(0);
    await expect(fetch(`http://127.0.0.1:${port}`)).rejects.toThrow();
  });

  test('lets an answer be completed, and says that the connection closes with it', async () => {
    let answer: (() => void) | undefined;
    const { port, server } = await startServer((_, response) => {
      answer = () => response.end('late');
    });
    const exchanged = exchange(port, GET);
    await until(() => answer !== undefined);
    const closed = server.close();
    answer?.();
    const received = await exchanged;
    await closed;
    expect(received).toContain('Connection: close');
    expect(received).toMatch(/late$/);
  });

  test('answers a request that has begun to arrive, and closes the connection then', async () => {
    const { port, server } = await startServer(ok);
    let closed: Promise<void> | undefined;
    // The answer to the first request shows that the beginning of the second one has been seen.
    const received = await exchange(port, `${GET}GET / HTTP/1.1\r\nHost:`, (_, socket) => {
      if (closed) return;
      closed = server.close();
      socket.write(' localhost\r\n\r\n');
    });
    await closed;
    expect(received.match(/HTTP\/1\.1 200|Connection: \S+/g)).toEqual([
      'HTTP/1.1 200',
      'Connection: keep-alive',
      'HTTP/1.1 200',
      'Connection: close',
    ]);
  });

  test.each([
    ['after five seconds', (_: HttpServer, scheduler: ManualScheduler) => scheduler.advance(5000)],
    ['when asked to', (server: HttpServer) => server.destroy()],
  ])('cuts what is not done %s', async (_, cut) => {
    let asked = false;
    const { port, server, scheduler } = await startServer(() => {
      asked = true;
    });
    const exchanged = exchange(port, GET);
    await until(() => asked);
    const closed = server.close();
    expect(scheduler.nextDelayMs).toBe(5000);
    cut(server, scheduler);
    await closed;
    expect(await exchanged).toBe('');
    expect(scheduler.pending).toBe(0);
  });

  test('may be asked for twice', async () => {
    const { server } = await startServer(ok);
    const closed = server.close();
    expect(server.close()).toBe(closed);
    await closed;
  });
});

describe('what is not HTTP', () => {
  const NOT_HTTP = {
    error: 'The request is not well-formed HTTP/1.1',
    status: 400,
    code: 'validation_failed',
  };

  function bodyOf(received: string): unknown {
    return JSON.parse(received.slice(received.indexOf('{')));
  }

  test.each([
    ['garbage', 'garbage\r\n\r\n'],
    ['another protocol', '\u0016\u0003\u0001\u0002\u0000'],
    ['a header without a colon', 'GET / HTTP/1.1\r\nHost localhost\r\n\r\n'],
    [
      'two lengths',
      'POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n',
    ],
    [
      'two framings',
      'POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
    ],
    ['a length that is no number', 'POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Length: x\r\n\r\n'],
    ['an unknown version', 'GET / HTTP/9.9\r\nHost: localhost\r\n\r\n'],
  ])('is refused and the connection closed: %s', async (_, bytes) => {
    const api = await startApi();
    const received = await exchange(api.port, bytes);
    expect(received).toMatch(/^HTTP\/1\.1 400 Bad Request\r\n/);
    expect(received).toContain('Connection: close\r\n');
    const id = /X-Request-Id: (.*)\r\n/.exec(received)?.[1];
    expect(bodyOf(received)).toEqual({ ...NOT_HTTP, request_id: id });
    expect((await api.get('/health')).status).toBe(200);
    expect(api.logger.lines).toEqual([]);
  });

  test('in the middle of a body ends the request', async () => {
    const api = await startApi();
    const received = await exchange(
      api.port,
      'POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n{"a":\r\nnonsense\r\n',
    );
    expect(received).toMatch(/^HTTP\/1\.1 400 /);
    expect(bodyOf(received)).toMatchObject(NOT_HTTP);
    expect(api.data.jobs.size).toBe(0);
    expect(api.logger.lines).toEqual([]);
  });

  test('headers that are too large are called so', async () => {
    const api = await startApi();
    const received = await exchange(
      api.port,
      `GET / HTTP/1.1\r\nHost: localhost\r\nX: ${'x'.repeat(20_000)}\r\n\r\n`,
    );
    expect(received).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
    expect(bodyOf(received)).toMatchObject({
      error: 'The headers are larger than 16384 bytes',
      code: 'headers_too_large',
    });
  });

  test.each([101, 150, 3000])('%i headers are too many, and the connection is closed', async (count) => {
    let asked = 0;
    const { port } = await startServer((_, response) => {
      asked += 1;
      response.end('ok');
    });
    const received = await exchange(port, `${GET}${getWith(count)}`);
    expect(asked).toBe(1);
    const refusal = received.slice(received.indexOf('HTTP/1.1 431'));
    expect(refusal).toMatch(/^HTTP\/1\.1 431 Request Header Fields Too Large\r\n/);
    expect(refusal).toContain('Connection: close\r\n');
    expect(bodyOf(refusal)).toMatchObject({
      error: 'There are more than 100 headers',
      status: 431,
      code: 'headers_too_large',
    });
  });

  test('100 headers are not too many, and none is lost', async () => {
    let names: string[] = [];
    const { port } = await startServer((request, response) => {
      names = Object.keys(request.headers);
      response.setHeader('Connection', 'close').end('ok');
    });
    expect(await exchange(port, getWith(100))).toMatch(/^HTTP\/1\.1 200 /);
    expect(names).toHaveLength(100);
  });

  function getWith(headers: number): string {
    const others = Array.from({ length: headers - 1 }, (_, n) => `a${n}:\r\n`);
    return `GET / HTTP/1.1\r\nHost: localhost\r\n${others.join('')}\r\n`;
  }

  test('after a request leaves that one its answer', async () => {
    const answers: (() => void)[] = [];
    const { port } = await startServer((_, response) => {
      answers.push(() => response.end('answer'));
    });
    const exchanged = exchange(port, `${GET}garbage\r\n\r\n`);
    await until(() => answers.length === 1);
    answers[0]?.();
    const received = await exchanged;
    expect(received).toMatch(/^HTTP\/1\.1 200 OK\r\n/);
    expect(received).toContain('Connection: close');
    expect(received).toMatch(/answer$/);
    expect(received.match(/HTTP\/1\.1/g)).toHaveLength(1);
  });

  test('after half of an answer cannot be told', async () => {
    let write: (() => void) | undefined;
    const { port } = await startServer((request, response) => {
      request.resume();
      response.write('half');
      write = () => response.end();
    });
    const head = 'POST / HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n';
    const received = await exchange(port, head, (soFar, socket) => {
      if (soFar.endsWith('half\r\n')) socket.write('nonsense\r\n');
    });
    expect(received).toMatch(/half\r\n$/);
    write?.();
  });

  test('a client that resets the connection is no trouble', async () => {
    const api = await startApi();
    await new Promise<void>((resolve) => {
      const socket = connect(api.port, '127.0.0.1', () => {
        socket.write('GET / HTTP/1.1\r\nHo');
        socket.resetAndDestroy();
      });
      socket.on('close', () => resolve());
    });
    expect((await api.get('/health')).status).toBe(200);
    expect(api.logger.lines).toEqual([]);
  });
});

describe('a request that does not come to an end', () => {
  test('is cut when the server closes, and nobody is told of an error', async () => {
    const api = await startApi();
    const head =
      'POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: 1000\r\nExpect: 100-continue\r\n\r\n';
    let closed: Promise<void> | undefined;
    // That the body is being read shows in the "100 Continue".
    const received = await exchange(api.port, head, (_, socket) => {
      socket.write('{');
      closed ??= api.server.close();
      api.scheduler.advance(5000);
    });
    await closed;
    expect(received).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    expect(api.logger.lines).toEqual([]);
    expect(api.data.jobs.size).toBe(0);
  });
});

describe('a client that does not take its answer', () => {
  const LARGE = Buffer.alloc(64 * 1024 * 1024, 'x');
  const MINUTE_MS = 60_000;
  const LOOK_MS = 5000;

  /** Asks, and reads nothing of the answer until it is told to. */
  async function askWithoutReading(app: (response: ServerResponse) => void) {
    let answer: ServerResponse | undefined;
    const started = await startServer((_, response) => {
      answer = response;
      app(response);
    });
    const client = connect(started.port, '127.0.0.1', () => client.write(GET));
    client.on('error', () => client.destroy());
    onTestFinished(() => void client.destroy());
    await until(() => answer !== undefined);
    if (!answer) throw new Error('nothing was asked');
    return { ...started, client, answer };
  }

  test('is cut off after a minute', async () => {
    const { scheduler, answer } = await askWithoutReading((response) => response.end(LARGE));
    const { socket } = answer;
    scheduler.advance(MINUTE_MS);
    expect(socket?.destroyed).toBe(false);
    scheduler.advance(LOOK_MS);
    expect(socket?.destroyed).toBe(true);
    expect(answer.writableFinished).toBe(false);
  });

  test('may begin to take it, and has it all then', async () => {
    const { scheduler, client } = await askWithoutReading((response) => response.end(LARGE));
    scheduler.advance(MINUTE_MS);
    let received = 0;
    client.on('data', (chunk) => (received += chunk.length));
    await until(() => received > LARGE.length);
    scheduler.advance(MINUTE_MS);
    client.write(GET);
    await until(() => received > 2 * LARGE.length);
  });

  test('is cut off in the middle of a stream, where one that keeps up is not', async () => {
    const { scheduler, client, answer } = await askWithoutReading((response) => response.write('event\n'));
    client.on('data', () => undefined);
    await until(() => answer.writableLength === 0);
    const { socket } = answer;
    scheduler.advance(10 * MINUTE_MS);
    expect(socket?.destroyed).toBe(false);
    client.pause();
    answer.write(LARGE);
    scheduler.advance(MINUTE_MS + LOOK_MS);
    expect(socket?.destroyed).toBe(true);
  });

  test('is not one whose answer takes long to be made, nor one who has asked for more meanwhile', async () => {
    const answers: ServerResponse[] = [];
    const { port, scheduler } = await startServer((_, response) => {
      answers.push(response);
      if (answers.length === 2) response.end(LARGE);
    });
    const client = connect(port, '127.0.0.1', () => client.write(`${GET}${GET}`));
    onTestFinished(() => void client.destroy());
    let received = 0;
    client.on('data', (chunk) => (received += chunk.length));
    await until(() => answers.length === 2);
    scheduler.advance(10 * MINUTE_MS);
    answers[0]?.end('late');
    await until(() => received > LARGE.length);
  });
});

test('a connection ends with its 10,000th request, and the next one is not carried out', async () => {
  let asked = 0;
  const { port } = await startServer((_, response) => {
    asked += 1;
    response.end();
  });
  const received = await exchange(port, GET.repeat(10_001));
  expect(asked).toBe(10_000);
  expect(received.match(/HTTP\/1\.1 200 OK/g)).toHaveLength(10_000);
  expect(received.match(/HTTP\/1\.1/g)).toHaveLength(10_000);
  expect(received.match(/Connection: close/g)).toHaveLength(1);
});

test('pipelined requests are answered in order', async () => {
  const api = await startApi();
  const body = '{"callback_url":"http://example.com"}';
  const post = `POST /jobs HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const last = 'GET /nope HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n';
  const received = await exchange(api.port, `${GET}${post}${post}${last}`);
  expect(received.match(/HTTP\/1\.1 \d+/g)).toEqual(
    [200, 201, 201, 404].map((status) => `HTTP/1.1 ${status}`),
  );
  expect(api.data.jobs.size).toBe(2);
});
