import type { JobSummary } from '../../domain/job/job.js';
import type { Worker } from '../../domain/worker/worker.js';
import type { Ports } from './ports.js';

export interface WorkerAtWork {
  readonly worker: Worker;
  /** Some of the jobs that it runs. */
  readonly jobs: readonly JobSummary[];
}

/** Some of the workers, the longest running first, each with at most so many of its jobs; and how many there are in all. */
export type ListWorkerPage = (page: {
  readonly limit: number;
  readonly offset: number;
  readonly jobsEach: number;
}) => Promise<{ readonly workers: readonly WorkerAtWork[]; readonly total: number }>;

export function listWorkerPage({ workers, queries }: Pick<Ports, 'workers' | 'queries'>): ListWorkerPage {
  return async ({ limit, offset, jobsEach }) => {
    const all = await workers.list();
    const shown = all.slice(offset, offset + limit).map(async (worker) => ({
      worker,
      jobs: await queries.runningOf(worker.id, jobsEach),
    }));
    return { workers: await Promise.all(shown), total: all.length };
  };
}
