import { describe, expect, test } from 'vitest';
import type { Job } from '../../../src/domain/job/job.js';
import {
  failPermanently,
  failTransiently,
  succeed,
  type Transition,
} from '../../../src/domain/job/transitions.js';
import { claimOne } from '../../support/attempting.js';
import { request } from '../../support/engine-harness.js';
import { NOW } from '../../support/jobs.js';
import { using } from '../../support/using.js';
import { valueOf } from '../../support/value-of.js';

/** One job, whose attempts begin a second after each other and last 20 ms. */
async function oneJob() {
  const use = using();
  const { enqueueCheckedJobs, stores, clock } = use;
  const [outcome] = valueOf(await enqueueCheckedJobs([request({ maxRetries: 5000 })]));
  const id = outcome?.job.id ?? '';
  const begin = async () => {
    clock.advance(1000);
    return claimOne(stores, clock.now());
  };
  const end = async (job: Job, transition: Transition, error: string | null) => {
    if (transition.kind !== 'changed') throw new Error('a claimed job can end');
    const failedAttempt = error === null ? null : failedAttemptOf(job, clock.now(), error);
    await stores.jobs.settle([
      { jobId: id, leaseToken: job.leaseToken, state: transition.job, failedAttempt },
    ]);
  };
  return {
    ...{ ...use, id, begin },
    fail: async (error: string) => {
      const job = await begin();
      clock.advance(20);
      const { leaseToken } = job;
      await end(job, failTransiently(job, { leaseToken, error, retryInMs: 0 }, clock.now()), error);
    },
    die: async (error: string) => {
      const job = await begin();
      clock.advance(20);
      await end(job, failPermanently(job, { leaseToken: job.leaseToken, error }, clock.now()), error);
    },
    succeed: async (result: string) => {
      const job = await begin();
      clock.advance(20);
      const event = { leaseToken: job.leaseToken, result, resultTruncated: false };
      await end(job, succeed(job, event, clock.now()), null);
    },
  };
}

function failedAttemptOf(job: Job, finishedAt: number, error: string) {
  const startedAt = job.startedAt ?? 0;
  return { number: job.attempt, startedAt, finishedAt, statusCode: 500, error, responseExcerpt: 'oops' };
}

/** The attempt that began so many milliseconds after NOW, as it is expected. */
function failure(number: number, startedAfter: number, error: string) {
  const startedAt = NOW + startedAfter;
  const finishedAt = startedAt + 20;
  return {
    ...{ number, outcome: 'failed', startedAt, finishedAt, statusCode: 500, error, response: 'oops' },
    omittedBefore: 0,
  };
}

describe('the attempts of a job', () => {
  test('that waits are none', async () => {
    const { id, getJobAttempts } = await oneJob();
    expect(await getJobAttempts(id, 100)).toEqual({ ok: true, value: [] });
  });

  test('that runs are those that failed and the one under way', async () => {
    const { id, fail, begin, getJobAttempts } = await oneJob();
    await fail('HTTP 500');
    await fail('HTTP 503');
    await begin();
    const running = {
      omittedBefore: 0,
      number: 3,
      outcome: 'running',
      startedAt: NOW + 3040,
      finishedAt: null,
    };
    expect(await getJobAttempts(id, 100)).toEqual({
      ok: true,
      value: [
        failure(1, 1000, 'HTTP 500'),
        failure(2, 2020, 'HTTP 503'),
        { ...running, statusCode: null, error: null, response: null },
      ],
    });
  });

  test('that is completed end with its success, and the first part of the answer', async () => {
    const { id, fail, succeed, getJobAttempts } = await oneJob();
    await fail('HTTP 500');
    await succeed('x'.repeat(5000));
    const success = {
      omittedBefore: 0,
      number: 2,
      outcome: 'succeeded',
      startedAt: NOW + 2020,
      finishedAt: NOW + 2040,
    };
    expect(await getJobAttempts(id, 100)).toEqual({
      ok: true,
      value: [
        failure(1, 1000, 'HTTP 500'),
        { ...success, statusCode: null, error: null, response: 'x'.repeat(2048) },
      ],
    });
  });

  test('that was answered with nothing have no response', async () => {
    const { id, succeed, getJobAttempts } = await oneJob();
    await succeed('');
    expect(await getJobAttempts(id, 100)).toMatchObject({
      value: [{ outcome: 'succeeded', response: null }],
    });
  });

  test('that is dead all failed; after a retry by hand the numbers start again', async () => {
    const { id, fail, die, retryJob, succeed, getJobAttempts } = await oneJob();
    await fail('HTTP 500');
    await die('HTTP 404');
    const failures = [failure(1, 1000, 'HTTP 500'), failure(2, 2020, 'HTTP 404')];
    expect(await getJobAttempts(id, 100)).toEqual({ ok: true, value: failures });
    await retryJob(id);
    expect(await getJobAttempts(id, 100)).toEqual({ ok: true, value: failures });
    await succeed('ok');
    expect(await getJobAttempts(id, 100)).toMatchObject({
      value: [...failures, { number: 1, outcome: 'succeeded' }],
    });
  });

  test('are the last ones up to the limit, the present one among them', async () => {
    const { id, fail, begin, getJobAttempts } = await oneJob();
    for (const error of ['a', 'b', 'c']) await fail(error);
    expect(await getJobAttempts(id, 2)).toMatchObject({ value: [{ number: 2 }, { number: 3 }] });
    await begin();
    expect(await getJobAttempts(id, 2)).toMatchObject({ value: [{ number: 3 }, { number: 4 }] });
    expect(await getJobAttempts(id, 1)).toMatchObject({ value: [{ number: 4, outcome: 'running' }] });
  });

  test('are 1000 at most', async () => {
    const { id, stores, getJobAttempts } = await oneJob();
    const limits: number[] = [];
    const original = stores.queries.failedAttempts.bind(stores.queries);
    stores.queries.failedAttempts = (jobId, limit) => {
      limits.push(limit);
      return original(jobId, limit);
    };
    await getJobAttempts(id, 1001);
    expect(limits).toEqual([1000]);
  });

  test('are told once each, when the one under way fails while they are read', async () => {
    const { id, begin, stores, clock, getJobAttempts } = await oneJob();
    const job = await begin();
    const failedAttempt = failedAttemptOf(job, clock.now(), 'HTTP 500');
    const original = stores.queries.failedAttempts.bind(stores.queries);
    stores.queries.failedAttempts = async (jobId, limit) => {
      const { leaseToken } = job;
      const failed = failTransiently(job, { leaseToken, error: 'HTTP 500', retryInMs: 0 }, clock.now());
      if (failed.kind !== 'changed') throw new Error('a running job can fail');
      await stores.jobs.settle([{ jobId, leaseToken, state: failed.job, failedAttempt }]);
      return original(jobId, limit);
    };
    expect(await getJobAttempts(id, 100)).toMatchObject({ value: [{ number: 1, outcome: 'failed' }] });
  });

  test('of no job are not found', async () => {
    expect(await using().getJobAttempts('gone', 100)).toEqual({
      ok: false,
      refusal: { code: 'job_not_found', message: 'Job gone not found' },
    });
  });
});
