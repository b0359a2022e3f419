import { textLengthOf, type Job } from '../../domain/job/job.js';
import { LIST_LIMIT_MAX, LIST_TEXT_MAX } from '../limits.js';
import type { JobPage, JobQueries, JobsFound, Page } from '../ports/job-queries.js';
import { type FindFilter } from './find-filter.js';
import { matches } from '../job-search.js';
import { findJobs, type FindJobs } from './find-jobs.js';
import type { Ports } from './ports.js';

/**
 * Newest first; a limit over LIST_LIMIT_MAX counts as LIST_LIMIT_MAX, as documented. A page ends early when its payloads
 * and results are long (LIST_TEXT_MAX); `next` then says where to go on.
 *
 * @param signal aborted when nobody waits for the jobs any more: a search then ends with whatever it has
 */
export type ListJobs = (
  filter: FindFilter,
  page: Omit<Page, 'maxText'>,
  signal?: AbortSignal,
) => Promise<JobPage>;

export function listJobs(ports: Pick<Ports, 'queries' | 'clock' | 'scheduler'>): ListJobs {
  const { queries } = ports;
  const find = findJobs(ports);
  return async (filter, wanted, signal) => {
    const page = { ...wanted, limit: Math.min(wanted.limit, LIST_LIMIT_MAX), maxText: LIST_TEXT_MAX };
    const { scheduleId, search, ...plain } = filter;
    if (scheduleId === undefined && search === undefined) return queries.list(plain, page);
    return wholeJobs(await findPage(find, filter, page, signal), filter, queries);
  };
}

/** However long it takes, as long as somebody waits for it. */
async function findPage(
  find: FindJobs,
  filter: FindFilter,
  { limit, offset, before }: Page,
  signal: AbortSignal | undefined,
): Promise<JobsFound> {
  let page = { budgetMs: Infinity, ...(before !== undefined && { before }), ...(signal && { signal }) };
  for (let skip = offset; skip > 0;) {
    const { jobs, next } = await find(filter, { ...page, limit: Math.min(skip, LIST_LIMIT_MAX) });
    if (next === null || signal?.aborted === true) return { jobs: [], next };
    skip -= jobs.length;
    page = { ...page, before: next };
  }
  return find(filter, { ...page, limit });
}

async function wholeJobs(found: JobsFound, filter: FindFilter, queries: JobQueries): Promise<JobPage> {
  const jobs: Job[] = [];
  let text = 0;
  for (const { id } of found.jobs) {
    const job = await queries.get(id);
    // Those that changed since they were found must not stand in a list of others.
    if (!job || !matches(job, filter)) continue;
    jobs.push(job);
    text += textLengthOf(job);
    if (text >= LIST_TEXT_MAX && id !== found.jobs.at(-1)?.id) return { jobs, next: id };
  }
  return { jobs, next: found.next };
}
