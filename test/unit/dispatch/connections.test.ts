import type { Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, test, vi } from 'vitest';
import { answer, startHostileServer } from '../../support/hostile-server.js';
import { startBlackHole } from '../../support/black-hole.js';
import { deliver, errorOf, startDispatcher } from '../../support/http-dispatching.js';

const OK = answer('200 OK', 'done');

/** A server that answers only when it is told to. */
async function startHoldingServer() {
  const held: Socket[] = [];
  const server = await startHostileServer((socket) => held.push(socket));
  const release = (): void => {
    for (const socket of held.splice(0)) socket.write(OK);
  };
  return { ...server, held, release };
}

describe('connections', () => {
  test('are used again', async () => {
    const server = await startHostileServer((socket) => socket.write(OK));
    const dispatcher = startDispatcher();
    for (let n = 0; n < 5; n++) await deliver(dispatcher, `${server.origin}/${n}`);
    expect(server.requests).toHaveLength(5);
    expect(server.accepted()).toBe(1);
  });

  test('are used again after a failed status and after interim answers', async () => {
    const interim = Buffer.from('HTTP/1.1 103 Early Hints\r\n\r\n');
    const server = await startHostileServer((socket) =>
      socket.write(Buffer.concat([interim, answer('500 Oops', 'why')])),
    );
    const dispatcher = startDispatcher();
    for (let n = 0; n < 3; n++) await deliver(dispatcher, server.origin);
    expect(server.accepted()).toBe(1);
  });

  test('are not used again when the server says it closes them', async () => {
    const server = await startHostileServer((socket) =>
      socket.end(answer('200 OK', 'x', ['Connection: close'])),
    );
    const dispatcher = startDispatcher({ connectionsPerOrigin: 1 });
    const outcomes = await Promise.all([1, 2, 3].map(() => deliver(dispatcher, server.origin)));
    expect(outcomes.map((outcome) => outcome.kind)).toEqual(['succeeded', 'succeeded', 'succeeded']);
    expect(server.requests).toHaveLength(3);
    expect(server.accepted()).toBe(3);
  });

  test('stay within the number for an origin, in turn', async () => {
    const server = await startHoldingServer();
    const dispatcher = startDispatcher({ connectionsPerOrigin: 2 });
    const paths = ['/0', '/1', '/2', '/3', '/4'];
    const outcomes = paths.map((path) => deliver(dispatcher, server.origin + path));
    for (let answered = 0; answered < paths.length;) {
      const expected = Math.min(2, paths.length - answered);
      await vi.waitFor(() => expect(server.held).toHaveLength(expected), { interval: 5 });
      answered += expected;
      server.release();
    }
    expect((await Promise.all(outcomes)).every((outcome) => outcome.kind === 'succeeded')).toBe(true);
    expect(server.requests.map((request) => request.head.split(' ')[1])).toEqual(paths);
    expect(server.accepted()).toBe(2);
  });

  test('to one origin do not hold back another', async () => {
    const stuck = await startHoldingServer();
    const healthy = await startHostileServer((socket) => socket.write(OK));
    const dispatcher = startDispatcher({ connectionsPerOrigin: 1 });
    const waiting = [deliver(dispatcher, stuck.origin), deliver(dispatcher, stuck.origin)];
    expect(await deliver(dispatcher, healthy.origin)).toMatchObject({ kind: 'succeeded' });
    await dispatcher.close();
    await Promise.all(waiting);
  });

  test('unused ones stay within their number, over many origins', async () => {
    const server = await startHostileServer((socket) => socket.write(OK), { host: '0.0.0.0' });
    const dispatcher = startDispatcher({ maxIdleConnections: 3 });
    for (let n = 1; n <= 50; n++) {
      expect(await deliver(dispatcher, `http://127.0.0.${n}:${server.port}/`)).toMatchObject({
        kind: 'succeeded',
      });
    }
    await vi.waitFor(() => expect(server.open.size).toBe(3));
    // The last ones used are those that are left.
    await deliver(dispatcher, `http://127.0.0.48:${server.port}/`);
    expect(server.accepted()).toBe(50);
    await deliver(dispatcher, `http://127.0.0.47:${server.port}/`);
    expect(server.accepted()).toBe(51);
  });

  test('are all closed after use where none is to be kept', async () => {
    const server = await startHostileServer((socket) => socket.write(OK));
    const dispatcher = startDispatcher({ maxIdleConnections: 0, connectionsPerOrigin: 2 });
    const outcomes = await Promise.all([1, 2, 3, 4].map(() => deliver(dispatcher, server.origin)));
    expect(outcomes.every((outcome) => outcome.kind === 'succeeded')).toBe(true);
    await vi.waitFor(() => expect(server.open.size).toBe(0));
  });

  test('end with the server', async () => {
    const server = await startHostileServer((socket) => socket.write(OK));
    const dispatcher = startDispatcher();
    await deliver(dispatcher, server.origin);
    for (const socket of server.open) socket.end();
    await vi.waitFor(() => expect(server.open.size).toBe(0));
    expect(await deliver(dispatcher, server.origin)).toMatchObject({ kind: 'succeeded' });
    expect(server.accepted()).toBe(2);
  });
});

