import { describe, expect, onTestFinished, test } from 'vitest';
import { LEASE_EXPIRED_ERROR } from '../../../src/domain/job/transitions.js';
import { claimOne } from '../../support/attempting.js';
import { engineHarness, type EngineHarness } from '../../support/engine-harness.js';
import { UNAVAILABLE } from '../../support/memory-stores.js';
import { failed } from '../../support/outcomes.js';

const REAPER_MS = 30_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

/** A job that this worker claimed, though it never heard of it: the answer to the claim was lost. */
async function claimLost({ engine, stores, clock, settle }: EngineHarness): Promise<void> {
  await settle();
  const { workerId } = engine.status;
  if (workerId === null) throw new Error('the engine has a worker');
  await claimOne(stores, clock.now(), workerId);
}

describe('a claim whose answer was lost', () => {
  test('is a failed attempt when its lease ends under the live worker', async () => {
    const harness = engineHarness({ queues: ['none'] });
    const { engine, enqueue, stores, scheduler, job } = harness;
    engine.start();
    const [id] = await enqueue({ timeoutMs: 5000 });
    await claimLost(harness);
    await scheduler.advanceAsync(REAPER_MS + 10_000);
    expect(await job(id)).toMatchObject({ status: 'pending', attempt: 1, lastError: LEASE_EXPIRED_ERROR });
    expect(await stores.queries.failedAttempts(id ?? '', 100)).toHaveLength(1);
    expect(await claimOne(stores, harness.clock.now())).toMatchObject({ attempt: 2, crashes: 0 });
  });

  test('every time: the job ends dead after all its attempts', async () => {
    const harness = engineHarness({ queues: ['none'] });
    const { engine, enqueue, stores, scheduler, dispatcher, job } = harness;
    engine.start();
    const [id] = await enqueue({ timeoutMs: 1000, maxRetries: 3 });
    let lost = 0;
    while ((await job(id)).status === 'pending') {
      await claimLost(harness);
      lost += 1;
      await scheduler.advanceAsync(REAPER_MS + 10_000);
    }
    expect(lost).toBe(4);
    expect(await job(id)).toMatchObject({ status: 'dead', attempt: 4, lastError: LEASE_EXPIRED_ERROR });
    expect(await stores.queries.failedAttempts(id ?? '', 100)).toHaveLength(4);
    await scheduler.advanceAsync(HOUR);
    expect(await job(id)).toMatchObject({ status: 'dead', attempt: 4 });
    expect(dispatcher.attempts).toEqual([]);
  });
});

test('a result that comes after the end of its lease counts, as nobody takes a job from a live worker', async () => {
  const { engine, engineOf, enqueue, scheduler, dispatcher, settle, job } = engineHarness();
  dispatcher.hold();
  engine.start();
  const [id] = await enqueue({ timeoutMs: 40_000 });
  await settle();
  engineOf('worker-2', dispatcher).start();
  // Past the end of the lease.
  await scheduler.advanceAsync(40_500);
  dispatcher.end();
  await settle();
  expect(await job(id)).toMatchObject({ status: 'completed', attempt: 1 });
  await scheduler.advanceAsync(HOUR);
  expect(await job(id)).toMatchObject({ status: 'completed', attempt: 1 });
});

describe('a store that is unavailable for a while', () => {
  test('pauses claiming; afterwards everything goes on, with nothing lost or delivered twice', async () => {
    const { engine, enqueue, stores, scheduler, dispatcher, settle, count } = engineHarness();
    dispatcher.hold();
    engine.start();
    await enqueue({}, 2);
    await settle();
    // The results of these two come in while nothing can be stored.
    stores.jobs.failures.settle.push(...Array<Error>(8).fill(UNAVAILABLE));
    stores.jobs.failures.claim.push(...Array<Error>(4).fill(UNAVAILABLE));
    dispatcher.end();
    dispatcher.end();
    await enqueue({}, 2);
    await settle();
    expect([engine.inFlight, await count('running'), await count('pending')]).toEqual([2, 2, 2]);

    dispatcher.answer({ kind: 'succeeded', result: 'ok', resultTruncated: false });
    await scheduler.advanceAsync(10_000);
    expect([engine.inFlight, await count('completed')]).toEqual([0, 4]);
    expect(dispatcher.attempts).toHaveLength(4);
    expect(new Set(dispatcher.attempts.map(({ jobId }) => jobId)).size).toBe(4);
  });

  test('does not stop the loops, however long it takes', async () => {
    const { engine, enqueue, stores, scheduler, count } = engineHarness();
    stores.jobs.failures.claim.push(...Array<Error>(200).fill(UNAVAILABLE));
    engine.start();
    await enqueue();
    await scheduler.advanceAsync(HOUR);
    expect(await count('completed')).toBe(1);
  });
});

