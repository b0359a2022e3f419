import type { FailedAttempt } from '../../domain/job/outcome.js';
import type { Job, JobStatus } from '../../domain/job/job.js';

export interface JobFilter {
  readonly queue?: string;
  readonly status?: JobStatus;
}

export interface Page {
  readonly limit: number;
  readonly offset: number;
  /** Only jobs older than the one with this id: such pages stay put while jobs arrive. */
  readonly before?: string;
}

/** How many jobs of a queue are in each status. A queue that was deleted keeps the counts of its finished jobs. */
export interface JobCounts {
  readonly queueName: string;
  readonly pending: number;
  readonly running: number;
  readonly completed: number;
  readonly dead: number;
}

/** Reading jobs. Rejects with StoreUnavailableError when the store fails. */
export interface JobQueries {
  get(id: string): Promise<Job | null>;
  /** Newest first. */
  list(filter: JobFilter, page: Page): Promise<Job[]>;
  /** By queue, ordered by name; without a scan of the jobs. */
  counts(): Promise<JobCounts[]>;
  /** The counts of one queue; zeros when it never had a job. */
  countsOf(queueName: string): Promise<JobCounts>;
  /** Failed attempts of a job, the oldest first. */
  failedAttempts(jobId: string): Promise<FailedAttempt[]>;
}
