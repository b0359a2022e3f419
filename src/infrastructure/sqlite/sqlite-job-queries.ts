import type Database from 'better-sqlite3';
import { asc, desc, eq, gte, sql } from 'drizzle-orm';
import { textLengthOf, type Job, type JobSummary } from '../../domain/job/job.js';
import type {
  JobCounts,
  JobFilter,
  JobPage,
  JobQueries,
  JobSearch,
  JobsFound,
  KeptAttempt,
  MinuteThroughput,
  Page,
  SearchStep,
} from '../../application/ports/job-queries.js';
import { startOfMinute } from '../../application/throughput.js';
import { matching, selectRows } from './job-page.js';
import {
  JOB_COLUMN_LIST,
  SUMMARY_COLUMN_LIST,
  toJob,
  toSummary,
  type JobRow,
  type SummaryRow,
} from './job-row.js';
import { findJobs } from './job-search.js';
import { OldestReady } from './oldest-ready.js';
import { failedAttempts, jobCounts, throughput } from './schema.js';
import type { SqliteDatabase } from './sqlite-database.js';

const NO_JOBS = { pending: 0, delayed: 0, running: 0, completed: 0, dead: 0 };
const TOTALS = {
  pending: sql<number>`coalesce(sum(${jobCounts.ready} + ${jobCounts.delayed}), 0)`,
  delayed: sql<number>`coalesce(sum(${jobCounts.delayed}), 0)`,
  running: sql<number>`coalesce(sum(${jobCounts.running}), 0)`,
  completed: sql<number>`coalesce(sum(${jobCounts.completed}), 0)`,
  dead: sql<number>`coalesce(sum(${jobCounts.dead}), 0)`,
};

// test/unit/sqlite checks its plan.
export const RUNNING_OF = `SELECT ${SUMMARY_COLUMN_LIST} FROM jobs INDEXED BY idx_jobs_reaper
  WHERE status = 'running' AND worker_id = ? ORDER BY visible_at LIMIT ?`;

export class SqliteJobQueries implements JobQueries {
  readonly #db: SqliteDatabase;
  readonly #byId: Database.Statement<[string], JobRow>;
  readonly #runningOf: Database.Statement<[string, number], SummaryRow>;
  readonly #byRow: Database.Statement<[number], JobRow>;
  readonly #oldestReady: OldestReady;
  /** Another number once another connection has committed, whether of this process or not. */
  readonly #dataVersion: Database.Statement<[], number>;

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#runningOf = db.connection.prepare<[string, number], SummaryRow>(RUNNING_OF).raw();
    this.#byId = db.connection
      .prepare<[string], JobRow>(`SELECT ${JOB_COLUMN_LIST} FROM jobs WHERE id = ?`)
      .raw();
    this.#byRow = db.connection
      .prepare<[number], JobRow>(`SELECT ${JOB_COLUMN_LIST} FROM jobs WHERE rowid = ?`)
      .raw();
    this.#oldestReady = new OldestReady(db.connection);
    this.#dataVersion = db.connection.prepare<[], number>('PRAGMA data_version').pluck();
  }

  get(id: string): Promise<Job | null> {
    return this.#db.read(() => {
      const row = this.#byId.get(id);
      return row ? toJob(row) : null;
    });
  }

  /** Row by row, as the page ends where their texts become too long: no row beyond is read. */
  list(filter: JobFilter, { limit, offset, before, maxText = Infinity }: Page): Promise<JobPage> {
    return this.#db.snapshot(() => {
      // One more than asked for tells whether there are more.
      const { sql, parameters } = selectRows(matching(filter, before), limit + 1, offset);
      const rows = this.#db.connection
        .prepare<unknown[], number>(sql)
        .pluck()
        .all(...parameters);
      const jobs: Job[] = [];
      let text = 0;
      for (const rowid of rows.slice(0, limit)) {
        const row = this.#byRow.get(rowid);
        if (!row) continue;
        const job = toJob(row);
        jobs.push(job);
        text += textLengthOf(job);
        if (text >= maxText) break;
      }
      return { jobs, next: jobs.length < rows.length ? (jobs.at(-1)?.id ?? null) : null };
    });
  }

  search(search: JobSearch, step: SearchStep): Promise<JobsFound> {
    return this.#db.snapshot(() => findJobs(this.#db.connection, search, step));
  }

  runningOf(workerId: string, limit: number): Promise<JobSummary[]> {
    return this.#db.read(() => this.#runningOf.all(workerId, limit).map(toSummary));
  }

  counts(): Promise<JobCounts[]> {
    return this.#db.read(() => this.#selectCounts().orderBy(asc(jobCounts.queueName)).all());
  }

  countsOf(queueName: string): Promise<JobCounts> {
    return this.#db.read(
      () => this.#selectCounts().where(eq(jobCounts.queueName, queueName)).get() ?? { queueName, ...NO_JOBS },
    );
  }

  totals(): Promise<Omit<JobCounts, 'queueName'>> {
    return this.#db.read(() => this.#db.orm.select(TOTALS).from(jobCounts).get() ?? NO_JOBS);
  }

  oldestReadyAt(): Promise<number | null> {
    return this.#db.snapshot(() => this.#oldestReady.read());
  }

  throughput(since: number): Promise<MinuteThroughput[]> {
    return this.#db.read(() =>
      this.#db.orm
        .select()
        .from(throughput)
        .where(gte(throughput.minute, startOfMinute(since)))
        .orderBy(asc(throughput.minute))
        .all(),
    );
  }

  failedAttempts(jobId: string, limit: number): Promise<KeptAttempt[]> {
    return this.#db.read(() =>
      this.#db.orm
        .select({
          number: failedAttempts.number,
          startedAt: failedAttempts.startedAt,
          finishedAt: failedAttempts.finishedAt,
          statusCode: failedAttempts.statusCode,
          error: failedAttempts.error,
          responseExcerpt: failedAttempts.responseExcerpt,
          omittedBefore: failedAttempts.omittedBefore,
        })
        .from(failedAttempts)
        .where(eq(failedAttempts.jobId, jobId))
        .orderBy(desc(failedAttempts.id))
        .limit(limit)
        .all()
        .reverse(),
    );
  }

  foreignChanges(): Promise<number> {
    return this.#db.read(() => this.#dataVersion.get() ?? 0);
  }

  #selectCounts() {
    return this.#db.orm
      .select({
        queueName: jobCounts.queueName,
        pending: sql<number>`${jobCounts.ready} + ${jobCounts.delayed}`,
        delayed: jobCounts.delayed,
        running: jobCounts.running,
        completed: jobCounts.completed,
        dead: jobCounts.dead,
      })
      .from(jobCounts)
      .$dynamic();
  }
}
