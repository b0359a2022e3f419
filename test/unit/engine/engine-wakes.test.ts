import { describe, expect, test } from 'vitest';
import { engineHarness } from '../../support/engine-harness.js';
import { FixedRandom } from '../../support/fixed-random.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { failed } from '../../support/outcomes.js';

// No time passes in these tests but what they let pass, and polling would come far too late.

describe('at once', () => {
  test('a job that is enqueued is delivered', async () => {
    const { engine, enqueue, settle, job, clock } = engineHarness();
    engine.start();
    await settle();
    const [id] = await enqueue();
    await settle();
    expect(await job(id)).toMatchObject({ status: 'completed', attempt: 1, completedAt: NOW, result: 'ok' });
    expect(clock.monotonic()).toBe(0);
  });

  test('jobs that waited for the start are delivered', async () => {
    const { engine, enqueue, settle, count } = engineHarness();
    await enqueue({}, 3);
    engine.start();
    await settle();
    expect(await count('completed')).toBe(3);
  });

  test('a slot that becomes free is used', async () => {
    const { engine, enqueue, settle, dispatcher } = engineHarness({ concurrency: 1 });
    dispatcher.hold();
    engine.start();
    const ids = await enqueue({}, 3);
    await settle();
    for (const id of ids) {
      expect(dispatcher.open.map(({ jobId }) => jobId)).toEqual([id]);
      dispatcher.end();
      await settle();
    }
    expect(dispatcher.attempts.map(({ jobId }) => jobId)).toEqual(ids);
  });

  test('a job enqueued while all slots are busy is found when one is free', async () => {
    const { engine, enqueue, settle, dispatcher, job } = engineHarness({ concurrency: 1 });
    dispatcher.hold();
    engine.start();
    await enqueue();
    await settle();
    const [second] = await enqueue();
    await settle();
    expect(await job(second)).toMatchObject({ status: 'pending' });
    dispatcher.end();
    await settle();
    expect(await job(second)).toMatchObject({ status: 'running' });
  });

  test('a queue that is resumed goes on', async () => {
    const { engine, enqueue, queue, settle, useCases, job } = engineHarness();
    await queue('default', { paused: true });
    engine.start();
    const [id] = await enqueue();
    await settle();
    expect(await job(id)).toMatchObject({ status: 'pending', attempt: 0 });
    await useCases.updateQueue('default', { paused: false });
    await settle();
    expect(await job(id)).toMatchObject({ status: 'completed' });
  });

  test('more concurrency is used', async () => {
    const { engine, enqueue, queue, settle, useCases, dispatcher } = engineHarness();
    dispatcher.hold();
    await queue('default', { maxConcurrency: 1 });
    engine.start();
    await enqueue({}, 5);
    await settle();
    expect(dispatcher.open).toHaveLength(1);
    await useCases.updateQueue('default', { maxConcurrency: 3 });
    await settle();
    expect(dispatcher.open).toHaveLength(3);
  });

  test('a rate limit that is lifted no longer holds', async () => {
    const { engine, enqueue, queue, settle, useCases, count } = engineHarness();
    await queue('default', { rateLimitRps: 0.0001 });
    engine.start();
    await enqueue({}, 4);
    await settle();
    expect(await count('completed')).toBe(1);
    await useCases.updateQueue('default', { rateLimitRps: null });
    await settle();
    expect(await count('completed')).toBe(4);
  });

  test('a dead job that is retried by hand is delivered anew', async () => {
    const { engine, enqueue, settle, useCases, dispatcher, job } = engineHarness();
    dispatcher.answer(failed({ permanent: true }));
    engine.start();
    const [id = ''] = await enqueue();
    await settle();
    expect(await job(id)).toMatchObject({ status: 'dead' });
    dispatcher.answer({ kind: 'succeeded', result: 'at last', resultTruncated: false });
    await useCases.retryJob(id);
    await settle();
    expect(await job(id)).toMatchObject({ status: 'completed', attempt: 1, leaseToken: 2, lastError: null });
  });
});

