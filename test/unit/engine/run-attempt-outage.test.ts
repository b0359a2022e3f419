import { getEventListeners } from 'node:events';
import { describe, expect, test } from 'vitest';
import { StoreFailedError } from '../../../src/application/errors.js';
import { expireLease } from '../../../src/domain/job/transitions.js';
import type { Job } from '../../../src/domain/job/job.js';
import { attempting, claimOne } from '../../support/attempting.js';
import { NOW } from '../../support/jobs.js';
import { UNAVAILABLE, type MemoryStores } from '../../support/memory-stores.js';
import { failed, succeeded } from '../../support/outcomes.js';

const PAUSES_MS = [50, 100, 200, 400, 800, 1600, 3200, 4000, 4000];

function outage(calls: number): Error[] {
  return Array.from({ length: calls }, () => UNAVAILABLE);
}

/** The reaper of another process takes the job over. */
async function expire({ jobs }: MemoryStores, job: Job, now: number): Promise<void> {
  const transition = expireLease(job, { retryInMs: 0 }, now);
  if (transition.kind !== 'changed') throw new Error('the lease is still valid');
  const { job: state } = transition;
  await jobs.settle([{ jobId: job.id, leaseToken: job.leaseToken, state, failedAttempt: null }]);
}

describe('while the store is unavailable', () => {
  test('a result waits in memory, and is stored as of the instant at which it came in', async () => {
    const { claimed, begin, stores, scheduler, logger, dispatcher } = attempting();
    const job = await claimed();
    stores.jobs.failures.settle.push(...outage(3));
    const attempt = await begin(job);
    await scheduler.advanceAsync(349);
    expect(attempt.ended).toBe(false);
    expect(await stores.queries.get(job.id)).toEqual(job);

    await scheduler.advanceAsync(1);
    await scheduler.advanceAsync(0);
    expect(attempt.ended).toBe(true);
    expect(await stores.queries.get(job.id)).toEqual({
      ...job,
      status: 'completed',
      completedAt: NOW,
      result: 'ok',
      updatedAt: NOW,
    });
    expect(dispatcher.attempts).toHaveLength(1);
    const warning = (pauseMs: number) => ({
      level: 'warn',
      message: 'store unavailable',
      fields: { reason: 'the database is locked', next_try_in_ms: pauseMs },
    });
    const fields = { job_id: job.id, queue: 'default', attempt: 1, duration_ms: 350 };
    expect(logger.lines).toEqual([
      ...[50, 100, 200].map(warning),
      { level: 'debug', message: 'job completed', fields },
    ]);
  });

  test('the pauses between the tries double from 50 ms to 5 s, without end', async () => {
    const { claimed, begin, stores, scheduler, forcedStop } = attempting();
    const job = await claimed({ timeoutMs: 3_600_000 });
    stores.jobs.failures.settle.push(...outage(PAUSES_MS.length));
    const attempt = await begin(job);
    const listening = () => getEventListeners(forcedStop.signal, 'abort').length;
    for (const [i, pauseMs] of PAUSES_MS.entries()) {
      expect(listening()).toBe(1);
      expect(stores.jobs.calls.settle).toBe(i + 1);
      await scheduler.advanceAsync(pauseMs - 1);
      expect(stores.jobs.calls.settle).toBe(i + 1);
      await scheduler.advanceAsync(1);
    }
    await scheduler.advanceAsync(0);
    expect([attempt.ended, stores.jobs.calls.settle]).toEqual([true, PAUSES_MS.length + 1]);
    expect([scheduler.pending, listening()]).toEqual([0, 0]);
  });

  test("a failure waits until the queue's policy can be read", async () => {
    const { claimed, run, begin, stores, scheduler, dispatcher } = attempting();
    // Its secrets are known from then on.
    await run(await claimed());
    const job = await claimed();
    await stores.queues.update('default', { baseDelayMs: 9000 }, NOW);
    dispatcher.answer(failed());
    stores.queues.failures.push(...outage(2));
    const attempt = await begin(job);
    expect(attempt.ended).toBe(false);
    await scheduler.advanceAsync(150);
    await scheduler.advanceAsync(0);
    expect(attempt.ended).toBe(true);
    expect(await stores.queries.get(job.id)).toMatchObject({
      status: 'pending',
      visibleAt: NOW + 9000,
      updatedAt: NOW,
    });
  });

  test('a store that has failed for good is not waited for: the attempt ends', async () => {
    const { claimed, begin, stores, scheduler, logger } = attempting();
    const job = await claimed();
    const error = new StoreFailedError('the file is damaged');
    stores.jobs.failures.settle.push(UNAVAILABLE, error);
    const attempt = await begin(job);
    await scheduler.advanceAsync(50);
    await scheduler.advanceAsync(0);
    expect(attempt.ended).toBe(true);
    expect(stores.jobs.calls.settle).toBe(2);
    expect(scheduler.pending).toBe(0);
    expect(logger.lines.at(-1)).toMatchObject({
      level: 'error',
      message: 'result could not be stored',
      error,
    });
  });

  test('a permanent failure needs no policy', async () => {
    const { claimed, run, stores, dispatcher } = attempting();
    // Its secrets are known from then on.
    await run(await claimed());
    const job = await claimed();
    dispatcher.answer(failed({ permanent: true }));
    stores.queues.failures.push(...outage(1));
    await run(job);
    expect(await stores.queries.get(job.id)).toMatchObject({ status: 'dead' });
  });

  test('and the lease is lost meanwhile, the result is dropped', async () => {
    const { claimed, begin, stores, scheduler, clock, logger, published } = attempting();
    const job = await claimed({ timeoutMs: 10 });
    stores.jobs.failures.settle.push(...outage(1));
    const attempt = await begin(job);
    await scheduler.advanceAsync(49);
    await expire(stores, job, clock.now());
    await scheduler.advanceAsync(1);
    await scheduler.advanceAsync(0);
    expect(attempt.ended).toBe(true);
    expect(await stores.queries.get(job.id)).toMatchObject({ status: 'pending', attempt: 1, result: null });
    expect(logger.lines.at(-1)).toMatchObject({ message: 'result dropped: the lease was lost' });
    expect(published).toEqual([]);
  });
});

