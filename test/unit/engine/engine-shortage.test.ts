import { expect, test } from 'vitest';
import type { Outcome } from '../../../src/domain/job/outcome.js';
import { engineHarness, type EngineHarness } from '../../support/engine-harness.js';
import { NOW } from '../../support/jobs.js';
import { succeeded } from '../../support/outcomes.js';

const NOT_SENT: Outcome = { kind: 'not_sent', reason: 'no socket for the request (EMFILE)' };

/** Instants at which attempts began, relative to the start, each once. */
function rounds({ dispatcher }: EngineHarness): number[] {
  return [...new Set(dispatcher.startedAt)].map((at) => at - NOW);
}

function warnings({ logger }: EngineHarness) {
  return logger.lines.filter(({ level }) => level === 'warn');
}

test('attempts that cannot be made cost nothing, and the jobs are delivered when they can', async () => {
  const harness = engineHarness();
  const { engine, dispatcher, enqueue, scheduler, stores, count } = harness;
  dispatcher.answer(NOT_SENT);
  engine.start();
  const ids = await enqueue({ maxRetries: 0 }, 3);
  await scheduler.advanceAsync(60_000);
  expect(await count('pending')).toBe(3);
  expect(engine.status).toMatchObject({ state: 'pausing', inFlight: 0 });

  dispatcher.answer(succeeded());
  await scheduler.advanceAsync(10_000);
  for (const id of ids) {
    expect(await harness.job(id)).toMatchObject({ status: 'completed', attempt: 1, lastError: null });
    expect(await stores.queries.failedAttempts(id, 10)).toEqual([]);
  }
  expect(engine.status).toMatchObject({ state: 'claiming', failingForMs: 0 });
});

test('claiming pauses longer each time, up to ten seconds, with one line in the log a pause', async () => {
  const harness = engineHarness();
  const { engine, dispatcher, enqueue, scheduler } = harness;
  dispatcher.answer(NOT_SENT);
  engine.start();
  await enqueue({}, 3);
  await scheduler.advanceAsync(32_600);
  expect(rounds(harness)).toEqual([0, 200, 600, 1400, 3000, 6200, 12_600, 22_600, 32_600]);
  expect(warnings(harness)).toHaveLength(9);
  expect(warnings(harness)[1]).toMatchObject({
    message: 'attempts cannot be made and are given back',
    fields: { reason: 'no socket for the request (EMFILE)', next_try_in_ms: 400 },
  });
  expect(engine.status.failingForMs).toBe(32_600);
});

test('new jobs and free slots do not end the pause', async () => {
  const harness = engineHarness({ concurrency: 4 });
  const { engine, dispatcher, enqueue, scheduler, settle } = harness;
  dispatcher.hold();
  engine.start();
  await enqueue({}, 2);
  await settle();
  dispatcher.end(NOT_SENT);
  await settle();
  dispatcher.end(succeeded());
  await enqueue({}, 5);
  await scheduler.advanceAsync(199);
  expect(rounds(harness)).toEqual([0]);
  await scheduler.advanceAsync(1);
  expect(rounds(harness)).toEqual([0, 200]);
});

test('one that gets through makes the next pause a short one', async () => {
  const harness = engineHarness({ concurrency: 2 });
  const { engine, dispatcher, enqueue, scheduler } = harness;
  dispatcher.answer(({ queueName }) => (queueName === 'stuck' ? NOT_SENT : succeeded()));
  engine.start();
  await enqueue({ queueName: 'stuck' });
  await scheduler.advanceAsync(3000);
  expect(rounds(harness)).toEqual([0, 200, 600, 1400, 3000]);
  await enqueue({ queueName: 'flowing' });
  await scheduler.advanceAsync(3200 + 200);
  // Both were tried at 6200.
  expect(rounds(harness)).toEqual([0, 200, 600, 1400, 3000, 6200, 6400]);
});

test('a shortage long after the last one is a new one', async () => {
  const harness = engineHarness();
  const { engine, dispatcher, enqueue, scheduler, useCases } = harness;
  dispatcher.answer(NOT_SENT);
  engine.start();
  const [id = ''] = await enqueue();
  await scheduler.advanceAsync(6200);
  await useCases.cancelJob(id);
  await scheduler.advanceAsync(60_000);
  expect(engine.status).toMatchObject({ state: 'claiming', failingForMs: 0 });
  await enqueue();
  await scheduler.advanceAsync(200);
  expect(rounds(harness).slice(-2)).toEqual([66_200, 66_400]);
});

test('a stop does not wait for the pause', async () => {
  const { engine, dispatcher, enqueue, settle, job } = engineHarness();
  dispatcher.answer(NOT_SENT);
  engine.start();
  const [id] = await enqueue();
  await settle();
  await engine.stop();
  expect(await job(id)).toMatchObject({ status: 'pending', attempt: 0 });
});
