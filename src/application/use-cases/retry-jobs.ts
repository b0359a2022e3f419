import { retry } from '../../domain/job/transitions.js';
import { queueDefaults, type JobDefaults } from '../config.js';
import type { Result } from '../errors.js';
import { forAllJobs, type BulkAction, type BulkOptions, type BulkResult } from './for-all-jobs.js';
import type { JobSelection } from './job-selection.js';
import type { Ports } from './ports.js';

/** Makes the dead ones of the selected jobs pending again, each with all its attempts before it. */
export type RetryJobs = (selection: JobSelection, options: BulkOptions) => Promise<Result<BulkResult>>;

export function retryJobs(
  ports: Pick<Ports, 'jobs' | 'queries' | 'clock' | 'scheduler' | 'events'>,
  defaults: JobDefaults,
): RetryJobs {
  const { jobs, clock } = ports;
  const action: BulkAction = {
    statuses: ['dead'],
    done: 'retried',
    event: { type: 'jobs_pending' },
    change: (job) => {
      // A dead job has no result: that is the one part of its state that a summary lacks.
      const transition = retry({ ...job, result: null }, clock.now());
      if (transition.kind !== 'changed') return Promise.resolve('lost');
      return jobs.replace(job.id, job, transition.job, queueDefaults(defaults));
    },
  };
  return (selection, options) => forAllJobs(selection, action, options, ports);
}
