import { summaryOf, type JobStatus, type JobSummary } from '../../domain/job/job.js';
import { ok, type Result } from '../errors.js';
import { nextTurn } from '../next-turn.js';
import type { Event } from '../ports/events.js';
import type { SettleOutcome } from '../ports/job-store.js';
import { findStep, interpret, isFound, stepFrom, type Found } from './find-filter.js';
import { refuseSelection, type BulkKind, type JobSelection } from './job-selection.js';
import type { Ports } from './ports.js';

export interface BulkAction extends BulkKind {
  readonly change: (job: JobSummary) => Promise<SettleOutcome>;
  /** Published after each step that changed something. */
  readonly event: Event;
}

export interface BulkOptions {
  /** Only counts the jobs. */
  readonly dryRun: boolean;
  /** Aborted when nobody waits for the result any more: counting ends then. What changes jobs goes on to its end. */
  readonly signal?: AbortSignal;
}

export interface BulkResult {
  readonly matched: number;
  /** Fewer than matched, if some of the jobs changed meanwhile: those are left alone. */
  readonly changed: number;
  /**
   * The job that the text of the search names, by its id or key; null when it names none. Who asks before acting should
   * then select this id: without the job, the same text would mean a part of URLs.
   */
  readonly named: string | null;
}

type BulkPorts = Pick<Ports, 'queries' | 'events' | 'scheduler'>;

/** Jobs that are changed together: the store makes one transaction of them. */
const STEP = 200;

/**
 * Goes over the selected jobs from the newest to the oldest, status by status and once: what a retry brings back to life, and dies again at
 * once, is not met a second time. Steps that are done stay done when the store fails at a later one.
 */
export async function forAllJobs(
  selection: JobSelection,
  action: BulkAction,
  { dryRun, signal }: BulkOptions,
  ports: BulkPorts,
): Promise<Result<BulkResult>> {
  const refused = refuseSelection(selection, action);
  if (refused) return refused;
  const { status } = selection.filter;
  let named: string | null = null;
  let [matched, changed] = [0, 0];
  for (const one of status === undefined ? action.statuses : [status]) {
    const found = await interpret({ ...selection.filter, status: one }, ports);
    if (found.kind === 'named') named ??= found.job?.id ?? null;
    const steps = () =>
      selection.ids === undefined ? stepsOverAll(found, ports) : stepsOverIds(selection.ids, found, ports);
    if (dryRun) {
      matched += await countJobs(selection, one, steps, ports, signal);
      continue;
    }
    for await (const jobs of steps()) {
      const applied = await changeAll(jobs, action, ports);
      matched += jobs.length;
      changed += applied;
    }
  }
  return ok({ matched, changed, named });
}

/** @returns how many of them did change */
async function changeAll(
  jobs: readonly JobSummary[],
  action: BulkAction,
  { events }: BulkPorts,
): Promise<number> {
  const outcomes = await Promise.all(jobs.map((job) => action.change(job)));
  const applied = outcomes.filter((outcome) => outcome === 'applied').length;
  if (applied > 0) events.publish(action.event);
  return applied;
}

/** From the counts that the store keeps, where they say it. */
async function countJobs(
  selection: JobSelection,
  status: JobStatus,
  steps: () => AsyncGenerator<readonly JobSummary[]>,
  ports: BulkPorts,
  signal: AbortSignal | undefined,
): Promise<number> {
  const { queue, scheduleId, search } = selection.filter;
  if (selection.ids === undefined && scheduleId === undefined && search === undefined) {
    const counts = queue === undefined ? ports.queries.totals() : ports.queries.countsOf(queue);
    return (await counts)[status];
  }
  let count = 0;
  for await (const jobs of steps()) {
    count += jobs.length;
    if (signal?.aborted === true) break;
  }
  return count;
}

async function* stepsOverIds(
  ids: readonly string[],
  found: Found,
  ports: BulkPorts,
): AsyncGenerator<JobSummary[]> {
  const newestFirst = [...new Set(ids)].sort().reverse();
  for (let start = 0; start < newestFirst.length; start += STEP) {
    if (start > 0) await nextTurn(ports.scheduler);
    const jobs: JobSummary[] = [];
    for (const id of newestFirst.slice(start, start + STEP)) {
      const job = await ports.queries.get(id);
      // The summary alone is kept: two hundred payloads may be a lot of memory.
      if (job && isFound(found, job)) jobs.push(summaryOf(job));
    }
    yield jobs;
  }
}

async function* stepsOverAll(
  found: Found,
  { queries, scheduler }: BulkPorts,
): AsyncGenerator<readonly JobSummary[]> {
  let before: string | undefined;
  for (;;) {
    const { jobs, next } = await findStep(found, queries, stepFrom(before, STEP));
    yield jobs;
    if (next === null) return;
    before = next;
    await nextTurn(scheduler);
  }
}
