import type {
  JobCounts,
  JobFilter,
  JobPage,
  JobQueries,
  JobSearch,
  JobsFound,
  KeptAttempt,
  MinuteThroughput,
  Page,
  SearchStep,
} from '../../application/ports/job-queries.js';
import type { Job, JobSummary } from '../../domain/job/job.js';
import type { JobCipher } from './job-cipher.js';

/** Reads what an EncryptedJobStore has stored. Nothing is searched for in what is encrypted. */
export class EncryptedJobQueries implements JobQueries {
  readonly #queries: JobQueries;
  readonly #cipher: JobCipher;

  constructor(queries: JobQueries, cipher: JobCipher) {
    this.#queries = queries;
    this.#cipher = cipher;
  }

  async get(id: string): Promise<Job | null> {
    const job = await this.#queries.get(id);
    return job && this.#cipher.open(job).job;
  }

  async list(filter: JobFilter, page: Page): Promise<JobPage> {
    const { jobs, next } = await this.#queries.list(filter, page);
    return { jobs: jobs.map((job) => this.#cipher.open(job).job), next };
  }

  async search(search: JobSearch, step: SearchStep): Promise<JobsFound> {
    const { jobs, next } = await this.#queries.search(search, step);
    return { jobs: jobs.map((job) => this.#cipher.openHeaders(job)), next };
  }

  async runningOf(workerId: string, limit: number): Promise<JobSummary[]> {
    const jobs = await this.#queries.runningOf(workerId, limit);
    return jobs.map((job) => this.#cipher.openHeaders(job));
  }

  async failedAttempts(jobId: string, limit: number): Promise<KeptAttempt[]> {
    const attempts = await this.#queries.failedAttempts(jobId, limit);
    return attempts.map((attempt) => ({
      ...attempt,
      responseExcerpt: this.#cipher.openResponse(jobId, attempt.responseExcerpt),
    }));
  }

  counts(): Promise<JobCounts[]> {
    return this.#queries.counts();
  }

  countsOf(queueName: string): Promise<JobCounts> {
    return this.#queries.countsOf(queueName);
  }

  totals(): Promise<Omit<JobCounts, 'queueName'>> {
    return this.#queries.totals();
  }

  oldestReadyAt(): Promise<number | null> {
    return this.#queries.oldestReadyAt();
  }

  throughput(since: number): Promise<MinuteThroughput[]> {
    return this.#queries.throughput(since);
  }

  foreignChanges(): Promise<number> {
    return this.#queries.foreignChanges();
  }
}
