import { spawn } from 'node:child_process';
import { getEventListeners, once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { startBlackHole } from '../../support/black-hole.js';
import { answer, startHostileServer } from '../../support/hostile-server.js';
import { attemptAt, deliver, startDispatcher } from '../../support/http-dispatching.js';
import { neverResolves, resolvesTo } from '../../support/resolvers.js';

const INTERRUPTED = { kind: 'interrupted' };
const silent = () => startHostileServer(() => undefined);

describe('a signal', () => {
  test('that was aborted before lets no request out', async () => {
    const server = await silent();
    const outcome = await startDispatcher().dispatch(attemptAt(server.origin), AbortSignal.abort());
    expect(outcome).toEqual(INTERRUPTED);
    expect(server.accepted()).toBe(0);
  });

  test('ends a request that waits for its answer, and its connection', async () => {
    const server = await silent();
    const controller = new AbortController();
    const outcome = startDispatcher().dispatch(attemptAt(server.origin), controller.signal);
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    controller.abort();
    expect(await outcome).toEqual(INTERRUPTED);
    await vi.waitFor(() => expect(server.open.size).toBe(0));
    expect(server.accepted()).toBe(1);
  });

  test('ends a request in the middle of its answer', async () => {
    const server = await startHostileServer((socket) => {
      socket.write('HTTP/1.1 500 Oops\r\nContent-Length: 10\r\n\r\nhalf');
    });
    const controller = new AbortController();
    const dispatcher = startDispatcher();
    const outcome = dispatcher.dispatch(attemptAt(server.origin), controller.signal);
    await vi.waitFor(() => expect(server.requests).toHaveLength(1));
    controller.abort();
    expect(await outcome).toEqual(INTERRUPTED);
  });

  test('ends an attempt to connect, and a lookup', async () => {
    const dispatcher = startDispatcher({ resolver: neverResolves });
    const controller = new AbortController();
    const port = await startBlackHole();
    const outcomes = [`http://127.0.0.1:${port}/`, 'http://slow.test/'].map((url) =>
      dispatcher.dispatch(attemptAt(url), controller.signal),
    );
    controller.abort();
    expect(await Promise.all(outcomes)).toEqual([INTERRUPTED, INTERRUPTED]);
  });

  test('leaves alone what runs under another', async () => {
    const server = await startHostileServer((socket, request) => {
      if (request.head.includes('/answered')) socket.write(answer('200 OK'));
    });
    const dispatcher = startDispatcher();
    const controller = new AbortController();
    const silentOne = dispatcher.dispatch(attemptAt(server.origin), controller.signal);
    const answered = deliver(dispatcher, `${server.origin}/answered`);
    controller.abort();
    expect(await silentOne).toEqual(INTERRUPTED);
    expect(await answered).toMatchObject({ kind: 'succeeded' });
  });

  test('that comes after the outcome changes nothing', async () => {
    const server = await startHostileServer((socket) => socket.write(answer('200 OK', 'done')));
    const controller = new AbortController();
    const dispatcher = startDispatcher();
    expect(await dispatcher.dispatch(attemptAt(server.origin), controller.signal)).toMatchObject({
      result: 'done',
    });
    controller.abort();
    await deliver(dispatcher, server.origin);
    expect(server.accepted()).toBe(1);
  });

  test('carries one listener for thousands of attempts, and none after them', async () => {
    const warnings: Error[] = [];
    const onWarning = (warning: Error): void => void warnings.push(warning);
    process.on('warning', onWarning);
    onTestFinished(() => void process.off('warning', onWarning));
    const server = await silent();
    const controller = new AbortController();
    const { signal } = controller;
    const resolver = resolvesTo('127.0.0.1');
    const resolve = vi.spyOn(resolver, 'resolve');
    const dispatcher = startDispatcher({ connectionsPerOrigin: 5, resolver });
    const outcomes = Array.from({ length: 10_000 }, () =>
      dispatcher.dispatch(attemptAt(`http://busy.test:${server.port}/`), signal),
    );
    expect(getEventListeners(signal, 'abort')).toHaveLength(1);
    await vi.waitFor(() => expect(server.requests).toHaveLength(5));
    controller.abort();
    for (const outcome of await Promise.all(outcomes)) expect(outcome).toEqual(INTERRUPTED);
    expect(getEventListeners(signal, 'abort')).toHaveLength(0);
    expect(warnings).toEqual([]);
    // Those that waited got no connection when those before them ended.
    expect(resolve).toHaveBeenCalledTimes(5);
  });
});

describe('closing', () => {
  test('ends everything at once, and lets nothing out afterwards', async () => {
    const server = await startHostileServer((socket, request) => {
      if (request.head.includes('/answered')) socket.write(answer('200 OK'));
    });
    const dispatcher = startDispatcher({ resolver: neverResolves, connectionsPerOrigin: 2 });
    await deliver(dispatcher, `${server.origin}/answered`);
    const urls = [server.origin, server.origin, server.origin, 'http://slow.test/', 'https://slow.test/'];
    const running = urls.map((url) => deliver(dispatcher, url));
    await vi.waitFor(() => expect(server.requests).toHaveLength(3));
    await Promise.all([dispatcher.close(), dispatcher.close()]);
    expect(await Promise.all(running)).toEqual(urls.map(() => INTERRUPTED));
    await vi.waitFor(() => expect(server.open.size).toBe(0));
    expect(await deliver(dispatcher, server.origin)).toEqual(INTERRUPTED);
    expect(server.accepted()).toBe(2);
    await dispatcher.close();
  });

  test('needs not be awaited for the process to end', async () => {
    // Promises a connection that stays: were it to keep the process, that would outlast this test.
    const server = await startHostileServer((socket) =>
      socket.write(answer('200 OK', '', ['Keep-Alive: timeout=600'])),
    );
    const script = fileURLToPath(new URL('../../support/deliver-once.ts', import.meta.url));
    const child = spawn(process.execPath, ['--import', 'tsx', script, `${server.origin}/`]);
    onTestFinished(() => void child.kill());
    let output = '';
    child.stdout.on('data', (piece: Buffer) => (output += piece.toString()));
    child.stderr.on('data', (piece: Buffer) => (output += piece.toString()));
    await once(child, 'close');
    expect([output, child.exitCode]).toEqual(['succeeded', 0]);
  });
});
