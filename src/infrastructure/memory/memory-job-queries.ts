import { summaryOf, textLengthOf, type Job, type JobSummary } from '../../domain/job/job.js';
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
import { matches } from '../../application/job-search.js';
import { startOfMinute } from '../../application/throughput.js';
import type { MemoryData } from './memory-data.js';

/** Jobs that a step of a search looks at. */
const STEP = 2000;

export class MemoryJobQueries implements JobQueries {
  readonly #data: MemoryData;

  constructor(data: MemoryData) {
    this.#data = data;
  }

  get(id: string): Promise<Job | null> {
    return Promise.resolve(this.#data.jobs.get(id) ?? null);
  }

  list(filter: JobFilter, { limit, offset, before, maxText = Infinity }: Page): Promise<JobPage> {
    const matching = this.#newestFirst(before).filter((job) => matches(job, filter));
    const jobs: Job[] = [];
    let text = 0;
    for (const job of matching.slice(offset, offset + limit)) {
      jobs.push(job);
      text += textLengthOf(job);
      if (text >= maxText) break;
    }
    const isLast = offset + jobs.length >= matching.length;
    return Promise.resolve({ jobs, next: isLast ? null : (jobs.at(-1)?.id ?? null) });
  }

  search(search: JobSearch, { limit, before }: SearchStep): Promise<JobsFound> {
    const older = this.#newestFirst(before);
    const looked = older.slice(0, STEP);
    const jobs = looked.filter((job) => matches(job, search)).slice(0, limit);
    const last = jobs.length === limit ? jobs.at(-1) : looked.at(-1);
    const next = last === undefined || last.id === older.at(-1)?.id ? null : last.id;
    return Promise.resolve({ jobs: jobs.map(summaryOf), next });
  }

  runningOf(workerId: string, limit: number): Promise<JobSummary[]> {
    const running = [...this.#data.jobs.values()]
      .filter((job) => job.status === 'running' && job.workerId === workerId)
      .sort((a, b) => a.visibleAt - b.visibleAt);
    return Promise.resolve(running.slice(0, limit).map(summaryOf));
  }

  counts(): Promise<JobCounts[]> {
    const names = [...new Set([...this.#data.jobs.values()].map((job) => job.queueName))].sort();
    return Promise.resolve(names.map((queueName) => ({ queueName, ...this.#data.count(queueName) })));
  }

  countsOf(queueName: string): Promise<JobCounts> {
    return Promise.resolve({ queueName, ...this.#data.count(queueName) });
  }

  totals(): Promise<Omit<JobCounts, 'queueName'>> {
    return Promise.resolve(this.#data.count(null));
  }

  oldestReadyAt(): Promise<number | null> {
    const ready = [...this.#data.jobs.values()].filter(
      (job) => job.status === 'pending' && !this.#data.delayed.has(job.id),
    );
    return Promise.resolve(
      ready.reduce<number | null>((oldest, { visibleAt }) => Math.min(oldest ?? visibleAt, visibleAt), null),
    );
  }

  throughput(since: number): Promise<MinuteThroughput[]> {
    const minutes = [...this.#data.throughput.values()].filter(
      ({ minute }) => minute >= startOfMinute(since),
    );
    return Promise.resolve(minutes.sort((a, b) => a.minute - b.minute));
  }

  failedAttempts(jobId: string, limit: number): Promise<KeptAttempt[]> {
    return Promise.resolve((this.#data.failedAttempts.get(jobId) ?? []).slice(-limit));
  }

  /** Nobody else has this memory. */
  foreignChanges(): Promise<number> {
    return Promise.resolve(0);
  }

  #newestFirst(before: string | undefined): Job[] {
    return [...this.#data.jobs.values()]
      .filter((job) => before === undefined || job.id < before)
      .sort((a, b) => (a.id < b.id ? 1 : -1));
  }
}
