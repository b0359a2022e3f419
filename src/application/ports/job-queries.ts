import type { FailedAttempt } from '../../domain/job/outcome.js';
import type { Job, JobStatus, JobSummary } from '../../domain/job/job.js';

export interface JobFilter {
  readonly queue?: string;
  readonly status?: JobStatus;
}

export interface Page {
  readonly limit: number;
  readonly offset: number;
  /** Only jobs older than the one with this id: such pages stay put while jobs arrive. */
  readonly before?: string;
  /** Characters of payloads and results: the job that reaches them is the page's last. None: no bound. */
  readonly maxText?: number;
}

export interface JobPage {
  /** Newest first. */
  readonly jobs: readonly Job[];
  /** What the next page is to give as `before`; null: there are no older jobs that match. */
  readonly next: string | null;
}

/** Jobs must match all that is given. */
export interface JobSearch extends JobFilter {
  /** Jobs that this schedule made. */
  readonly scheduleId?: string;
  /** The job that has this key, as a whole. */
  readonly idempotencyKey?: string;
  /** Jobs whose callback URL contains this text; ASCII letters in either case are the same. */
  readonly urlPart?: string;
}

export interface SearchStep {
  /** Jobs at most, >= 1. */
  readonly limit: number;
  /** Only jobs older than the one with this id. */
  readonly before?: string;
}

export interface JobsFound {
  /** Newest first. */
  readonly jobs: readonly JobSummary[];
  /** What the next step is to give as `before`; null: there are no older jobs to look at. */
  readonly next: string | null;
}

/** How many jobs of a queue are in each status. A queue that was deleted keeps the counts of its finished jobs. */
export interface JobCounts {
  readonly queueName: string;
  readonly pending: number;
  /** Those of the pending jobs that were not due when jobs were last claimed; the others are ready. */
  readonly delayed: number;
  readonly running: number;
  readonly completed: number;
  readonly dead: number;
}

/** What happened within a minute. */
export interface MinuteThroughput {
  /** Epoch milliseconds of its beginning. */
  readonly minute: number;
  /** Jobs that completed. */
  readonly completed: number;
  /** Attempts that failed. */
  readonly failed: number;
}

/** A failed attempt of which the store still knows. */
export interface KeptAttempt extends FailedAttempt {
  /** Failed attempts right before this one that the store has not kept. */
  readonly omittedBefore: number;
}

/** Reading jobs. Rejects with StoreUnavailableError when the store fails. */
export interface JobQueries {
  get(id: string): Promise<Job | null>;
  list(filter: JobFilter, page: Page): Promise<JobPage>;
  /**
   * One bounded step of a search: it looks at a few thousand jobs at most, so it may find fewer than there are, or
   * none, and still say where to go on.
   */
  search(search: JobSearch, step: SearchStep): Promise<JobsFound>;
  /** Running jobs of a worker, those first whose lease ends first. */
  runningOf(workerId: string, limit: number): Promise<JobSummary[]>;
  /** By queue, ordered by name; without a scan of the jobs. */
  counts(): Promise<JobCounts[]>;
  /** The counts of one queue; zeros when it never had a job. */
  countsOf(queueName: string): Promise<JobCounts>;
  /** The sum of all the counts, those of deleted queues included. */
  totals(): Promise<Omit<JobCounts, 'queueName'>>;
  /**
   * When the job fell due that has been ready for longest, epoch milliseconds; null when none is ready. Among very
   * many jobs that were delayed or retried a store may miss the longest.
   */
  oldestReadyAt(): Promise<number | null>;
  /**
   * The minutes from `since` (epoch milliseconds) on in which something happened, in order. A store keeps those of
   * the last hour at least, over restarts.
   */
  throughput(since: number): Promise<MinuteThroughput[]>;
  /** The last `limit` of the failed attempts that a job has kept, the oldest of them first. */
  failedAttempts(jobId: string, limit: number): Promise<KeptAttempt[]>;
  /** A number that is another one once another process has changed anything in the store. */
  foreignChanges(): Promise<number>;
}
