import type { RunningJob } from '../../domain/job/job.js';
import type { AbandonedJob } from '../../application/ports/job-store.js';
import { compileReader, compileRun, type ValueCode } from '../sql/compile.js';
import { columnNames, JOB_FIELDS, NEW_JOB_FIELDS, STATE_FIELDS, SUMMARY_FIELDS } from '../sql/job-columns.js';

/** The select list of a {@link JobRow}. */
export const JOB_COLUMN_LIST = columnNames(JOB_FIELDS).join(', ');
/** The select list of a {@link SummaryRow}. */
export const SUMMARY_COLUMN_LIST = columnNames(SUMMARY_FIELDS).join(', ');
/** The select list of an {@link AbandonedRow}, of `jobs` joined with the dead as `w`. */
export const ABANDONED_COLUMN_LIST = [
  'coalesce(w.stopping, 0)',
  ...columnNames(SUMMARY_FIELDS).map((column) => `jobs.${column}`),
].join(', ');
/** The columns that {@link runInsert} gives values for, before its further ones. */
export const INSERTED_COLUMNS: readonly string[] = columnNames(NEW_JOB_FIELDS);
/** The columns that {@link runUpdate} and {@link runUpdateRunning} give values for, before their further ones. */
export const UPDATED_COLUMNS: readonly string[] = columnNames(STATE_FIELDS);

/**
 * A job as a statement with `raw()` gives it. With so many columns the driver takes two to three times as long to make
 * an object of each row.
 */
export type JobRow = readonly unknown[];
/** With the number of the row before its columns: the shortest way to find it again. */
export type NumberedJobRow = readonly [rowid: number, ...unknown[]];
export type SummaryRow = readonly unknown[];
/** Of a job whose worker is dead, or not there. */
export type AbandonedRow = readonly [stopping: 0 | 1, ...unknown[]];

// SQLite has no booleans.
const read: ValueCode = (value, kind) => (kind === 'boolean' ? `${value} === 1` : value);
const bind: ValueCode = (value, kind) => (kind === 'boolean' ? `${value} ? 1 : 0` : value);

export const toJob = compileReader(JOB_FIELDS, read);
export const toNumberedJob: (row: NumberedJobRow) => ReturnType<typeof toJob> = compileReader(
  JOB_FIELDS,
  read,
  1,
);
export const toSummary = compileReader(SUMMARY_FIELDS, read);

export function toRunningJob(row: SummaryRow): RunningJob {
  return { ...toSummary(row), result: null };
}

const toAbandoned = compileReader(SUMMARY_FIELDS, read, 1);

export function toAbandonedJob(row: AbandonedRow): AbandonedJob {
  return { job: { ...toAbandoned(row), result: null }, stopping: row[0] === 1 };
}

export const runInsert = compileRun<(typeof NEW_JOB_FIELDS)[number], [ready: 0 | 1]>(NEW_JOB_FIELDS, bind, 1);
export const runUpdate = compileRun<(typeof STATE_FIELDS)[number], [ready: 0 | 1, rowid: number]>(
  STATE_FIELDS,
  bind,
  2,
);
export const runUpdateRunning = compileRun<
  (typeof STATE_FIELDS)[number],
  [ready: 0 | 1, rowid: number, id: string, leaseToken: number]
>(STATE_FIELDS, bind, 4);
