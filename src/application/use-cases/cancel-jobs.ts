import { cancel } from '../../domain/job/transitions.js';
import type { Result } from '../errors.js';
import { forAllJobs, type BulkAction, type BulkOptions, type BulkResult } from './for-all-jobs.js';
import type { JobSelection } from './job-selection.js';
import type { Ports } from './ports.js';

/** Deletes the pending ones of the selected jobs. */
export type CancelJobs = (selection: JobSelection, options: BulkOptions) => Promise<Result<BulkResult>>;

export function cancelJobs(ports: Pick<Ports, 'jobs' | 'queries' | 'scheduler' | 'events'>): CancelJobs {
  const action: BulkAction = {
    statuses: ['pending'],
    done: 'cancelled',
    event: { type: 'jobs_changed' },
    change: (job) =>
      cancel(job).kind === 'deleted' ? ports.jobs.remove(job.id, job) : Promise.resolve('lost'),
  };
  return (selection, options) => forAllJobs(selection, action, options, ports);
}
