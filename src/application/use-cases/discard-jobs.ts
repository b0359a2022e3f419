import { discard } from '../../domain/job/transitions.js';
import type { Result } from '../errors.js';
import { forAllJobs, type BulkAction, type BulkOptions, type BulkResult } from './for-all-jobs.js';
import type { JobSelection } from './job-selection.js';
import type { Ports } from './ports.js';

/** Deletes the completed and dead ones of the selected jobs. */
export type DiscardJobs = (selection: JobSelection, options: BulkOptions) => Promise<Result<BulkResult>>;

export function discardJobs(ports: Pick<Ports, 'jobs' | 'queries' | 'scheduler' | 'events'>): DiscardJobs {
  const action: BulkAction = {
    statuses: ['completed', 'dead'],
    done: 'discarded',
    event: { type: 'jobs_changed' },
    change: (job) =>
      discard(job).kind === 'deleted' ? ports.jobs.remove(job.id, job) : Promise.resolve('lost'),
  };
  return (selection, options) => forAllJobs(selection, action, options, ports);
}
