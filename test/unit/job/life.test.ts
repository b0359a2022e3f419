import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Job } from '../../../src/domain/job/job.js';
import {
  cancel,
  claim,
  expireLease,
  failPermanently,
  failTransiently,
  loseWorker,
  release,
  retry,
  succeed,
  type Transition,
} from '../../../src/domain/job/transitions.js';
import { NOW, pendingJob, stateOf } from '../../support/jobs.js';
import { holds } from '../../support/property.js';

/** `token`: how far the event's lease token is from the job's own. */
interface Step {
  readonly event: keyof typeof EVENTS;
  readonly token: number;
  readonly passes: number;
  readonly retryInMs: number;
}

const MAX_CRASHES = 3;

const EVENTS = {
  claim: (job: Job, _: Step, now: number) => claim(job, { workerId: 'worker-1' }, now),
  succeed: (job: Job, { token }: Step, now: number) =>
    succeed(job, { leaseToken: job.leaseToken + token, result: 'ok', resultTruncated: false }, now),
  failTransiently: (job: Job, { token, retryInMs }: Step, now: number) =>
    failTransiently(job, { leaseToken: job.leaseToken + token, error: 'HTTP 500', retryInMs }, now),
  failPermanently: (job: Job, { token }: Step, now: number) =>
    failPermanently(job, { leaseToken: job.leaseToken + token, error: 'HTTP 404' }, now),
  expireLease: (job: Job, { retryInMs }: Step, now: number) => expireLease(job, { retryInMs }, now),
  release: (job: Job, { token }: Step, now: number) =>
    release(job, { leaseToken: job.leaseToken + token }, now),
  loseWorker: (job: Job, { retryInMs }: Step, now: number) =>
    loseWorker(job, { stopping: false, maxCrashes: MAX_CRASHES, retryInMs }, now),
  cancel: (job: Job) => cancel(job),
  retry: (job: Job, _: Step, now: number) => retry(job, now),
} satisfies Record<string, (job: Job, step: Step, now: number) => Transition>;

const step: fc.Arbitrary<Step> = fc.record({
  event: fc.constantFrom(
    // What moves a job on comes more often, so that lives get long.
    'claim',
    'claim',
    'claim',
    'failTransiently',
    'failTransiently',
    'succeed',
    'failPermanently',
    'expireLease',
    'release',
    'loseWorker',
    'cancel',
    'retry',
  ),
  token: fc.constantFrom(0, 0, 0, -1, 1),
  passes: fc.constantFrom(0, 1, 400, 1000, 5000),
  retryInMs: fc.constantFrom(0, 1, 1000),
});
const life = fc.record({
  maxRetries: fc.integer({ min: 0, max: 4 }),
  timeoutMs: fc.constantFrom(1, 1000, 30_000),
  steps: fc.array(step, { maxLength: 40, size: 'max' }),
});

test('whatever happens to a job, and in whatever order, its state makes sense', () => {
  let deaths = 0;
  let retries = 0;
  holds(
    fc.property(life, ({ maxRetries, timeoutMs, steps }) => {
      let job: Job = pendingJob({ maxRetries, timeoutMs });
      let now = NOW;
      /** Deliveries of this life that count. */
      let deliveries = 0;
      let crashes = 0;
      for (const step of steps) {
        now += step.passes;
        const transition = EVENTS[step.event](job, step, now);
        if (transition.kind === 'deleted') {
          expect(job.status).toBe('pending');
          return;
        }
        if (transition.kind === 'rejected') continue;
        const next = transition.job;
        if (step.event === 'claim') deliveries += 1;
        if (step.event === 'release' || step.event === 'loseWorker') deliveries -= 1;
        if (step.event === 'loseWorker') crashes += 1;
        if (step.event === 'failTransiently') crashes = 0;
        if (step.event === 'retry') deliveries = crashes = 0;
        expect({ ...next, ...stateOf(job) }, 'what was asked for stays').toEqual(job);
        expect(next.leaseToken).toBe(job.leaseToken + (step.event === 'claim' ? 1 : 0));
        expect([next.attempt, next.crashes]).toEqual([deliveries, crashes]);
        expect(next.updatedAt).toBe(now);
        checkSense(next);
        if (next.status === 'dead') deaths += 1;
        if (step.event === 'retry') retries += 1;
        job = next;
      }
    }),
    400,
  );
  // The lives were eventful enough to say something.
  expect(deaths).toBeGreaterThan(100);
  expect(retries).toBeGreaterThan(20);
});

function checkSense(job: Job): void {
  const finished = job.status === 'completed' || job.status === 'dead';
  const waits = job.status === 'pending';
  expect(job.completedAt === null).toBe(!finished);
  expect([job.workerId === null, job.startedAt === null]).toEqual([waits, waits]);
  expect(job.result === null).toBe(job.status !== 'completed');
  const isKiller = job.status === 'dead' && job.crashes === MAX_CRASHES;
  if (!isKiller) expect(job.crashes).toBeLessThan(MAX_CRASHES);
  expect(job.attempt).toBeGreaterThanOrEqual(waits || isKiller ? 0 : 1);
  // A pending job has a delivery left, a running one is in it.
  expect(job.attempt).toBeLessThanOrEqual(waits ? job.maxRetries : job.maxRetries + 1);
  if (job.status === 'running') expect(job.visibleAt).toBe((job.startedAt ?? NaN) + job.timeoutMs);
  if (job.status === 'dead') expect(job.lastError).not.toBeNull();
  if (waits) expect(job.lastError === null).toBe(job.attempt === 0);
}
