import { summaryOf, type JobSummary } from '../../domain/job/job.js';
import { IDEMPOTENCY_KEY_MAX } from '../limits.js';
import { matches } from '../job-search.js';
import { nextTurn } from '../next-turn.js';
import type { JobFilter, JobQueries, JobSearch, JobsFound, SearchStep } from '../ports/job-queries.js';
import type { Ports } from './ports.js';

/** What lists and bulk actions go by: jobs must match all that is given. */
export interface FindFilter extends JobFilter {
  /** Jobs that this schedule made. */
  readonly scheduleId?: string;
  /** The id of a job, else the idempotency key of a job, else a part of callback URLs. */
  readonly search?: string;
}

interface Named {
  readonly kind: 'named';
  /** null: it does not match the rest of the filter. */
  readonly job: JobSummary | null;
}

interface Searched {
  readonly kind: 'searched';
  readonly search: JobSearch;
}

/** The jobs that a filter means, once it is known whether its text names a job. */
export type Found = Named | Searched;

type FindPorts = Pick<Ports, 'queries' | 'scheduler'>;

export async function interpret({ search: text, ...others }: FindFilter, ports: FindPorts): Promise<Found> {
  if (text === undefined) return { kind: 'searched', search: others };
  const job = await jobNamed(text, ports);
  if (job === null) return { kind: 'searched', search: { ...others, urlPart: text } };
  return { kind: 'named', job: matches(job, others) ? job : null };
}

/** One bounded step over the jobs, from the newest to the oldest. */
export function findStep(found: Found, queries: JobQueries, step: SearchStep): Promise<JobsFound> {
  if (found.kind === 'searched') return queries.search(found.search, step);
  const isOlder = (job: JobSummary) => step.before === undefined || job.id < step.before;
  const jobs = found.job !== null && isOlder(found.job) ? [found.job] : [];
  return Promise.resolve({ jobs, next: null });
}

/** Is a job that was got in another way one of them? */
export function isFound(found: Found, job: JobSummary): boolean {
  return found.kind === 'searched' ? matches(job, found.search) : job.id === found.job?.id;
}

async function jobNamed(text: string, { queries, scheduler }: FindPorts): Promise<JobSummary | null> {
  const byId = await queries.get(text);
  if (byId) return summaryOf(byId);
  if (text.length > IDEMPOTENCY_KEY_MAX) return null;
  let before: string | undefined;
  for (;;) {
    const { jobs, next } = await queries.search({ idempotencyKey: text }, stepFrom(before, 1));
    if (jobs[0] !== undefined || next === null) return jobs[0] ?? null;
    before = next;
    await nextTurn(scheduler);
  }
}

export function stepFrom(before: string | undefined, limit: number): SearchStep {
  return before === undefined ? { limit } : { limit, before };
}
