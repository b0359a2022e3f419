import { describe, expect, test } from 'vitest';
import type { Job, JobState } from '../../../src/domain/job/job.js';
import {
  cancel,
  claim,
  discard,
  expireLease,
  failPermanently,
  failTransiently,
  crashError,
  LEASE_DISOWNED_ERROR,
  LEASE_EXPIRED_ERROR,
  loseWorker,
  release,
  retry,
  succeed,
  type Rejection,
  type Transition,
} from '../../../src/domain/job/transitions.js';
import { NOW, pendingJob } from '../../support/jobs.js';

const MAX_RETRIES = 3;
const TIMEOUT_MS = 5000;
const TOKEN = 7;
const spec = { maxRetries: MAX_RETRIES, timeoutMs: TIMEOUT_MS, createdAt: NOW - 90_000 };
const earlier = { updatedAt: NOW - 60_000, lastError: 'HTTP 500', leaseToken: TOKEN, crashes: 1 };
const begun = { workerId: 'worker-1', startedAt: NOW - 1000 };
const running = { ...spec, ...earlier, ...begun, status: 'running' } as const;

const STANDINGS = [
  'pending, due',
  'pending, not due',
  'running, retries left, lease valid',
  'running, retries left, lease ended',
  'running, last attempt, lease valid',
  'running, last attempt, lease ended',
  'completed',
  'dead',
] as const;
type Standing = (typeof STANDINGS)[number];

const JOBS: Record<Standing, Job> = {
  'pending, due': pendingJob({ ...spec, ...earlier, attempt: 1, visibleAt: NOW }),
  'pending, not due': pendingJob({ ...spec, ...earlier, attempt: 1, visibleAt: NOW + 1 }),
  'running, retries left, lease valid': pendingJob({ ...running, attempt: MAX_RETRIES, visibleAt: NOW + 1 }),
  'running, retries left, lease ended': pendingJob({ ...running, attempt: MAX_RETRIES, visibleAt: NOW }),
  'running, last attempt, lease valid': pendingJob({
    ...running,
    attempt: MAX_RETRIES + 1,
    visibleAt: NOW + 1,
  }),
  'running, last attempt, lease ended': pendingJob({ ...running, attempt: MAX_RETRIES + 1, visibleAt: NOW }),
  completed: pendingJob({
    ...running,
    status: 'completed',
    attempt: 2,
    completedAt: NOW - 10,
    result: '{"done":true}',
    resultTruncated: true,
  }),
  dead: pendingJob({ ...running, status: 'dead', attempt: MAX_RETRIES + 1, completedAt: NOW - 10 }),
};

const own = { leaseToken: TOKEN };
const stale = { leaseToken: TOKEN - 1 };
const success = { result: '{"ok":1}', resultTruncated: false };

const EVENT_NAMES = [
  'claim',
  'succeed',
  'succeed, stale lease',
  'failTransiently',
  'failTransiently, stale lease',
  'failPermanently',
  'failPermanently, stale lease',
  'expireLease',
  'expireLease, disowned',
  'release',
  'release, stale lease',
  'loseWorker',
  'loseWorker, stopping',
  'loseWorker, too often',
  'cancel',
  'retry',
  'discard',
] as const;
type EventName = (typeof EVENT_NAMES)[number];

const EVENTS: Record<EventName, (job: Job) => Transition> = {
  claim: (job: Job) => claim(job, { workerId: 'worker-2' }, NOW),
  succeed: (job: Job) => succeed(job, { ...own, ...success }, NOW),
  'succeed, stale lease': (job: Job) => succeed(job, { ...stale, ...success }, NOW),
  failTransiently: (job: Job) => failTransiently(job, { ...own, error: 'HTTP 503', retryInMs: 700 }, NOW),
  'failTransiently, stale lease': (job: Job) =>
    failTransiently(job, { ...stale, error: 'HTTP 503', retryInMs: 700 }, NOW),
  failPermanently: (job: Job) => failPermanently(job, { ...own, error: 'HTTP 404' }, NOW),
  'failPermanently, stale lease': (job: Job) => failPermanently(job, { ...stale, error: 'HTTP 404' }, NOW),
  expireLease: (job: Job) => expireLease(job, { retryInMs: 900 }, NOW),
  'expireLease, disowned': (job: Job) => expireLease(job, { retryInMs: 900, disowned: true }, NOW),
  release: (job: Job) => release(job, own, NOW),
  'release, stale lease': (job: Job) => release(job, stale, NOW),
  loseWorker: (job: Job) => loseWorker(job, { stopping: false, maxCrashes: 3, retryInMs: 300 }, NOW),
  'loseWorker, stopping': (job: Job) =>
    loseWorker(job, { stopping: true, maxCrashes: 2, retryInMs: 300 }, NOW),
  'loseWorker, too often': (job: Job) =>
    loseWorker(job, { stopping: false, maxCrashes: 2, retryInMs: 300 }, NOW),
  cancel: (job: Job) => cancel(job),
  retry: (job: Job) => retry(job, NOW),
  discard: (job: Job) => discard(job),
};

/** Why the event is refused, 'deleted', or all that it changes besides `updatedAt`. */
type Expected = Rejection | 'deleted' | Partial<JobState>;

const waiting = { status: 'pending', workerId: null, startedAt: null } as const;
const giveUp = (lastError: string) => ({ status: 'dead', completedAt: NOW, lastError }) as const;

