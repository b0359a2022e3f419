import type { Job } from '../../domain/job/job.js';
import type { FailedAttempt } from '../../domain/job/outcome.js';
import type { JobCounts, JobFilter, JobQueries, Page } from '../../application/ports/job-queries.js';
import type { MemoryData } from './memory-data.js';

export class MemoryJobQueries implements JobQueries {
  readonly #data: MemoryData;

  constructor(data: MemoryData) {
    this.#data = data;
  }

  get(id: string): Promise<Job | null> {
    return Promise.resolve(this.#data.jobs.get(id) ?? null);
  }

  list(filter: JobFilter, { limit, offset, before }: Page): Promise<Job[]> {
    const matching = [...this.#data.jobs.values()]
      .filter((job) => filter.queue === undefined || job.queueName === filter.queue)
      .filter((job) => filter.status === undefined || job.status === filter.status)
      .filter((job) => before === undefined || job.id < before)
      .sort((a, b) => (a.id < b.id ? 1 : -1));
    return Promise.resolve(matching.slice(offset, offset + limit));
  }

  counts(): Promise<JobCounts[]> {
    const jobs = [...this.#data.jobs.values()];
    const names = [...new Set(jobs.map((job) => job.queueName))].sort();
    return Promise.resolve(names.map((name) => count(name, jobs)));
  }

  countsOf(queueName: string): Promise<JobCounts> {
    return Promise.resolve(count(queueName, [...this.#data.jobs.values()]));
  }

  failedAttempts(jobId: string): Promise<FailedAttempt[]> {
    return Promise.resolve([...(this.#data.failedAttempts.get(jobId) ?? [])]);
  }
}

function count(queueName: string, jobs: readonly Job[]): JobCounts {
  const counts = { queueName, pending: 0, running: 0, completed: 0, dead: 0 };
  for (const job of jobs) {
    if (job.queueName === queueName) counts[job.status] += 1;
  }
  return counts;
}
