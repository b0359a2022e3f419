import { describe, expect, onTestFinished, test } from 'vitest';
import { LEASE_GRACE_MS } from '../../../src/application/engine/reap-stale-jobs.js';
import { LEASE_EXPIRED_ERROR } from '../../../src/domain/job/transitions.js';
import { claimOne } from '../../support/attempting.js';
import { engineHarness } from '../../support/engine-harness.js';
import { NOW } from '../../support/jobs.js';
import { UNAVAILABLE } from '../../support/memory-stores.js';
import { failed } from '../../support/outcomes.js';

const REAPER_MS = 30_000;
const HOUR = 3_600_000;
const DAY = 24 * HOUR;

describe('a worker that vanished', () => {
  test('before this process started: its job is delivered when the lease and the backoff are over', async () => {
    const { engine, enqueue, stores, clock, scheduler, dispatcher, job } = engineHarness();
    const [id] = await enqueue({ timeoutMs: 5000 });
    await claimOne(stores, NOW, 'vanished');
    clock.advance(5000 + LEASE_GRACE_MS + 1);
    engine.start();
    await scheduler.advanceAsync(999);
    expect(await job(id)).toMatchObject({ status: 'pending', attempt: 1, lastError: LEASE_EXPIRED_ERROR });
    await scheduler.advanceAsync(1);
    await scheduler.advanceAsync(0);
    expect(await job(id)).toMatchObject({ status: 'completed', attempt: 2, leaseToken: 2 });
    expect(dispatcher.attempts.map(({ number }) => number)).toEqual([2]);
  });

  test('while this process runs: the reaper sees it at its next interval', async () => {
    const { engine, enqueue, stores, scheduler, dispatcher } = engineHarness();
    await enqueue({ timeoutMs: 5000 });
    await claimOne(stores, NOW, 'vanished');
    engine.start();
    await scheduler.advanceAsync(HOUR);
    expect(dispatcher.startedAt).toEqual([NOW + REAPER_MS + 1000]);
  });

  test('every time it had the job: the job ends dead after all its attempts', async () => {
    // This engine only recovers; the workers that the job kills are elsewhere.
    const { engine, enqueue, stores, clock, scheduler, dispatcher, job } = engineHarness({
      queues: ['none'],
    });
    engine.start();
    const [id] = await enqueue({ timeoutMs: 1000, maxRetries: 3 });
    let killed = 0;
    while ((await job(id)).status === 'pending') {
      await claimOne(stores, clock.now(), `worker-${killed}`);
      killed += 1;
      await scheduler.advanceAsync(REAPER_MS + 10_000);
    }
    expect(killed).toBe(4);
    expect(await job(id)).toMatchObject({ status: 'dead', attempt: 4, lastError: LEASE_EXPIRED_ERROR });
    expect(await stores.queries.failedAttempts(id ?? '', 100)).toHaveLength(4);
    await scheduler.advanceAsync(DAY);
    expect(await job(id)).toMatchObject({ status: 'dead', attempt: 4 });
    expect(dispatcher.attempts).toEqual([]);
  });

  test('but whose result comes after all: it counts only if nobody took the job over', async () => {
    const { engine, engineOf, enqueue, scheduler, dispatcher, settle, job } = engineHarness();
    dispatcher.hold();
    engine.start();
    const [id] = await enqueue({ timeoutMs: 40_000 });
    await settle();
    engineOf('worker-2', dispatcher).start();
    // Past the end of the lease, before the reaper's next pass.
    await scheduler.advanceAsync(40_500);
    dispatcher.end();
    await settle();
    expect(await job(id)).toMatchObject({ status: 'completed', attempt: 1 });
    await scheduler.advanceAsync(HOUR);
    expect(await job(id)).toMatchObject({ status: 'completed', attempt: 1 });
  });
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
  const { engine, enqueue, queue, scheduler, settle, count, stores, useCases } = engineHarness({
    concurrency: 1000,
    retentionDays: 1,
    cleanupIntervalSecs: 3600,
  });
  await queue('default', { maxConcurrency: 1000 });
  engine.start();
  await enqueue({}, 450);
  await settle();
  await scheduler.advanceAsync(DAY);
  expect(await count('completed')).toBe(450);
  await scheduler.advanceAsync(HOUR);
  expect(await count('completed')).toBe(0);
  expect((await useCases.getMetrics()).jobs.total).toBe(0);
  expect(await stores.queues.get('default')).not.toBeNull();
});

test('without a retention period they stay', async () => {
  const daily = { reaperIntervalSecs: 86_400, schedulerIntervalSecs: 86_400 };
  const { engine, enqueue, scheduler, count } = engineHarness({ retentionDays: null, ...daily });
  engine.start();
  await enqueue();
  await scheduler.advanceAsync(400 * DAY);
  expect(await count('completed')).toBe(1);
});

test('every line about a job says which, and of which queue', async () => {
  const { engine, enqueue, stores, clock, scheduler, dispatcher, logger, useCases } = engineHarness();
  const [stale] = await enqueue({ queueName: 'stale', maxRetries: 0, timeoutMs: 1 });
  await claimOne(stores, clock.now(), 'vanished');
  dispatcher.answer(({ queueName, number }) => {
    if (queueName === 'broken') throw new Error('a defect');
    if (queueName === 'shaky' && number === 1) return failed();
    return { kind: 'succeeded', result: '', resultTruncated: false };
  });
  engine.start();
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
      ['lease expired', stale, 'stale'],
    ].toSorted(),
  );
});
