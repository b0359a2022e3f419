import type { Job } from '../../domain/job/job.js';
import { ok, refuse, type Refused, type Result } from '../errors.js';
import type { Ports } from './ports.js';

export type GetJob = (id: string) => Promise<Result<Job>>;

export function getJob({ queries }: Pick<Ports, 'queries'>): GetJob {
  return async (id) => {
    const job = await queries.get(id);
    return job ? ok(job) : jobNotFound(id);
  };
}

export function jobNotFound(id: string): Refused {
  return refuse('job_not_found', `Job ${id} not found`);
}