describe('exactly when', () => {
  test('a delayed job is due', async () => {
    const { engine, enqueue, scheduler, dispatcher } = engineHarness();
    engine.start();
    await enqueue({ delayMs: 60_000 });
    await scheduler.advanceAsync(59_999);
    expect(dispatcher.attempts).toEqual([]);
    await scheduler.advanceAsync(1);
    await scheduler.advanceAsync(0);
    expect(dispatcher.startedAt).toEqual([NOW + 60_000]);
  });

  test('a job is due that is delayed for longer than a timer of Node.js can wait', async () => {
    const long = { schedulerIntervalSecs: 86_400, reaperIntervalSecs: 86_400 };
    const { engine, enqueue, scheduler, dispatcher } = engineHarness(long);
    const sixtyDays = 60 * 86_400_000;
    engine.start();
    await enqueue({ delayMs: sixtyDays });
    await scheduler.advanceAsync(sixtyDays - 1);
    expect(dispatcher.attempts).toEqual([]);
    await scheduler.advanceAsync(1);
    await scheduler.advanceAsync(0);
    expect(dispatcher.startedAt).toEqual([NOW + sixtyDays]);
  });

  test('delayed jobs are due, whichever was enqueued first', async () => {
    const { engine, enqueue, scheduler, dispatcher } = engineHarness();
    engine.start();
    for (const delayMs of [5000, 1000, 9000, 1000, 0]) await enqueue({ delayMs });
    await scheduler.advanceAsync(10_000);
    expect(dispatcher.startedAt.map((at) => at - NOW)).toEqual([0, 1000, 1000, 5000, 9000]);
  });

  test('a retry is due: at the end of the attempt before, and the backoff with its jitter', async () => {
    const jitter = new FixedRandom(0.75); // + 15 %
    const { engine, enqueue, scheduler, dispatcher, clock, job } = engineHarness({}, jitter);
    dispatcher.answer(() => {
      clock.advance(10);
      return failed();
    });
    engine.start();
    const [id] = await enqueue();
    await scheduler.advanceAsync(30_000);
    const [first = NaN, second = NaN, third = NaN, fourth = NaN] = dispatcher.startedAt;
    expect(first).toBe(NOW);
    expect([second - first, third - second, fourth - third]).toEqual([1160, 2310, 4610]);
    expect(await job(id)).toMatchObject({ status: 'dead', attempt: 4 });
    expect(dispatcher.attempts.map(({ number }) => number)).toEqual([1, 2, 3, 4]);
  });

  test('the receiver asked to be called again', async () => {
    const { engine, enqueue, scheduler, dispatcher } = engineHarness();
    dispatcher.answer(({ number }) =>
      number === 1
        ? failed({ statusCode: 429, retryAfterMs: 42_000 })
        : { kind: 'succeeded', result: '', resultTruncated: false },
    );
    engine.start();
    await enqueue();
    await scheduler.advanceAsync(100_000);
    expect(dispatcher.startedAt).toEqual([NOW, NOW + 42_000]);
  });
});

test('work that another process stored is seen at the next poll', async () => {
  const { engine, stores, scheduler, dispatcher } = engineHarness({ pollIntervalMs: 500 });
  engine.start();
  await scheduler.advanceAsync(200);
  // Past the use case: nobody in this process hears of it.
  await stores.jobs.insert({ jobs: [newJob()], now: NOW, queueDefaults: QUEUE_DEFAULTS });
  await scheduler.advanceAsync(299);
  expect(dispatcher.attempts).toEqual([]);
  await scheduler.advanceAsync(1);
  await scheduler.advanceAsync(0);
  expect(dispatcher.startedAt).toEqual([NOW + 500]);
});

test('an engine that has nothing to do looks for work once in a polling interval', async () => {
  const { engine, scheduler, stores } = engineHarness({ pollIntervalMs: 60_000 });
  engine.start();
  await scheduler.advanceAsync(59_999);
  expect(stores.jobs.calls.claim).toBe(1);
  await scheduler.advanceAsync(3_600_001 - 60_000);
  expect(stores.jobs.calls.claim).toBe(61);
});
