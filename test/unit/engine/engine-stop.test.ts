import { describe, expect, test } from 'vitest';
import { OVERRUN_MS } from '../../../src/application/engine/run-attempt.js';
import { engineHarness, type EngineHarness } from '../../support/engine-harness.js';
import { NOW } from '../../support/jobs.js';
import { UNAVAILABLE } from '../../support/memory-stores.js';
import { newSchedule } from '../../support/schedules.js';

/** A stop under way, and whether it is over. */
function stopping({ engine }: EngineHarness) {
  const stop = { over: false };
  const end = () => {
    stop.over = true;
  };
  engine.stop().then(end, end);
  return stop;
}

describe('a stop', () => {
  test('of an idle engine is over at once, and leaves no timer', async () => {
    const harness = engineHarness({ retentionDays: 1 });
    harness.engine.start();
    await harness.settle();
    expect(harness.scheduler.pending).toBe(8);
    const stop = stopping(harness);
    await harness.settle();
    expect([stop.over, harness.scheduler.pending]).toEqual([true, 0]);
  });

  test('waits for what is in flight, and claims nothing more', async () => {
    const harness = engineHarness({ concurrency: 2 });
    const { engine, dispatcher, enqueue, settle, count } = harness;
    dispatcher.hold();
    engine.start();
    for (const queueName of ['a', 'b', 'c', 'd', 'e']) await enqueue({ queueName });
    await settle();
    const stop = stopping(harness);
    await settle();
    expect([stop.over, engine.inFlight]).toEqual([false, 2]);
    dispatcher.end();
    await enqueue();
    await settle();
    expect([stop.over, engine.inFlight, dispatcher.attempts.length]).toEqual([false, 1, 2]);
    dispatcher.end();
    await settle();
    expect([stop.over, engine.inFlight, dispatcher.attempts.length]).toEqual([true, 0, 2]);
    expect([await count('completed'), await count('pending'), await count('running')]).toEqual([2, 4, 0]);
    expect(harness.scheduler.pending).toBe(0);
  });

  test('waits until the results are stored', async () => {
    const harness = engineHarness();
    const { engine, dispatcher, enqueue, settle, stores, scheduler, count } = harness;
    dispatcher.hold();
    engine.start();
    await enqueue();
    await settle();
    stores.jobs.failures.settle.push(UNAVAILABLE);
    const stop = stopping(harness);
    dispatcher.end();
    await scheduler.advanceAsync(49);
    expect([stop.over, await count('running')]).toEqual([false, 1]);
    await scheduler.advanceAsync(1);
    await settle();
    expect([stop.over, await count('completed')]).toEqual([true, 1]);
  });

  test('is over at the latest when the attempts have to be', async () => {
    const harness = engineHarness();
    const { engine, dispatcher, enqueue, settle, scheduler, job } = harness;
    dispatcher.hold();
    engine.start();
    const [id] = await enqueue({ timeoutMs: 8000 });
    await settle();
    const stop = stopping(harness);
    await scheduler.advanceAsync(8000 + OVERRUN_MS);
    await settle();
    expect(stop.over).toBe(true);
    expect(await job(id)).toMatchObject({ status: 'pending', attempt: 1 });
  });

  test('ends a pause after a failure', async () => {
    const harness = engineHarness();
    const { engine, stores, settle, scheduler } = harness;
    stores.jobs.failures.claim.push(UNAVAILABLE);
    engine.start();
    await settle();
    const stop = stopping(harness);
    await settle();
    expect([stop.over, scheduler.pending]).toEqual([true, 0]);
  });

  test('ends the schedules as well', async () => {
    const harness = engineHarness();
    const { engine, stores, settle, scheduler, count } = harness;
    await stores.schedules.create(newSchedule({ nextRunAt: NOW + 1000 }));
    engine.start();
    await settle();
    const stop = stopping(harness);
    await settle();
    await scheduler.advanceAsync(3_600_000);
    expect([stop.over, await count('pending')]).toEqual([true, 0]);
  });

  test('twice is one', async () => {
    const harness = engineHarness();
    harness.engine.start();
    await harness.settle();
    const stops = [stopping(harness), stopping(harness)];
    await harness.settle();
    expect(stops).toEqual([{ over: true }, { over: true }]);
  });

  test('of an engine that was never started is over at once', async () => {
    await expect(engineHarness().engine.stop()).resolves.toBeUndefined();
  });
});

describe('an abort', () => {
  test('ends a stop at once: the attempts are given back, as if they had not been', async () => {
    const harness = engineHarness();
    const { engine, dispatcher, enqueue, settle, job, scheduler } = harness;
    dispatcher.hold();
    engine.start();
    const ids = await enqueue({ maxRetries: 0 }, 3);
    await settle();
    const stop = stopping(harness);
    await settle();
    expect(stop.over).toBe(false);
    engine.abort();
    await settle();
    expect([stop.over, engine.inFlight, scheduler.pending]).toEqual([true, 0, 0]);
    for (const id of ids) {
      const given = { status: 'pending', attempt: 0, visibleAt: NOW, workerId: null, startedAt: null };
      expect(await job(id)).toMatchObject({ ...given, lastError: null, leaseToken: 1 });
    }
  });

  test('leaves the jobs to the next process, which delivers them at once', async () => {
    const harness = engineHarness();
    const { engine, engineOf, dispatcher, enqueue, settle, job } = harness;
    dispatcher.hold();
    engine.start();
    const [id] = await enqueue();
    await settle();
    const stop = stopping(harness);
    engine.abort();
    await settle();
    expect(stop.over).toBe(true);

    dispatcher.answer({ kind: 'succeeded', result: 'ok', resultTruncated: false });
    engineOf('worker-2', dispatcher).start();
    await settle();
    const workerId: unknown = expect.stringMatching(/^worker-2:/);
    expect(await job(id)).toMatchObject({ status: 'completed', attempt: 1, workerId });
    expect(dispatcher.attempts.map(({ number }) => number)).toEqual([1, 1]);
  });

  test('does not wait for a store that is unavailable', async () => {
    const harness = engineHarness();
    const { engine, dispatcher, enqueue, settle, stores, scheduler, count } = harness;
    dispatcher.hold();
    engine.start();
    await enqueue();
    await settle();
    stores.jobs.failures.settle.push(UNAVAILABLE, UNAVAILABLE, UNAVAILABLE);
    const stop = stopping(harness);
    engine.abort();
    await settle();
    // The job is left to whoever finds that its worker is gone.
    expect([stop.over, scheduler.pending, await count('running')]).toEqual([true, 0, 1]);
  });
});
