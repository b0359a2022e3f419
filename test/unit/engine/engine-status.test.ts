import { expect, test } from 'vitest';
import { engineHarness } from '../../support/engine-harness.js';
import { UNAVAILABLE } from '../../support/memory-stores.js';

test('the slots and the queues are those of the worker', () => {
  const { engine } = engineHarness({ concurrency: 7, queues: ['mail', 'bulk'] });
  expect(engine.status).toEqual({
    ...{ state: 'stopped', failingForMs: 0, workerId: null },
    ...{ inFlight: 0, slots: 7, queues: ['mail', 'bulk'] },
  });
});

test('it is claiming from the start on, and says what is in flight', async () => {
  const { engine, dispatcher, enqueue, settle, job } = engineHarness({ concurrency: 3 });
  dispatcher.hold();
  engine.start();
  const [id] = await enqueue({ queueName: 'a' });
  for (const queueName of ['b', 'c', 'd']) await enqueue({ queueName });
  await settle();
  const { workerId } = await job(id);
  expect(engine.status).toEqual({
    ...{ state: 'claiming', failingForMs: 0, workerId },
    ...{ inFlight: 3, slots: 3, queues: [] },
  });
});

test('it is pausing while claims fail, and claiming once one goes well', async () => {
  const { engine, stores, scheduler, settle } = engineHarness();
  stores.jobs.failures.claim.push(UNAVAILABLE, UNAVAILABLE);
  engine.start();
  await settle();
  expect(engine.status.state).toBe('pausing');
  await scheduler.advanceAsync(100);
  await settle();
  expect(engine.status).toMatchObject({ state: 'pausing', failingForMs: 100 });
  await scheduler.advanceAsync(200);
  await settle();
  expect(engine.status).toMatchObject({ state: 'claiming', failingForMs: 0 });
});

test('it is stopped as soon as it stops, though something is in flight', async () => {
  const { engine, dispatcher, enqueue, settle } = engineHarness();
  dispatcher.hold();
  engine.start();
  await enqueue();
  await settle();
  const stopped = engine.stop();
  expect(engine.status).toMatchObject({ state: 'stopped', inFlight: 1 });
  dispatcher.end();
  await stopped;
  expect(engine.status).toMatchObject({ state: 'stopped', inFlight: 0 });
});
