import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { Worker } from 'node:worker_threads';
import { onTestFinished } from 'vitest';

/** Listens, and never accepts: once its backlog is full, the system ignores who else wants to connect. */
const LISTENER = `
  const { parentPort } = require('node:worker_threads');
  const server = require('node:net').createServer().listen({ port: 0, host: '127.0.0.1', backlog: 1 }, () => {
    parentPort.postMessage(server.address().port);
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0);
  });
`;

/** Linux takes one connection more than the backlog. */
const BACKLOG = 2;

/** @returns a port of 127.0.0.1 that answers no attempt to connect, until the test ends */
export async function startBlackHole(): Promise<number> {
  const worker = new Worker(LISTENER, { eval: true });
  const fillers: Socket[] = [];
  onTestFinished(async () => {
    for (const filler of fillers) filler.destroy();
    await worker.terminate();
  });
  const port = await new Promise<unknown>((resolve) => worker.once('message', resolve));
  if (typeof port !== 'number') throw new Error('the listener named no port');
  for (let filled = 0; filled < BACKLOG; filled++) {
    const filler = connect(port, '127.0.0.1').on('error', () => undefined);
    fillers.push(filler);
    await once(filler, 'connect');
  }
  return port;
}
