import { expect, test } from 'vitest';
import { Cluster } from '../../support/cluster.js';
import { UNAVAILABLE } from '../../support/memory-stores.js';

/** As GET /workers tells it. */
async function standing(cluster: Cluster) {
  return (await cluster.workers()).map(({ host, inFlight, draining }) => ({ host, inFlight, draining }));
}

test('a worker that is drained finishes what it has and claims no more, from this moment on; then it is resumed', async () => {
  const cluster = new Cluster();
  const process = cluster.start('a');
  await cluster.enqueue(process);
  await cluster.pass(100);
  const id = process.engine.status.workerId ?? '';
  await process.useCases.drainWorker(id, true);
  await cluster.enqueue(process);
  await cluster.pass(0);
  expect(process.engine.status.state).toBe('draining');
  await cluster.pass(30_000);
  expect(process.dispatcher.attempts).toHaveLength(1);
  expect(await standing(cluster)).toEqual([{ host: 'a', inFlight: 1, draining: true }]);

  process.dispatcher.end();
  await cluster.pass(5000);
  expect(await standing(cluster)).toEqual([{ host: 'a', inFlight: 0, draining: true }]);
  await process.useCases.drainWorker(id, false);
  await cluster.pass(0);
  expect(process.engine.status.state).toBe('claiming');
  expect(process.dispatcher.attempts).toHaveLength(2);
});

test('another process can be drained and resumed as well: it claims nothing at once, and again within a second', async () => {
  const cluster = new Cluster();
  const [here, there] = [cluster.start('a', { queues: ['none'] }), cluster.start('b')];
  await cluster.pass(100);
  const id = there.engine.status.workerId ?? '';
  await here.useCases.drainWorker(id, true);
  await cluster.enqueue(there);
  await cluster.pass(60_000);
  expect(there.dispatcher.attempts).toEqual([]);
  expect([here.engine.status.state, there.engine.status.state]).toEqual(['claiming', 'draining']);
  await here.useCases.drainWorker(id, false);
  await cluster.pass(1000);
  expect(there.dispatcher.attempts).toHaveLength(1);
});

test('a drained process that is declared dead drains on under its new id', async () => {
  const cluster = new Cluster();
  const process = cluster.start('a');
  await cluster.pass(100);
  const id = process.engine.status.workerId ?? '';
  await process.useCases.drainWorker(id, true);
  await cluster.pass(100);
  await cluster.stores.workers.remove(id);
  await cluster.enqueue(process);
  await cluster.pass(10_000);
  expect(process.dispatcher.attempts).toEqual([]);
  expect(await standing(cluster)).toEqual([{ host: 'a', inFlight: 0, draining: true }]);
  expect(process.engine.status.workerId).not.toBe(id);
});

test('a worker says every 5 s that it lives, and what it does', async () => {
  const cluster = new Cluster();
  const process = cluster.start('a', { concurrency: 4, queues: ['default', 'mail'] });
  await cluster.pass(100);
  const [before] = await cluster.workers();
  expect(before).toMatchObject({
    ...{ host: 'a', version: '1.2.3', slots: 4, queues: ['default', 'mail'] },
    ...{ inFlight: 0, draining: false, stopping: false, beats: 1 },
  });
  await cluster.enqueue(process);
  await cluster.pass(15_000);
  expect(await cluster.workers()).toEqual([
    { ...before, beats: 4, inFlight: 1, lastBeatAt: (before?.startedAt ?? 0) + 15_000 },
  ]);
});

test('a worker that cannot be removed at the stop does not hold it up', async () => {
  const cluster = new Cluster();
  const process = cluster.start('a');
  await cluster.pass(100);
  cluster.stores.workers.failures.remove.push(UNAVAILABLE);
  await process.engine.stop();
  expect(process.logger.lines.map(({ message }) => message)).toEqual(['not removed from the workers']);
});
