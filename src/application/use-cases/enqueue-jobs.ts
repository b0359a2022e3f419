import * as z from 'zod';
import type { CallbackRules } from '../callback-rules.js';
import type { NewJob } from '../../domain/job/job.js';
import { formatJobHeaders, type JobHeaders } from '../../domain/job/job-headers.js';
import type { BackoffStrategy } from '../../domain/retry/backoff.js';
import { queueDefaults, type JobDefaults } from '../config.js';
import { ok, queueFull, tooManyJobs, tooManyQueues, type Refused, type Result } from '../errors.js';
import * as fields from '../fields.js';
import { jobHeaders } from '../job-headers.js';
import { check } from '../validation.js';
import type { InsertOutcome, JobsRefused } from '../ports/job-store.js';
import type { Ports } from './ports.js';

/** null: the queue or the configuration decides. */
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
  /** What the deliveries carry beside mininq's own headers. */
  readonly headers?: JobHeaders | null;
}

/** The rules of each field of a new job, over HTTP and in this process. @param callbacks what a callback URL may be */
export function newJobFields(callbacks: CallbackRules) {
  return {
    callbackUrl: fields.callbackUrl(callbacks),
    queueName: fields.queueName,
    priority: fields.priority,
    maxRetries: fields.count,
    retryBackoff: fields.retryBackoff,
    baseDelayMs: fields.count,
    maxDelayMs: fields.count,
    timeoutMs: fields.timeoutMs,
    idempotencyKey: fields.idempotencyKey,
    delayMs: fields.delayMs,
    headers: jobHeaders,
  };
}

/**
 * Stores jobs, all or none; those whose idempotency key is taken are answered with the job that has it. Refuses, as
 * the HTTP API does, all of them if there is anything wrong with one.
 */
export type EnqueueJobs = (requests: readonly EnqueueJob[]) => Promise<Result<InsertOutcome[]>>;

/** @param enqueue for what is checked */
export function enqueueJobs(enqueue: EnqueueCheckedJobs, callbacks: CallbackRules): EnqueueJobs {
  const job = newJobFields(callbacks);
  const jobs = z.array(
    fields.object({
      callbackUrl: job.callbackUrl,
      queueName: job.queueName,
      priority: job.priority,
      payload: fields.payloadText,
      maxRetries: job.maxRetries.nullable(),
      retryBackoff: job.retryBackoff.nullable(),
      baseDelayMs: job.baseDelayMs.nullable(),
      maxDelayMs: job.maxDelayMs.nullable(),
      timeoutMs: job.timeoutMs.nullable(),
      idempotencyKey: job.idempotencyKey.nullable(),
      delayMs: job.delayMs,
      headers: job.headers.nullable().default(null),
    }),
    { error: 'must be an array of jobs' },
  );
  const schema = z.object({ jobs });
  return async (requests) => {
    const checked = check(schema, { jobs: requests });
    return checked.ok ? enqueue(checked.value.jobs) : checked;
  };
}

/** The same for requests that an interface has checked by the same rules. */
export type EnqueueCheckedJobs = (requests: readonly EnqueueJob[]) => Promise<Result<InsertOutcome[]>>;

export function enqueueCheckedJobs(
  { jobs, clock, ids, events }: Pick<Ports, 'jobs' | 'clock' | 'ids' | 'events'>,
  defaults: JobDefaults,
): EnqueueCheckedJobs {
  return async (requests) => {
    const now = clock.now();
    const outcomes = await jobs.insert({
      jobs: requests.map((request) => toNewJob(request, ids.next(), now, defaults)),
      now,
      queueDefaults: queueDefaults(defaults),
    });
    if (outcomes === 'too_many_queues') return tooManyQueues();
    if (!Array.isArray(outcomes)) return jobsRefused(outcomes);
    if (outcomes.some(({ kind }) => kind === 'inserted')) events.publish({ type: 'jobs_pending' });
    return ok(outcomes);
  };
}

export function jobsRefused(refused: JobsRefused): Refused {
  return refused === 'too_many_jobs' ? tooManyJobs() : queueFull(refused.queueName);
}

/** Field by field: every job passes here, and an object made by a rest pattern is slow to make and to read. */
function toNewJob(request: EnqueueJob, id: string, now: number, defaults: JobDefaults): NewJob {
  return {
    id,
    queueName: request.queueName,
    priority: request.priority,
    payload: request.payload,
    callbackUrl: request.callbackUrl,
    headers: request.headers == null ? null : formatJobHeaders(request.headers),
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
