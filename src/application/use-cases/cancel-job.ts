import { cancel } from '../../domain/job/transitions.js';
import { ok, refuse, type Result } from '../errors.js';
import { jobNotFound } from './get-job.js';
import type { Ports } from './ports.js';

/** Deletes a pending job. */
export type CancelJob = (id: string) => Promise<Result<{ readonly id: string }>>;

export function cancelJob({ jobs, queries, events }: Pick<Ports, 'jobs' | 'queries' | 'events'>): CancelJob {
  return async (id) => {
    for (;;) {
      const job = await queries.get(id);
      if (!job) return jobNotFound(id);
      if (cancel(job).kind === 'rejected') {
        return refuse('job_not_pending', `Job ${id} is ${job.status}; only a pending job can be cancelled`);
      }
      // lost: a worker claimed it in between, so look again.
      if ((await jobs.remove(id, job)) !== 'applied') continue;
      events.publish({ type: 'jobs_changed' });
      return ok({ id });
    }
  };
}