describe('a forced stop', () => {
  test('grants a result that waits for the store one last try', async () => {
    const { claimed, begin, stores, forcedStop, scheduler, logger } = attempting();
    const job = await claimed();
    stores.jobs.failures.settle.push(...outage(1));
    const attempt = await begin(job);
    forcedStop.abort();
    await scheduler.advanceAsync(0);
    expect([attempt.ended, scheduler.pending]).toEqual([true, 0]);
    expect(await stores.queries.get(job.id)).toMatchObject({ status: 'completed', result: 'ok' });
    expect(logger.lines.at(-1)).toMatchObject({ level: 'debug', message: 'job completed' });
  });

  test('gives it up when that fails too: the job is delivered again after its lease', async () => {
    const { claimed, begin, stores, forcedStop, scheduler, logger } = attempting();
    const job = await claimed();
    stores.jobs.failures.settle.push(...outage(2));
    const attempt = await begin(job);
    forcedStop.abort();
    await scheduler.advanceAsync(0);
    expect([attempt.ended, scheduler.pending, stores.jobs.calls.settle]).toEqual([true, 0, 2]);
    expect(await stores.queries.get(job.id)).toEqual(job);
    const fields = { job_id: job.id, queue: 'default', attempt: 1 };
    const line = { level: 'error', message: 'result could not be stored', fields, error: UNAVAILABLE };
    expect(logger.lines.at(-1)).toEqual(line);
  });

  test('interrupts the dispatcher, and gives the attempt back', async () => {
    const { claimed, begin, stores, dispatcher, forcedStop, scheduler } = attempting();
    dispatcher.hold();
    const job = await claimed({ maxRetries: 0 });
    const attempt = await begin(job);
    expect(attempt.ended).toBe(false);
    forcedStop.abort();
    await scheduler.advanceAsync(0);
    expect([attempt.ended, scheduler.pending]).toEqual([true, 0]);
    expect(await stores.queries.get(job.id)).toMatchObject({ status: 'pending', attempt: 0, leaseToken: 1 });
  });
});

test('a store that fails for good is not asked again, and the error is logged', async () => {
  const { claimed, run, stores, logger } = attempting();
  const error = new TypeError('a defect of the store');
  const job = await claimed();
  stores.jobs.failures.settle.push(error);
  await run(job);
  expect(stores.jobs.calls.settle).toBe(1);
  expect(await stores.queries.get(job.id)).toEqual(job);
  const fields = { job_id: job.id, queue: 'default', attempt: 1 };
  expect(logger.lines).toEqual([{ level: 'error', message: 'result could not be stored', fields, error }]);
});

describe('a result whose lease was lost', () => {
  test('to a newer claim changes nothing, and is logged', async () => {
    const { claimed, begin, stores, dispatcher, clock, scheduler, logger } = attempting();
    dispatcher.hold();
    const job = await claimed({ timeoutMs: 1000 });
    await begin(job);
    clock.advance(1000);
    await expire(stores, job, clock.now());
    const newer = await claimOne(stores, clock.now(), 'worker-2');

    dispatcher.end(succeeded('late'));
    await scheduler.advanceAsync(0);
    expect(await stores.queries.get(job.id)).toEqual(newer);
    expect(newer).toMatchObject({ workerId: 'worker-2', leaseToken: 2, attempt: 2 });
    const fields = { job_id: job.id, queue: 'default', attempt: 1, outcome: 'succeeded' };
    const line = { level: 'warn', message: 'result dropped: the lease was lost', fields };
    expect(logger.lines).toEqual([line]);
  });

  test('leaves no failed attempt behind', async () => {
    const { claimed, begin, stores, dispatcher, clock, scheduler } = attempting();
    dispatcher.hold();
    const job = await claimed({ timeoutMs: 1000 });
    await begin(job);
    clock.advance(1000);
    await expire(stores, job, clock.now());
    dispatcher.end(failed({ permanent: true }));
    await scheduler.advanceAsync(0);
    expect(await stores.queries.get(job.id)).toMatchObject({ status: 'pending' });
    expect(await stores.queries.failedAttempts(job.id, 100)).toEqual([]);
  });

  test('because the job is gone is logged as well', async () => {
    const { claimed, run, logger } = attempting();
    await run({ ...(await claimed()), id: 'gone' });
    expect(logger.lines).toMatchObject([
      { message: 'result dropped: the lease was lost', fields: { job_id: 'gone', queue: 'default' } },
    ]);
  });
});
