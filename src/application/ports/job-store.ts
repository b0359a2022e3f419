import type { FailedAttempt } from '../../domain/job/outcome.js';
import type { Job, JobState, JobStatus, NewJob, RunningJob } from '../../domain/job/job.js';
import type { QueueSnapshot, Share } from '../../domain/queue/claim-plan.js';
import type { Retention } from '../../domain/job/retention.js';
import type { QueueSettings } from '../../domain/queue/queue.js';

export interface InsertRequest {
  readonly jobs: readonly NewJob[];
  /** Epoch milliseconds; decides which of the jobs are ready. */
  readonly now: number;
  /** For queues that do not exist yet: they are created. */
  readonly queueDefaults: QueueSettings;
}

export type InsertOutcome =
  | { readonly kind: 'inserted'; readonly job: Job }
  /** A job with the same idempotency key exists (in the store or earlier in the same request). */
  | { readonly kind: 'duplicate'; readonly job: Job };

/** Why jobs were not inserted: with them there would be more than there may be. */
export type JobsRefused = 'too_many_jobs' | QueueFull;

/** The pending jobs would be more than the queue's `maxDepth`. */
export interface QueueFull {
  readonly kind: 'queue_full';
  readonly queueName: string;
}

export interface ClaimRequest {
  readonly now: number;
  /** Registered in the WorkerStore. */
  readonly workerId: string;
  /** How many jobs at most, >= 1. */
  readonly slots: number;
  /** Only these queues; empty: all. */
  readonly queues: readonly string[];
  /**
   * Says how the slots are shared out among queues that have ready jobs. A store may offer a part of a large number
   * of queues; it then offers the others at the next claims, each in turn.
   */
  readonly plan: (queues: readonly QueueSnapshot[]) => readonly Share[];
  /** What the claimer has room for beside; absent: anything. */
  readonly admission?: Admission;
}

/** What a claimer has room for. Both are asked within the store's step, which may be repeated: `plan` begins it. */
export interface Admission {
  /** false: the queue is not offered, as if it had nothing ready. */
  readonly queue: (name: string) => boolean;
  /** Asked before the job is claimed. false: it stays as it is, and so do those behind it in its queue. */
  readonly job: (job: Job) => boolean;
}

export type ClaimOutcome =
  | { readonly kind: 'claimed'; readonly jobs: readonly Job[] }
  /** The worker is to take no more jobs. */
  | { readonly kind: 'draining' }
  /** There is no such worker: it was declared dead. */
  | { readonly kind: 'lost' };

/** The outcome of an attempt, to be applied if the job still runs under the lease. */
export interface Settlement {
  readonly jobId: string;
  readonly leaseToken: number;
  readonly state: JobState;
  /**
   * Remembered when the settlement applies; null after a success or a release. A job keeps the first and the last
   * FAILED_ATTEMPTS_KEPT.
   */
  readonly failedAttempt: FailedAttempt | null;
}

/** lost: somebody else took the job over, or it was settled already. */
export type SettleOutcome = 'applied' | 'lost' | 'missing';

/** Epoch milliseconds: a lease that ended before the one, or was given before the other. */
export interface RunningSince {
  readonly endedBefore: number;
  readonly claimedBefore: number;
}

export interface AbandonedJob {
  readonly job: RunningJob;
  /** Its worker was ending in an orderly way when it died. */
  readonly stopping: boolean;
}

/** The state that a job is expected to be in still. */
export interface ExpectedState {
  readonly status: JobStatus;
  readonly leaseToken: number;
}

export interface PruneRequest {
  readonly now: number;
  /** Of queues that have none of their own, and of those that are gone. */
  readonly retention: Retention;
  /** Jobs that one step deletes at most. */
  readonly limit: number;
  /** Only queues whose names come after this one. */
  readonly after?: string;
}

export interface PruneOutcome {
  readonly deleted: number;
  /** What the next step is to give as `after`; null: there is nothing left to delete. */
  readonly next: string | null;
}

/**
 * Jobs and their leases. Each method is one atomic step that is durable when its promise resolves. A rejection means
 * that the store itself failed (StoreUnavailableError): nothing of the step happened, or its fate is unknown.
 */
export interface JobStore {
  /**
   * All or none; outcomes in the order of the jobs. too_many_queues: it would make more queues than the store may
   * have, and inserted nothing. So it is with too many jobs, of which those whose idempotency key is taken are none.
   */
  insert(request: InsertRequest): Promise<InsertOutcome[] | 'too_many_queues' | JobsRefused>;

  /**
   * Takes ready jobs, in each queue by priority (highest first), then in the order of their
   * insertion, which within one process is that of the ids. Pause, concurrency and rate of every
   * queue hold in the same step, over all processes that share the store. So does the worker's registration: what a
   * worker claims that is declared dead in the same moment is abandoned, and never overlooked.
   */
  claim(request: ClaimRequest): Promise<ClaimOutcome>;

  /** Applies each settlement whose lease is still the job's own; outcomes in order. */
  settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]>;

  /**
   * Running jobs of a worker whose lease ended, or was given, that long ago; those whose lease ends first come first.
   */
  runningOf(workerId: string, since: RunningSince, limit: number): Promise<RunningJob[]>;

  /** Running jobs whose worker is dead or was never registered, in any order. No worker will settle them any more. */
  abandoned(limit: number): Promise<AbandonedJob[]>;

  /**
   * The instant at which a claim may find more than it does now: a delayed job falls due, or a queue with ready jobs
   * gains a token. `now` when it would find something already; null when nothing is foreseen.
   * @param queues only these; empty: all
   * @param admits of these, only those whose name it admits; it says nothing of delayed jobs
   */
  nextDueAt(
    now: number,
    queues: readonly string[],
    admits?: (queueName: string) => boolean,
  ): Promise<number | null>;

  /**
   * Replaces the state of a job that is not running, if it is still as expected. Creates the queue if it is gone, however many there are.
   */
  replace(
    jobId: string,
    expected: ExpectedState,
    state: JobState,
    queueDefaults: QueueSettings,
  ): Promise<SettleOutcome>;

  /** Deletes a job, if it is still as expected. */
  remove(jobId: string, expected: ExpectedState): Promise<SettleOutcome>;

  /** One bounded step of deleting the finished jobs whose retention is over, queue by queue. */
  prune(request: PruneRequest): Promise<PruneOutcome>;

  /**
   * One step of comparing what the store counts with the jobs that it has: of every queue once, later of those whose
   * counts a claim found to be wrong. What differs is corrected, and logged.
   * @returns whether queues are left
   */
  recount(): Promise<boolean>;

  /** Rejects when the store cannot be read and written. */
  ping(): Promise<void>;

  close(): Promise<void>;
}