test('any number of results can wait for the store, and the runtime has nothing to warn of', async () => {
  const warnings: Error[] = [];
  const note = (warning: Error) => warnings.push(warning);
  process.on('warning', note);
  onTestFinished(() => {
    process.off('warning', note);
  });
  const { engine, enqueue, queue, stores, scheduler, settle, count } = engineHarness({ concurrency: 100 });
  await queue('default', { maxConcurrency: 50 });
  stores.jobs.failures.settle.push(...Array<Error>(50).fill(UNAVAILABLE));
  engine.start();
  await enqueue({}, 50);
  await settle();
  expect(engine.inFlight).toBe(50);
  await scheduler.advanceAsync(50);
  await settle();
  expect(await count('completed')).toBe(50);
  expect(warnings).toEqual([]);
});

test('finished jobs go after the retention period, in steps that follow at once', async () => {
  const { engine, enqueue, queue, clock, scheduler, settle, count, stores, useCases } = engineHarness({
    concurrency: 1000,
    retentionDays: 1,
    cleanupIntervalSecs: 3600,
  });
  await queue('default', { maxConcurrency: 1000 });
  engine.start();
  await enqueue({}, 450);
  await settle();
  clock.advance(DAY - HOUR);
  await scheduler.advanceAsync(HOUR);
  expect(await count('completed')).toBe(450);
  await scheduler.advanceAsync(HOUR);
  expect(await count('completed')).toBe(0);
  expect((await useCases.getMetrics()).jobs.total).toBe(0);
  expect(await stores.queues.get('default')).not.toBeNull();
});

test('a queue that has a retention of its own is cleaned up, though the configuration has none', async () => {
  const { engine, enqueue, queue, scheduler, settle, stores } = engineHarness({ cleanupIntervalSecs: 3600 });
  await queue('short', { retentionCompletedMs: DAY });
  engine.start();
  const [short] = await enqueue({ queueName: 'short' });
  const [other] = await enqueue();
  await settle();
  await scheduler.advanceAsync(DAY);
  expect(await stores.queries.get(short ?? '')).not.toBeNull();
  await scheduler.advanceAsync(HOUR);
  expect(await stores.queries.get(short ?? '')).toBeNull();
  expect(await stores.queries.get(other ?? '')).not.toBeNull();
});

test('without a retention period they stay', async () => {
  const daily = { reaperIntervalSecs: 86_400, schedulerIntervalSecs: 86_400 };
  const { engine, enqueue, clock, scheduler, settle, count } = engineHarness({
    retentionDays: null,
    ...daily,
  });
  engine.start();
  await enqueue();
  await settle();
  clock.advance(400 * DAY);
  await scheduler.advanceAsync(HOUR);
  expect(await count('completed')).toBe(1);
});

test('every line about a job says which, and of which queue', async () => {
  const harness = engineHarness({ queues: ['fine', 'shaky', 'broken', 'odd'] });
  const { engine, enqueue, stores, clock, scheduler, dispatcher, logger, useCases } = harness;
  engine.start();
  const [stale] = await enqueue({ queueName: 'stale', maxRetries: 0, timeoutMs: 1 });
  await claimLost(harness);
  const [crashed] = await enqueue({ queueName: 'crashed' });
  await claimOne(stores, clock.now(), 'vanished');
  dispatcher.answer(({ queueName, number }) => {
    if (queueName === 'broken') throw new Error('a defect');
    if (queueName === 'shaky' && number === 1) return failed();
    return { kind: 'succeeded', result: '', resultTruncated: false };
  });
  const [fine] = await enqueue({ queueName: 'fine' });
  const [shaky] = await enqueue({ queueName: 'shaky' });
  const [broken] = await enqueue({ queueName: 'broken', maxRetries: 0 });
  const [odd] = await enqueue({ queueName: 'odd', callbackUrl: 'ftp://receiver.test' });
  await scheduler.advanceAsync(HOUR);
  expect((await useCases.getMetrics()).jobs).toMatchObject({ completed: 2, dead: 3 });

  const about = logger.lines.map(({ message, fields }) => [message, fields['job_id'], fields['queue']]);
  expect(about.toSorted()).toEqual(
    [
      ['attempt failed', shaky, 'shaky'],
      ['dispatcher failed', broken, 'broken'],
      ['job completed', fine, 'fine'],
      ['job completed', shaky, 'shaky'],
      ['job dead', broken, 'broken'],
      ['job dead', odd, 'odd'],
      ['job recovered from a worker that died', crashed, 'crashed'],
      ['lease expired', stale, 'stale'],
      ['worker lost', undefined, undefined],
    ].toSorted(),
  );
});
