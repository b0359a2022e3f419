import type { Job, JobState, RunningJob } from './job.js';

/*
 * The life of a job. Each transition is a pure function from (job, event, now) to the job as it then is, or to the
 * reason why it may not happen.
 *
 *   event             from                         to
 *   claim             pending and due              running
 *   succeed           running, own lease           completed
 *   failTransiently   running, own lease           pending, or dead once attempt > maxRetries
 *   failPermanently   running, own lease           dead
 *   expireLease       running, visibleAt passed,   pending, or dead once attempt > maxRetries
 *                     or disowned by its worker
 *   release           running, own lease           pending, the attempt given back
 *   loseWorker        running, its worker dead     the same, crashes + 1 unless it was stopping; dead once
 *                                                  crashes = maxCrashes
 *   cancel            pending                      deleted
 *   retry             dead                         pending, attempt 0
 *   discard           completed or dead            deleted
 */

export type Rejection =
  'not_pending' | 'not_due' | 'not_running' | 'lease_lost' | 'lease_valid' | 'not_dead' | 'not_finished';

/** What becomes of a job; `changed` has all of it as it then is. */
export type Transition<J = Job> =
  | { readonly kind: 'changed'; readonly job: J }
  | { readonly kind: 'deleted' }
  | { readonly kind: 'rejected'; readonly reason: Rejection };

/** The last_error of a job whose worker lives, but did not settle it in time. */
export const LEASE_EXPIRED_ERROR = 'lease expired: the worker did not report within timeout_ms';

/** The last_error of a job that its worker claimed, or delivered, and lost track of: the store did not answer. */
export const LEASE_DISOWNED_ERROR = 'lease dropped: the worker does not know what became of the attempt';

export function claim(job: Job, event: { readonly workerId: string }, now: number): Transition {
  if (job.status !== 'pending') return rejected('not_pending');
  if (job.visibleAt > now) return rejected('not_due');
  return changed({
    ...job,
    status: 'running',
    attempt: job.attempt + 1,
    leaseToken: job.leaseToken + 1,
    visibleAt: now + job.timeoutMs,
    workerId: event.workerId,
    startedAt: now,
    updatedAt: now,
  });
}

export function succeed(
  job: Job,
  event: { readonly leaseToken: number; readonly result: string; readonly resultTruncated: boolean },
  now: number,
): Transition {
  const refusal = refuseUnlessLeased(job, event.leaseToken);
  if (refusal) return refusal;
  return changed({
    ...job,
    status: 'completed',
    completedAt: now,
    result: event.result,
    resultTruncated: event.resultTruncated,
    updatedAt: now,
  });
}

export function failTransiently(
  job: Job,
  event: { readonly leaseToken: number; readonly error: string; readonly retryInMs: number },
  now: number,
): Transition {
  const refusal = refuseUnlessLeased(job, event.leaseToken);
  // Its worker has outlived it: what died before was not this job's doing.
  return refusal ?? afterFailedAttempt({ ...job, crashes: 0 }, event.error, event.retryInMs, now);
}

export function failPermanently(
  job: Job,
  event: { readonly leaseToken: number; readonly error: string },
  now: number,
): Transition {
  return refuseUnlessLeased(job, event.leaseToken) ?? dead(job, event.error, now);
}

/**
 * A lease that ran out under a live worker counts as a failed attempt: the delivery may well have been made. So does
 * one that its worker knows nothing of, though its time is not over.
 */
export function expireLease<J extends RunningJob>(
  job: J,
  event: { readonly retryInMs: number; readonly disowned?: boolean },
  now: number,
): Transition<J> {
  if (job.status !== 'running') return rejected('not_running');
  if (event.disowned) return afterFailedAttempt(job, LEASE_DISOWNED_ERROR, event.retryInMs, now);
  if (job.visibleAt > now) return rejected('lease_valid');
  return afterFailedAttempt(job, LEASE_EXPIRED_ERROR, event.retryInMs, now);
}

/** Gives an attempt back that was interrupted or could not be made, as if the claim had not been. */
export function release(job: Job, event: { readonly leaseToken: number }, now: number): Transition {
  const refusal = refuseUnlessLeased(job, event.leaseToken);
  return refusal ?? changed(givenBack(job, now));
}

/**
 * The worker of the job died. That is no failed attempt, as the delivery may never have begun; but a job that takes
 * its workers down must not do so for ever. A worker that was told to end, and was killed before it had, did not crash.
 */
export function loseWorker<J extends RunningJob>(
  job: J,
  event: { readonly stopping: boolean; readonly maxCrashes: number; readonly retryInMs: number },
  now: number,
): Transition<J> {
  if (job.status !== 'running') return rejected('not_running');
  if (event.stopping) return changed(givenBack(job, now));
  const crashes = job.crashes + 1;
  if (crashes < event.maxCrashes) {
    return changed({ ...givenBack(job, now), visibleAt: now + event.retryInMs, crashes });
  }
  return changed({
    ...job,
    status: 'dead',
    attempt: job.attempt - 1,
    completedAt: now,
    lastError: crashError(crashes),
    crashes,
    updatedAt: now,
  });
}

export function cancel(job: Pick<JobState, 'status'>): Transition {
  return job.status === 'pending' ? { kind: 'deleted' } : rejected('not_pending');
}

export function discard(job: Pick<JobState, 'status'>): Transition {
  const isFinished = job.status === 'completed' || job.status === 'dead';
  return isFinished ? { kind: 'deleted' } : rejected('not_finished');
}

export function retry<J extends JobState>(job: J, now: number): Transition<J> {
  if (job.status !== 'dead') return rejected('not_dead');
  return changed({
    ...job,
    status: 'pending',
    attempt: 0,
    visibleAt: now,
    workerId: null,
    startedAt: null,
    completedAt: null,
    lastError: null,
    crashes: 0,
    updatedAt: now,
  });
}

/** The last_error of a job whose workers died too often. */
export function crashError(crashes: number): string {
  const times = crashes === 1 ? 'once' : `${crashes} times in a row`;
  return `worker lost: this job seems to take its workers down; the process that ran it died ${times}`;
}

function givenBack<J extends RunningJob>(job: J, now: number): J {
  return {
    ...job,
    status: 'pending',
    attempt: job.attempt - 1,
    visibleAt: now,
    workerId: null,
    startedAt: null,
    updatedAt: now,
  };
}

function afterFailedAttempt<J extends RunningJob>(
  job: J,
  error: string,
  retryInMs: number,
  now: number,
): Transition<J> {
  if (job.attempt > job.maxRetries) return dead(job, error, now);
  return changed({
    ...job,
    status: 'pending',
    visibleAt: now + retryInMs,
    workerId: null,
    startedAt: null,
    lastError: error,
    updatedAt: now,
  });
}

function dead<J extends RunningJob>(job: J, error: string, now: number): Transition<J> {
  return changed({ ...job, status: 'dead', completedAt: now, lastError: error, updatedAt: now });
}

function refuseUnlessLeased(job: Job, leaseToken: number): Transition | null {
  if (job.status !== 'running') return rejected('not_running');
  return job.leaseToken === leaseToken ? null : rejected('lease_lost');
}

function changed<J>(job: J): Transition<J> {
  return { kind: 'changed', job };
}

function rejected<J>(reason: Rejection): Transition<J> {
  return { kind: 'rejected', reason };
}
