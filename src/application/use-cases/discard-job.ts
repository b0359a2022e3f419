import { discard } from '../../domain/job/transitions.js';
import { ok, refuse, type Result } from '../errors.js';
import { jobNotFound } from './get-job.js';
import type { Ports } from './ports.js';

/** Deletes a completed or dead job. */
export type DiscardJob = (id: string) => Promise<Result<{ readonly id: string }>>;

export function discardJob({
  jobs,
  queries,
  events,
}: Pick<Ports, 'jobs' | 'queries' | 'events'>): DiscardJob {
  return async (id) => {
    for (;;) {
      const job = await queries.get(id);
      if (!job) return jobNotFound(id);
      if (discard(job).kind === 'rejected') {
        return refuse(
          'job_not_finished',
          `Job ${id} is ${job.status}; only a completed or dead job can be discarded`,
        );
      }
      // lost: somebody retried it in between, so look again.
      if ((await jobs.remove(id, job)) !== 'applied') continue;
      events.publish({ type: 'jobs_changed' });
      return ok({ id });
    }
  };
}
