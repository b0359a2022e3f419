import { getTableColumns } from 'drizzle-orm';
import type { Job } from '../../domain/job/job.js';
import { jobs } from './schema.js';

/** A row selected by JOB_COLUMNS: a Job, but for SQLite's booleans. */
export type JobRow = Omit<Job, 'resultTruncated'> & { readonly resultTruncated: 0 | 1 };

/** The select list of a job for statements in plain SQL, each column under its name in the domain. */
export const JOB_COLUMNS = Object.entries(getTableColumns(jobs))
  .filter(([field]) => field !== 'ready')
  .map(([field, column]) => `${column.name} AS "${field}"`)
  .join(', ');

export function toJob(row: JobRow): Job {
  return { ...row, resultTruncated: row.resultTruncated === 1 };
}
