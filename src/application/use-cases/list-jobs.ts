import type { Job } from '../../domain/job/job.js';
import { LIST_LIMIT_MAX } from '../limits.js';
import type { JobFilter, Page } from '../ports/job-queries.js';
import type { Ports } from './ports.js';

/** Newest first; a limit over LIST_LIMIT_MAX counts as LIST_LIMIT_MAX, as documented. */
export type ListJobs = (filter: JobFilter, page: Page) => Promise<Job[]>;

export function listJobs({ queries }: Pick<Ports, 'queries'>): ListJobs {
  return (filter, page) => queries.list(filter, { ...page, limit: Math.min(page.limit, LIST_LIMIT_MAX) });
}