describe('a wait for a connection', () => {
  test('counts in the deadline', async () => {
    const server = await startHoldingServer();
    const dispatcher = startDispatcher({ connectionsPerOrigin: 1 });
    const first = deliver(dispatcher, server.origin);
    const second = await deliver(dispatcher, server.origin, { timeoutMs: 200 });
    expect(errorOf(second)).toBe('timeout: no complete answer within 200 ms (waiting for a free connection)');
    server.release();
    expect(await first).toMatchObject({ kind: 'succeeded' });
    // Who gave up waiting is not served later.
    expect(await Promise.race([deliver(dispatcher, server.origin), heldBy(server)])).toBe('held');
    expect(server.requests).toHaveLength(2);
  });

  test('ends when the connection before it times out', async () => {
    let calls = 0;
    const server = await startHostileServer((socket) => {
      calls += 1;
      if (calls > 1) socket.write(OK);
    });
    const dispatcher = startDispatcher({ connectionsPerOrigin: 1 });
    const first = deliver(dispatcher, server.origin, { timeoutMs: 200 });
    const second = deliver(dispatcher, server.origin);
    expect(errorOf(await first)).toMatch(/^timeout: /);
    expect(await second).toMatchObject({ kind: 'succeeded' });
    expect(server.requests).toHaveLength(2);
  });

  test('for a target that cannot be reached ends with each attempt', async () => {
    const port = await startBlackHole();
    const dispatcher = startDispatcher({ connectionsPerOrigin: 1 });
    const outcomes = [1, 2, 3].map(() =>
      deliver(dispatcher, `http://127.0.0.1:${port}/`, { timeoutMs: 200 }),
    );
    for (const outcome of await Promise.all(outcomes)) expect(errorOf(outcome)).toMatch(/^timeout: /);
  });

  async function heldBy(server: { held: readonly Socket[] }): Promise<string> {
    await vi.waitFor(() => expect(server.held).toHaveLength(1), { interval: 5 });
    return 'held';
  }
});

describe('an answer that was cut, broken off or late', () => {
  test.each([
    ['cut', `HTTP/1.1 200 OK\r\nContent-Length: 50000\r\n\r\n${'x'.repeat(40_000)}`],
    ['late', 'HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf'],
    ['rubbish', 'rubbish\r\n\r\n'],
  ])('%s: costs no other delivery anything, and no further connection', async (_, trouble) => {
    const server = await startHostileServer((socket, request) =>
      socket.write(request.head.includes('/trouble') ? trouble : OK),
    );
    const dispatcher = startDispatcher({ connectionsPerOrigin: 1, maxResultBytes: 20_000 });
    for (let round = 1; round <= 3; round++) {
      const troubled = deliver(dispatcher, `${server.origin}/trouble`, { timeoutMs: 100 });
      const healthy = deliver(dispatcher, server.origin);
      await troubled;
      expect(await healthy).toEqual({ kind: 'succeeded', result: 'done', resultTruncated: false });
    }
    expect(server.requests).toHaveLength(6);
    // One for each that had to be given up, and the last one is still good.
    await vi.waitFor(() => expect(server.open.size).toBe(1));
    expect(server.accepted()).toBe(4);
  });

  test('an answer nobody asked for is not taken for the next one', async () => {
    const poison = answer('200 OK', 'poison');
    const server = await startHostileServer((socket) => socket.write(Buffer.concat([OK, poison])));
    const dispatcher = startDispatcher({ connectionsPerOrigin: 1 });
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => deliver(dispatcher, server.origin)));
    for (const outcome of outcomes) expect(outcome).toMatchObject({ result: 'done' });
    expect(server.requests).toHaveLength(5);
  });

  test('an answer nobody asked for that comes later is not taken either', async () => {
    const server = await startHostileServer((socket) => socket.write(OK));
    const dispatcher = startDispatcher();
    await deliver(dispatcher, server.origin);
    for (const socket of server.open) socket.write(answer('200 OK', 'poison'));
    await vi.waitFor(() => expect(server.open.size).toBe(0));
    expect(await deliver(dispatcher, server.origin)).toMatchObject({ result: 'done' });
  });
});

