import type { Job, JobSummary } from '../../domain/job/job.js';
import { LIST_LIMIT_MAX } from '../limits.js';
import type { JobQueries, Page } from '../ports/job-queries.js';
import { type FindFilter } from './find-filter.js';
import { matches } from '../job-search.js';
import { findJobs, type FindJobs } from './find-jobs.js';
import type { Ports } from './ports.js';

/** Newest first; a limit over LIST_LIMIT_MAX counts as LIST_LIMIT_MAX, as documented. */
export type ListJobs = (filter: FindFilter, page: Page) => Promise<Job[]>;

export function listJobs(ports: Pick<Ports, 'queries' | 'clock' | 'scheduler'>): ListJobs {
  const { queries } = ports;
  const find = findJobs(ports);
  return async (filter, wanted) => {
    const page = { ...wanted, limit: Math.min(wanted.limit, LIST_LIMIT_MAX) };
    const { scheduleId, search, ...plain } = filter;
    if (scheduleId === undefined && search === undefined) return queries.list(plain, page);
    const jobs = await wholeJobs(await findPage(find, filter, page), queries);
    // Those that changed since they were found must not stand in a list of others.
    return jobs.filter((job) => matches(job, filter));
  };
}

/** However long it takes: there is no way to say to whom lists jobs where to go on. */
async function findPage(
  find: FindJobs,
  filter: FindFilter,
  { limit, offset, before }: Page,
): Promise<readonly JobSummary[]> {
  let page = { budgetMs: Infinity, ...(before !== undefined && { before }) };
  for (let skip = offset; skip > 0;) {
    const { jobs, next } = await find(filter, { ...page, limit: Math.min(skip, LIST_LIMIT_MAX) });
    if (next === null) return [];
    skip -= jobs.length;
    page = { ...page, before: next };
  }
  return (await find(filter, { ...page, limit })).jobs;
}

async function wholeJobs(found: readonly JobSummary[], queries: JobQueries): Promise<Job[]> {
  const jobs = await Promise.all(found.map(({ id }) => queries.get(id)));
  return jobs.filter((job) => job !== null);
}
