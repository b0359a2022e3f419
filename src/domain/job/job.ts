import type { BackoffStrategy } from '../retry/backoff.js';

export const JOB_STATUSES = ['pending', 'running', 'completed', 'dead'] as const;
export type JobStatus = (typeof JOB_STATUSES)[number];

/** What was asked for; never changes after the enqueue. */
export interface JobSpec {
  /** UUID v7, so that ids sort in the order of creation. */
  readonly id: string;
  readonly queueName: string;
  /** Higher runs first within a queue; a 32-bit integer. */
  readonly priority: number;
  /** JSON text, delivered byte for byte. */
  readonly payload: string;
  readonly callbackUrl: string;
  /** What the deliveries carry beside mininq's own headers, as formatJobHeaders writes it; null: nothing. */
  readonly headers: string | null;
  readonly maxRetries: number;
  /** null: the queue decides, at each failure. */
  readonly retryBackoff: BackoffStrategy | null;
  readonly baseDelayMs: number | null;
  readonly maxDelayMs: number | null;
  readonly timeoutMs: number;
  readonly idempotencyKey: string | null;
  /** The schedule whose tick made this job. */
  readonly scheduleId: string | null;
  readonly createdAt: number;
}

/** Where the job stands: the part that a transition replaces as a whole. Instants are epoch milliseconds. */
export interface JobState {
  readonly status: JobStatus;
  /** Deliveries begun since the enqueue or the last manual retry. */
  readonly attempt: number;
  /** pending: when it is due. running: when the lease ends. */
  readonly visibleAt: number;
  /**
   * How often the job was ever claimed. While it runs, this is the lease's token; as it only grows, a token is
   * never reused, not even after a manual retry.
   */
  readonly leaseToken: number;
  readonly workerId: string | null;
  readonly startedAt: number | null;
  readonly completedAt: number | null;
  readonly lastError: string | null;
  readonly result: string | null;
  readonly resultTruncated: boolean;
  /**
   * How often in a row a worker died that ran the job: since the enqueue, the last manual retry, or the last attempt
   * whose worker lived to see it fail.
   */
  readonly crashes: number;
  readonly updatedAt: number;
}

export interface Job extends JobSpec, JobState {}

/** A job to be stored. `maxRetries: null` takes the queue's own figure at the moment of the insert. */
export interface NewJob extends Omit<JobSpec, 'maxRetries'> {
  readonly maxRetries: number | null;
  /** When the job is due. */
  readonly visibleAt: number;
}

/**
 * The job as it is stored first. All fields are written down, as every job passes here: spreading one object and adding
 * properties takes V8 a hundred times as long. Transitions may spread a job, since they add none.
 * @param queueMaxRetries for a job that does not say
 */
export function pendingJob(job: NewJob, queueMaxRetries: number): Job {
  return {
    id: job.id,
    queueName: job.queueName,
    status: 'pending',
    priority: job.priority,
    payload: job.payload,
    callbackUrl: job.callbackUrl,
    headers: job.headers,
    visibleAt: job.visibleAt,
    attempt: 0,
    maxRetries: job.maxRetries ?? queueMaxRetries,
    retryBackoff: job.retryBackoff,
    baseDelayMs: job.baseDelayMs,
    maxDelayMs: job.maxDelayMs,
    timeoutMs: job.timeoutMs,
    idempotencyKey: job.idempotencyKey,
    scheduleId: job.scheduleId,
    leaseToken: 0,
    workerId: null,
    startedAt: null,
    completedAt: null,
    lastError: null,
    result: null,
    resultTruncated: false,
    crashes: 0,
    createdAt: job.createdAt,
    updatedAt: job.createdAt,
  };
}

/** A job without the texts that may be long. */
export type JobSummary = Omit<Job, 'payload' | 'result'>;

export function summaryOf({ payload, result, ...summary }: Job): JobSummary {
  return summary;
}

/** A job that runs, without its payload; it has no result yet. */
export type RunningJob = Omit<Job, 'payload'>;

/** Characters of the texts that may be long. */
export function textLengthOf({ payload, result }: Job): number {
  return payload.length + (result?.length ?? 0);
}

/** Ready: pending and due. The rest of the pending jobs are delayed. */
export function isReady(job: Pick<JobState, 'status' | 'visibleAt'>, now: number): boolean {
  return job.status === 'pending' && job.visibleAt <= now;
}
