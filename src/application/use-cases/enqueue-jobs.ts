import type { NewJob } from '../../domain/job/job.js';
import type { BackoffStrategy } from '../../domain/retry/backoff.js';
import { queueDefaults, type JobDefaults } from '../config.js';
import type { InsertOutcome } from '../ports/job-store.js';
import type { Ports } from './ports.js';

/** A checked request; null: the queue or the configuration decides. */
export interface EnqueueJob {
  readonly callbackUrl: string;
  readonly queueName: string;
  readonly priority: number;
  /** JSON text of an object. */
  readonly payload: string;
  readonly maxRetries: number | null;
  readonly retryBackoff: BackoffStrategy | null;
  readonly baseDelayMs: number | null;
  readonly maxDelayMs: number | null;
  readonly timeoutMs: number | null;
  readonly idempotencyKey: string | null;
  readonly delayMs: number;
}

/** Stores jobs, all or none; those whose idempotency key is taken are answered with the job that has it. */
export type EnqueueJobs = (requests: readonly EnqueueJob[]) => Promise<InsertOutcome[]>;

export function enqueueJobs(
  { jobs, clock, ids, events }: Pick<Ports, 'jobs' | 'clock' | 'ids' | 'events'>,
  defaults: JobDefaults,
): EnqueueJobs {
  return async (requests) => {
    const now = clock.now();
    const outcomes = await jobs.insert({
      jobs: requests.map((request) => toNewJob(request, ids.next(), now, defaults)),
      now,
      queueDefaults: queueDefaults(defaults),
    });
    if (outcomes.some(({ kind }) => kind === 'inserted')) events.publish({ type: 'jobs_pending' });
    return outcomes;
  };
}

/** Field by field: every job passes here, and an object made by a rest pattern is slow to make and to read. */
function toNewJob(request: EnqueueJob, id: string, now: number, defaults: JobDefaults): NewJob {
  return {
    id,
    queueName: request.queueName,
    priority: request.priority,
    payload: request.payload,
    callbackUrl: request.callbackUrl,
    maxRetries: request.maxRetries,
    retryBackoff: request.retryBackoff,
    baseDelayMs: request.baseDelayMs,
    maxDelayMs: request.maxDelayMs,
    timeoutMs: request.timeoutMs ?? defaults.timeoutMs,
    idempotencyKey: request.idempotencyKey,
    scheduleId: null,
    createdAt: now,
    visibleAt: now + request.delayMs,
  };
}
