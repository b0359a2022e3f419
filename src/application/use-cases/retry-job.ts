import type { Job } from '../../domain/job/job.js';
import { retry } from '../../domain/job/transitions.js';
import { queueDefaults, type JobDefaults } from '../config.js';
import { ok, refuse, type Result } from '../errors.js';
import { jobNotFound } from './get-job.js';
import type { Ports } from './ports.js';

/** Makes a dead job pending again, with all its attempts before it. */
export type RetryJob = (id: string) => Promise<Result<Job>>;

export function retryJob(
  { jobs, queries, clock, events }: Pick<Ports, 'jobs' | 'queries' | 'clock' | 'events'>,
  defaults: JobDefaults,
): RetryJob {
  return async (id) => {
    for (;;) {
      const job = await queries.get(id);
      if (!job) return jobNotFound(id);
      const transition = retry(job, clock.now());
      if (transition.kind !== 'changed') {
        return refuse('job_not_dead', `Job ${id} is ${job.status}; only a dead job can be retried`);
      }
      if ((await jobs.replace(id, job, transition.job, queueDefaults(defaults))) === 'applied') {
        events.publish({ type: 'jobs_pending' });
        return ok(transition.job);
      }
    }
  };
}