describe('a request is written once at most', () => {
  /** Lets the attempts end as they may, and counts what reached the server. */
  async function race(attempts: number, onRequest: (socket: Socket) => void, pause: () => Promise<unknown>) {
    const server = await startHostileServer(onRequest);
    const dispatcher = startDispatcher({ connectionsPerOrigin: 1 });
    const kinds = new Map<string, number>();
    for (let n = 0; n < attempts; n++) {
      const outcome = await deliver(dispatcher, `${server.origin}/${n}`);
      const kind = outcome.kind === 'failed' ? (outcome.error.split(':')[0] ?? '') : outcome.kind;
      kinds.set(kind, (kinds.get(kind) ?? 0) + 1);
      await pause();
    }
    const paths = server.requests.map((request) => request.head.split(' ')[1] ?? '');
    return { paths, kinds };
  }

  test('a server that closes with its answer, and does not say so, loses few attempts', async () => {
    const { kinds } = await race(
      100,
      (socket) => socket.end(OK),
      () => Promise.resolve(),
    );
    expect(kinds.get('succeeded')).toBeGreaterThan(75);
  });

  test.each([
    ['ends the connection with its answer', (socket: Socket) => socket.end(OK)],
    ['ends it a moment later', (socket: Socket) => socket.write(OK, () => setImmediate(() => socket.end()))],
    ['resets it after its answer', (socket: Socket) => socket.write(OK, () => socket.resetAndDestroy())],
    [
      'resets it a moment later',
      (socket: Socket) => socket.write(OK, () => setImmediate(() => socket.resetAndDestroy())),
    ],
    ['ends it when the next request arrives', endAtSecondRequest((socket) => socket.end())],
    ['resets it when the next request arrives', endAtSecondRequest((socket) => socket.resetAndDestroy())],
  ])('where the server %s', async (_, onRequest) => {
    for (const pause of [() => Promise.resolve(), () => nextTurn()]) {
      const { paths, kinds } = await race(100, onRequest, pause);
      expect(new Set(paths).size).toBe(paths.length);
      expect([...kinds.keys()].filter((kind) => !['succeeded', 'reset', 'aborted'].includes(kind))).toEqual(
        [],
      );
      // A success was seen by the server, and so was each attempt that failed after it was written.
      expect(paths.length).toBeGreaterThanOrEqual(kinds.get('succeeded') ?? 0);
      expect(paths.length).toBeLessThanOrEqual(100);
    }
  });

  test.each([
    ['closed', (socket: Socket) => socket.end()],
    ['reset', (socket: Socket) => socket.resetAndDestroy()],
  ])('a connection that is %s before the write costs no attempt', async (_, end) => {
    const server = await startHostileServer((socket) => socket.write(OK));
    const dispatcher = startDispatcher({ connectionsPerOrigin: 1 });
    const endAll = (): void => {
      for (const socket of server.open) end(socket);
    };
    // In the turn before the dispatch, in its own, and in the one after it.
    const moments = [
      async () => {
        endAll();
        await nextTurn();
        return deliver(dispatcher, server.origin);
      },
      () => {
        endAll();
        return deliver(dispatcher, server.origin);
      },
      () => {
        const outcome = deliver(dispatcher, server.origin);
        setImmediate(endAll);
        return outcome;
      },
    ];
    let expected = 0;
    for (let round = 0; round < 20; round++) {
      for (const moment of moments) {
        await deliver(dispatcher, server.origin);
        await nextTurn();
        expect(await moment()).toMatchObject({ kind: 'succeeded' });
        expected += 2;
      }
    }
    expect(server.requests).toHaveLength(expected);
  });

  function endAtSecondRequest(end: (socket: Socket) => void): (socket: Socket) => void {
    const seen = new WeakSet<Socket>();
    return (socket) => {
      if (seen.has(socket)) end(socket);
      else socket.write(OK);
      seen.add(socket);
    };
  }
});
