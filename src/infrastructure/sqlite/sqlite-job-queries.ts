import type Database from 'better-sqlite3';
import { asc, eq, sql } from 'drizzle-orm';
import type { Job } from '../../domain/job/job.js';
import { JOB_STATUSES, type JobStatus } from '../../domain/job/job.js';
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
    this.#byId = db.connection
      .prepare<[string], JobRow>(`SELECT ${JOB_COLUMNS} FROM jobs WHERE id = ?`)
      .raw();
  }

  get(id: string): Promise<Job | null> {
    return this.#db.read(() => {
      const row = this.#byId.get(id);
      return row ? toJob(row) : null;
    });
  }

  list(filter: JobFilter, page: Page): Promise<Job[]> {
    return this.#db.read(() => {
      const { sql, parameters } = selectPage(filter, page);
      return this.#db.connection
        .prepare<unknown[], JobRow>(sql)
        .raw()
        .all(...parameters)
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

interface Select {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/**
 * Which rows are on a page is read from indexes alone: those that the offset skips cost next to nothing. Rows are
 * numbered in the order of their insertion, and the indexes for lists have them in that order. Only the running jobs,
 * which are few, are sorted.
 */
function selectPage(filter: JobFilter, { limit, offset, before }: Page): Select {
  const runs = selectRuns(filter, before);
  const order = runs.length === 0 ? 'id' : 'rowid';
  const { sql, parameters } = runs.length === 0 ? selectAll(before) : union(runs);
  return {
    sql: `SELECT ${JOB_COLUMNS} FROM jobs
      WHERE rowid IN (${sql} ORDER BY ${order} DESC LIMIT ? OFFSET ?) ORDER BY ${order} DESC`,
    parameters: [...parameters, limit, offset],
  };
}

/** All jobs. Their own index on the id is a fifth as large as the table. */
function selectAll(before: string | undefined): Select {
  if (before === undefined) return { sql: 'SELECT rowid FROM jobs', parameters: [] };
  return { sql: 'SELECT rowid FROM jobs WHERE id < ?', parameters: [before] };
}

/** One for each status: an index has the rows in order within one status, and a page of any status merges them. */
function selectRuns({ queue, status }: JobFilter, before: string | undefined): Select[] {
  if (queue === undefined && status === undefined) return [];
  const parameters = [
    ...(queue !== undefined ? [queue] : []),
    ...(before !== undefined ? [before, before, before] : []),
  ];
  return (status === undefined ? JOB_STATUSES : [status]).map((one) => {
    const conditions = [
      ...(queue !== undefined ? ['queue_name = ?'] : []),
      // Literally: that the condition of the index holds must be seen when the statement is prepared.
      `status = '${one}'`,
      ...(one !== 'running' ? ["status <> 'running'"] : []),
      ...(before !== undefined ? [OLDER] : []),
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
const OLDER = `rowid < coalesce(
  (SELECT rowid FROM jobs WHERE id = ?),
  max(
    coalesce((SELECT rowid + 1 FROM jobs WHERE id < ? ORDER BY id DESC LIMIT 1), 0),
    coalesce((SELECT rowid FROM jobs WHERE id > ? ORDER BY id LIMIT 1), 0)))`;

function union(runs: readonly Select[]): Select {
  return {
    sql: runs.map(({ sql }) => sql).join(' UNION ALL '),
    parameters: runs.flatMap(({ parameters }) => parameters),
  };
}
