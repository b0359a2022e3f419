import { describe, expect, test } from 'vitest';
import { isReady, pendingJob as firstOf, type Job } from '../../../src/domain/job/job.js';
import {
  claim,
  expireLease,
  failTransiently,
  release,
  retry,
  succeed,
  type Transition,
} from '../../../src/domain/job/transitions.js';
import { newJob, NOW, pendingJob, runningJob, stateOf } from '../../support/jobs.js';

const failures: readonly (readonly [string, (job: Job) => Transition])[] = [
  [
    'that fail',
    (job) => failTransiently(job, { leaseToken: job.leaseToken, error: 'HTTP 500', retryInMs: 0 }, NOW),
  ],
  ['whose worker vanishes', (job) => expireLease(job, { retryInMs: 0 }, NOW)],
];

describe.each(failures)('deliveries %s', (_case, fail) => {
  test.each([
    [0, 1],
    [1, 2],
    [3, 4],
    [50, 51],
  ])('max_retries %d is %d deliveries, then the job is dead', (maxRetries, deliveries) => {
    const numbers: number[] = [];
    let job = pendingJob({ maxRetries, timeoutMs: 0 });
    while (job.status === 'pending') {
      job = after(claim(job, { workerId: 'worker-1' }, NOW));
      numbers.push(job.attempt);
      job = after(fail(job));
    }
    expect(numbers).toEqual(Array.from({ length: deliveries }, (_, i) => i + 1));
    expect(stateOf(job)).toMatchObject({ status: 'dead', attempt: deliveries, leaseToken: deliveries });
  });
});

test('a manual retry grants all the deliveries again, under lease tokens that were never used', () => {
  const tokens: number[] = [];
  let job = pendingJob({ maxRetries: 1 });
  for (let life = 0; life < 3; life += 1) {
    while (job.status === 'pending') {
      job = after(claim(job, { workerId: 'worker-1' }, NOW));
      tokens.push(job.leaseToken);
      const failure = { leaseToken: job.leaseToken, error: 'HTTP 500', retryInMs: 0 };
      job = after(failTransiently(job, failure, NOW));
    }
    job = after(retry(job, NOW));
  }
  expect(tokens).toEqual([1, 2, 3, 4, 5, 6]);
});

test('a released attempt is not counted, but its lease token stays used up', () => {
  const job = pendingJob({ maxRetries: 0 });
  let current = job;
  for (let stop = 0; stop < 5; stop += 1) {
    current = after(claim(current, { workerId: 'worker-1' }, NOW));
    current = after(release(current, { leaseToken: current.leaseToken }, NOW));
  }
  expect(current).toEqual({ ...job, leaseToken: 5 });
});

test.each([-1, 1, 1000])('a lease token that is %d off settles nothing', (off) => {
  const job = runningJob({ leaseToken: 40 });
  const event = { leaseToken: 40 + off, result: '', resultTruncated: false };
  expect(succeed(job, event, NOW)).toEqual({ kind: 'rejected', reason: 'lease_lost' });
});

test('a success after failures keeps the last error, as the history of the job', () => {
  const job = runningJob({ attempt: 2, lastError: 'HTTP 500' });
  const event = { leaseToken: job.leaseToken, result: 'ok', resultTruncated: false };
  expect(after(succeed(job, event, NOW))).toMatchObject({ status: 'completed', lastError: 'HTTP 500' });
});

test('a job starts pending, due when it was asked to be, and never claimed', () => {
  const job = newJob({ visibleAt: NOW + 60_000, maxRetries: null });
  expect(firstOf(job, 7)).toStrictEqual({
    ...job,
    status: 'pending',
    attempt: 0,
    maxRetries: 7,
    leaseToken: 0,
    workerId: null,
    startedAt: null,
    completedAt: null,
    lastError: null,
    result: null,
    resultTruncated: false,
    crashes: 0,
    updatedAt: NOW,
  });
  expect(firstOf(newJob({ maxRetries: 2 }), 7).maxRetries).toBe(2);
});

test.each([
  ['pending', NOW - 1, true],
  ['pending', NOW, true],
  ['pending', NOW + 1, false],
  ['running', NOW, false],
  ['completed', NOW, false],
  ['dead', NOW, false],
] as const)('%s and visible at %d: ready is %s', (status, visibleAt, expected) => {
  expect(isReady({ status, visibleAt }, NOW)).toBe(expected);
});

function after(transition: Transition): Job {
  if (transition.kind !== 'changed') throw new Error(`expected a change, got ${transition.kind}`);
  return transition.job;
}
