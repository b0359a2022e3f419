import type { JobSummary } from '../../domain/job/job.js';
import { LIST_LIMIT_MAX } from '../limits.js';
import { nextTurn } from '../next-turn.js';
import type { JobsFound } from '../ports/job-queries.js';
import { findStep, interpret, stepFrom, type FindFilter } from './find-filter.js';
import type { Ports } from './ports.js';

export interface FindPage {
  /** Jobs at most; more than LIST_LIMIT_MAX counts as that. */
  readonly limit: number;
  /** Only jobs older than the one with this id: what the page before gave as `next`. */
  readonly before?: string;
  /** Milliseconds after which no further step is begun: a search may have to look at every job there is. */
  readonly budgetMs: number;
  /** Aborted when nobody waits for the jobs any more: no further step is begun then either. */
  readonly signal?: AbortSignal;
}

/**
 * Jobs, newest first. `next` says where to go on, null that there is nothing older; a page that is not full and has a
 * `next` ran out of time.
 */
export type FindJobs = (filter: FindFilter, page: FindPage) => Promise<JobsFound>;

export function findJobs(ports: Pick<Ports, 'queries' | 'clock' | 'scheduler'>): FindJobs {
  const { queries, clock, scheduler } = ports;
  return async (filter, page) => {
    const limit = Math.min(page.limit, LIST_LIMIT_MAX);
    const endsAt = clock.monotonic() + page.budgetMs;
    const found = await interpret(filter, ports);
    const jobs: JobSummary[] = [];
    let { before } = page;
    for (;;) {
      const step = await findStep(found, queries, stepFrom(before, limit - jobs.length));
      jobs.push(...step.jobs);
      if (step.next === null || jobs.length >= limit || clock.monotonic() >= endsAt) {
        return { jobs, next: step.next };
      }
      before = step.next;
      await nextTurn(scheduler);
      if (page.signal?.aborted === true) return { jobs, next: before };
    }
  };
}
