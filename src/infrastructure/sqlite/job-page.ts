import { JOB_STATUSES, type JobStatus } from '../../domain/job/job.js';
import type { JobFilter } from '../../application/ports/job-queries.js';

/** A part of a statement, with what its parameters are bound to. */
export interface Sql {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** Selects the numbers of rows; in this order, descending, they are the newest first. */
export interface Candidates extends Sql {
  readonly order: 'id' | 'rowid';
}

/**
 * The jobs that match, older than the one with the id `before`. They are read from indexes alone: those that are
 * passed over cost next to nothing. Rows are numbered in the order of their insertion, and the indexes for lists have
 * them in that order. Only the running jobs, which are few, are sorted.
 */
export function matching(filter: JobFilter, before: string | undefined): Candidates {
  const runs = selectRuns(filter, before);
  return runs.length === 0 ? { ...selectAll(before), order: 'id' } : { ...union(runs), order: 'rowid' };
}

/** Selects the numbers of the rows of a page of the candidates, newest first. */
export function selectRows({ sql, parameters, order }: Candidates, limit: number, offset: number): Sql {
  return {
    sql: `${sql} ORDER BY ${order} DESC LIMIT ? OFFSET ?`,
    parameters: [...parameters, limit, offset],
  };
}

/** Those jobs of a page of the candidates that meet the conditions, newest first. */
export function selectPage(
  columns: string,
  candidates: Candidates,
  page: { readonly limit: number; readonly offset: number },
  conditions: readonly Sql[] = [],
): Sql {
  const { sql, parameters } = selectRows(candidates, page.limit, page.offset);
  return {
    sql: `SELECT ${columns} FROM jobs
      WHERE rowid IN (${sql})
        ${conditions.map((condition) => `AND ${condition.sql}`).join(' ')}
      ORDER BY ${candidates.order} DESC`,
    parameters: [...parameters, ...conditions.flatMap((condition) => condition.parameters)],
  };
}

/** The jobs with a value in a column that has an index, older than the one with the id `before`. */
export function withValue(
  column: 'idempotency_key' | 'schedule_id',
  value: string,
  before: string | undefined,
): Candidates {
  const index = column === 'schedule_id' ? 'idx_jobs_schedule' : 'idx_jobs_idempotency';
  const older = before === undefined ? [] : [olderThan(before)];
  return {
    sql: `SELECT rowid FROM jobs INDEXED BY ${index}
      WHERE ${[`${column} = ?`, ...older.map(({ sql }) => sql)].join(' AND ')}`,
    parameters: [value, ...older.flatMap(({ parameters }) => parameters)],
    order: 'rowid',
  };
}

/** All jobs. Their own index on the id is a fifth as large as the table. */
function selectAll(before: string | undefined): Sql {
  if (before === undefined) return { sql: 'SELECT rowid FROM jobs', parameters: [] };
  return { sql: 'SELECT rowid FROM jobs WHERE id < ?', parameters: [before] };
}

/** One for each status: an index has the rows in order within one status, and a page of any status merges them. */
function selectRuns({ queue, status }: JobFilter, before: string | undefined): Sql[] {
  if (queue === undefined && status === undefined) return [];
  const older = before === undefined ? [] : [olderThan(before)];
  const parameters = [
    ...(queue !== undefined ? [queue] : []),
    ...older.flatMap((condition) => condition.parameters),
  ];
  return (status === undefined ? JOB_STATUSES : [status]).map((one) => {
    const conditions = [
      ...(queue !== undefined ? ['queue_name = ?'] : []),
      // Literally: that the condition of the index holds must be seen when the statement is prepared.
      `status = '${one}'`,
      ...(one !== 'running' ? ["status <> 'running'"] : []),
      ...older.map(({ sql }) => sql),
    ];
    return {
      sql: `SELECT rowid FROM jobs INDEXED BY ${indexOf(one, queue)} WHERE ${conditions.join(' AND ')}`,
      parameters,
    };
  });
}

function indexOf(status: JobStatus, queue: string | undefined): string {
  if (status === 'running') return 'idx_jobs_reaper';
  return queue === undefined ? 'idx_jobs_status' : 'idx_jobs_queue_status';
}

/**
 * Older than the job with an id. One that is gone stood between its neighbours by id; where their row numbers are in
 * another order, a page rather shows a job twice than none.
 */
function olderThan(id: string): Sql {
  return {
    sql: `rowid < coalesce(
      (SELECT rowid FROM jobs WHERE id = ?),
      max(
        coalesce((SELECT rowid + 1 FROM jobs WHERE id < ? ORDER BY id DESC LIMIT 1), 0),
        coalesce((SELECT rowid FROM jobs WHERE id > ? ORDER BY id LIMIT 1), 0)))`,
    parameters: [id, id, id],
  };
}

function union(runs: readonly Sql[]): Sql {
  return {
    sql: runs.map(({ sql }) => sql).join(' UNION ALL '),
    parameters: runs.flatMap(({ parameters }) => parameters),
  };
}