/** The same answer wherever the job is not running. */
const notRunning = {
  'pending, due': 'not_running',
  'pending, not due': 'not_running',
  completed: 'not_running',
  dead: 'not_running',
} as const;
const staleLease: Record<Standing, Expected> = {
  ...notRunning,
  'running, retries left, lease valid': 'lease_lost',
  'running, retries left, lease ended': 'lease_lost',
  'running, last attempt, lease valid': 'lease_lost',
  'running, last attempt, lease ended': 'lease_lost',
};
/** A result counts as long as nobody took the lease away, even one that comes in after the lease's end. */
function ownLease(retriesLeft: Partial<JobState>, lastAttempt = retriesLeft): Record<Standing, Expected> {
  return {
    ...notRunning,
    'running, retries left, lease valid': retriesLeft,
    'running, retries left, lease ended': retriesLeft,
    'running, last attempt, lease valid': lastAttempt,
    'running, last attempt, lease ended': lastAttempt,
  };
}

const TABLE: Record<EventName, Record<Standing, Expected>> = {
  claim: {
    'pending, due': {
      status: 'running',
      attempt: 2,
      leaseToken: TOKEN + 1,
      visibleAt: NOW + TIMEOUT_MS,
      workerId: 'worker-2',
      startedAt: NOW,
    },
    'pending, not due': 'not_due',
    'running, retries left, lease valid': 'not_pending',
    'running, retries left, lease ended': 'not_pending',
    'running, last attempt, lease valid': 'not_pending',
    'running, last attempt, lease ended': 'not_pending',
    completed: 'not_pending',
    dead: 'not_pending',
  },
  succeed: ownLease({ status: 'completed', completedAt: NOW, ...success }),
  'succeed, stale lease': staleLease,
  failTransiently: ownLease(
    { ...waiting, visibleAt: NOW + 700, lastError: 'HTTP 503', crashes: 0 },
    { ...giveUp('HTTP 503'), crashes: 0 },
  ),
  'failTransiently, stale lease': staleLease,
  failPermanently: ownLease(giveUp('HTTP 404')),
  'failPermanently, stale lease': staleLease,
  expireLease: {
    ...notRunning,
    'running, retries left, lease valid': 'lease_valid',
    'running, retries left, lease ended': {
      ...waiting,
      visibleAt: NOW + 900,
      lastError: LEASE_EXPIRED_ERROR,
    },
    'running, last attempt, lease valid': 'lease_valid',
    'running, last attempt, lease ended': giveUp(LEASE_EXPIRED_ERROR),
  },
  'expireLease, disowned': ownLease(
    { ...waiting, visibleAt: NOW + 900, lastError: LEASE_DISOWNED_ERROR },
    giveUp(LEASE_DISOWNED_ERROR),
  ),
  release: ownLease(
    { ...waiting, attempt: MAX_RETRIES - 1, visibleAt: NOW },
    { ...waiting, attempt: MAX_RETRIES, visibleAt: NOW },
  ),
  'release, stale lease': staleLease,
  loseWorker: ownLease(
    { ...waiting, attempt: MAX_RETRIES - 1, visibleAt: NOW + 300, crashes: 2 },
    { ...waiting, attempt: MAX_RETRIES, visibleAt: NOW + 300, crashes: 2 },
  ),
  'loseWorker, stopping': ownLease(
    { ...waiting, attempt: MAX_RETRIES - 1, visibleAt: NOW },
    { ...waiting, attempt: MAX_RETRIES, visibleAt: NOW },
  ),
  'loseWorker, too often': ownLease(
    { ...giveUp(crashError(2)), attempt: MAX_RETRIES - 1, crashes: 2 },
    { ...giveUp(crashError(2)), attempt: MAX_RETRIES, crashes: 2 },
  ),
  cancel: {
    'pending, due': 'deleted',
    'pending, not due': 'deleted',
    'running, retries left, lease valid': 'not_pending',
    'running, retries left, lease ended': 'not_pending',
    'running, last attempt, lease valid': 'not_pending',
    'running, last attempt, lease ended': 'not_pending',
    completed: 'not_pending',
    dead: 'not_pending',
  },
  retry: {
    'pending, due': 'not_dead',
    'pending, not due': 'not_dead',
    'running, retries left, lease valid': 'not_dead',
    'running, retries left, lease ended': 'not_dead',
    'running, last attempt, lease valid': 'not_dead',
    'running, last attempt, lease ended': 'not_dead',
    completed: 'not_dead',
    dead: { ...waiting, attempt: 0, visibleAt: NOW, completedAt: null, lastError: null, crashes: 0 },
  },
  discard: {
    'pending, due': 'not_finished',
    'pending, not due': 'not_finished',
    'running, retries left, lease valid': 'not_finished',
    'running, retries left, lease ended': 'not_finished',
    'running, last attempt, lease valid': 'not_finished',
    'running, last attempt, lease ended': 'not_finished',
    completed: 'deleted',
    dead: 'deleted',
  },
};

describe.each(EVENT_NAMES)('%s', (event) => {
  test.each(STANDINGS.map((standing) => [standing, TABLE[event][standing]] as const))(
    'of a job that is %s',
    (standing, expected) => {
      const job = Object.freeze({ ...JOBS[standing] });
      expect(EVENTS[event](job)).toStrictEqual(transition(job, expected));
    },
  );
});

function transition(job: Job, expected: Expected): Transition {
  if (expected === 'deleted') return { kind: 'deleted' };
  if (typeof expected === 'string') return { kind: 'rejected', reason: expected };
  return { kind: 'changed', job: { ...job, updatedAt: NOW, ...expected } };
}
