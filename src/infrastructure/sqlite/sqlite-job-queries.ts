import type Database from 'better-sqlite3';
import { asc, eq, sql } from 'drizzle-orm';
import type { Job } from '../../domain/job/job.js';
import { JOB_STATUSES } from '../../domain/job/job.js';
import type { FailedAttempt } from '../../domain/job/outcome.js';
import type { JobCounts, JobFilter, JobQueries, Page } from '../../application/ports/job-queries.js';
import { JOB_COLUMNS, toJob, type JobRow } from './job-row.js';
import { failedAttempts, jobCounts } from './schema.js';
import type { SqliteDatabase } from './sqlite-database.js';

const NO_JOBS = { pending: 0, running: 0, completed: 0, dead: 0 };

export class SqliteJobQueries implements JobQueries {
  readonly #db: SqliteDatabase;
  readonly #byId: Database.Statement<[string], JobRow>;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#byId = db.connection.prepare(`SELECT ${JOB_COLUMNS} FROM jobs WHERE id = ?`);
  }

  get(id: string): Promise<Job | null> {
    return this.#db.read(() => {
      const row = this.#byId.get(id);
      return row ? toJob(row) : null;
    });
  }

  list(filter: JobFilter, page: Page): Promise<Job[]> {
    return this.#db.read(() => {
      const ids = selectIds(filter, page);
      return this.#db.connection
        .prepare<unknown[], JobRow>(
          `SELECT ${JOB_COLUMNS} FROM jobs WHERE id IN (${ids.sql}) ORDER BY id DESC`,
        )
        .all(...ids.parameters)
        .map(toJob);
    });
  }

  counts(): Promise<JobCounts[]> {
    return this.#db.read(() => this.#selectCounts().orderBy(asc(jobCounts.queueName)).all());
  }

  countsOf(queueName: string): Promise<JobCounts> {
    return this.#db.read(
      () => this.#selectCounts().where(eq(jobCounts.queueName, queueName)).get() ?? { queueName, ...NO_JOBS },
    );
  }

  failedAttempts(jobId: string): Promise<FailedAttempt[]> {
    return this.#db.read(() =>
      this.#db.orm
        .select({
          number: failedAttempts.number,
          startedAt: failedAttempts.startedAt,
          finishedAt: failedAttempts.finishedAt,
          statusCode: failedAttempts.statusCode,
          error: failedAttempts.error,
          responseExcerpt: failedAttempts.responseExcerpt,
        })
        .from(failedAttempts)
        .where(eq(failedAttempts.jobId, jobId))
        .orderBy(asc(failedAttempts.id))
        .all(),
    );
  }

  #selectCounts() {
    return this.#db.orm
      .select({
        queueName: jobCounts.queueName,
        pending: sql<number>`${jobCounts.ready} + ${jobCounts.delayed}`,
        running: jobCounts.running,
        completed: jobCounts.completed,
        dead: jobCounts.dead,
      })
      .from(jobCounts)
      .$dynamic();
  }
}

/** The ids of a page. They come from indexes alone: rows that the offset skips are never read. */
function selectIds(
  filter: JobFilter,
  { limit, offset, before }: Page,
): { sql: string; parameters: unknown[] } {
  const conditions: string[] = [];
  const parameters: unknown[] = [];
  if (before !== undefined) {
    conditions.push('id < ?');
    parameters.push(before);
  }
  if (filter.queue === undefined) {
    if (filter.status !== undefined) {
      conditions.push('status = ?');
      parameters.push(filter.status);
    }
    const where = conditions.length > 0 ? `WHERE ${conditions.join(' AND ')}` : '';
    return {
      sql: `SELECT id FROM jobs ${where} ORDER BY id DESC LIMIT ? OFFSET ?`,
      parameters: [...parameters, limit, offset],
    };
  }
  // idx_jobs_queue_status sorts by id within one status: a queue's page of any status merges its four runs.
  const statuses = filter.status === undefined ? JOB_STATUSES : [filter.status];
  const where = ['queue_name = ?', 'status = ?', ...conditions].join(' AND ');
  const runs = statuses.map(() => `SELECT id FROM jobs WHERE ${where}`);
  return {
    sql: `${runs.join(' UNION ALL ')} ORDER BY id DESC LIMIT ? OFFSET ?`,
    parameters: [...statuses.flatMap((status) => [filter.queue, status, ...parameters]), limit, offset],
  };
}
