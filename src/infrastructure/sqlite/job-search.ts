import type Database from 'better-sqlite3';
import type { JobSearch, JobsFound, SearchStep } from '../../application/ports/job-queries.js';
import { matching, selectPage, withValue, type Candidates, type Sql } from './job-page.js';
import { SUMMARY_COLUMN_LIST, toSummary, type SummaryRow } from './job-row.js';

/** Rows that a step looks at, at most, where an index alone does not tell which jobs match. */
const LOOK_LIMIT = 2000;

/** One step of a search; see JobQueries.search. To be called inside a transaction: it reads more than once. */
export function findJobs(db: Database.Database, search: JobSearch, step: SearchStep): JobsFound {
  const { jobs: select, lastLooked } = searchStep(search, step);
  // One more than asked for tells whether there are more.
  const rows = db
    .prepare<unknown[], SummaryRow>(select.sql)
    .raw()
    .all(...select.parameters, step.limit + 1);
  const jobs = rows.slice(0, step.limit).map(toSummary);
  if (rows.length > step.limit) return { jobs, next: jobs.at(-1)?.id ?? null };
  const next =
    lastLooked &&
    db
      .prepare<unknown[], string>(lastLooked.sql)
      .pluck()
      .get(...lastLooked.parameters);
  return { jobs, next: next ?? null };
}

/** What a step selects: the jobs, its last parameter still to be bound to their number, and where it stopped to look. */
export function searchStep(
  search: JobSearch,
  { limit, before }: SearchStep,
): { readonly jobs: Sql; readonly lastLooked: Sql | null } {
  const { candidates, conditions } = planSearch(search, before);
  const looks = conditions.length === 0 ? limit + 1 : LOOK_LIMIT;
  const { sql, parameters } = selectPage(
    SUMMARY_COLUMN_LIST,
    candidates,
    { limit: looks, offset: 0 },
    conditions,
  );
  return {
    jobs: { sql: `${sql} LIMIT ?`, parameters },
    lastLooked:
      conditions.length === 0 ? null : selectPage('id', candidates, { limit: 1, offset: LOOK_LIMIT - 1 }),
  };
}

interface SearchPlan {
  readonly candidates: Candidates;
  /** What else is required of the row of a candidate. */
  readonly conditions: readonly Sql[];
}

/** Begins with the index that leaves the fewest candidates. */
function planSearch(search: JobSearch, before: string | undefined): SearchPlan {
  const { queue, status, scheduleId, idempotencyKey, urlPart } = search;
  const url = urlPart === undefined ? [] : [contains(urlPart)];
  const filter = [...equals('queue_name', queue), ...equals('status', status)];
  if (idempotencyKey !== undefined) {
    return {
      candidates: withValue('idempotency_key', idempotencyKey, before),
      conditions: [...filter, ...equals('schedule_id', scheduleId), ...url],
    };
  }
  if (scheduleId !== undefined) {
    return { candidates: withValue('schedule_id', scheduleId, before), conditions: [...filter, ...url] };
  }
  return { candidates: matching(search, before), conditions: url };
}

function equals(column: 'queue_name' | 'status' | 'schedule_id', value: string | undefined): Sql[] {
  // The plus keeps the planner from an index that would have it leave the candidates.
  return value === undefined ? [] : [{ sql: `+${column} = ?`, parameters: [value] }];
}

/** Both lower() and LIKE fold ASCII letters only, but a pattern is cut at 50,000 bytes and at a NUL, and needs escapes. */
function contains(urlPart: string): Sql {
  return { sql: 'instr(lower(callback_url), lower(?)) > 0', parameters: [urlPart] };
}
