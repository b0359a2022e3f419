import type Database from 'better-sqlite3';
import type { FailedAttempt } from '../../domain/job/outcome.js';
import { isReady, pendingJob, type Job, type JobState, type JobStatus } from '../../domain/job/job.js';
import { newQueue, type QueueSettings } from '../../domain/queue/queue.js';
import type {
  ExpectedState,
  InsertOutcome,
  InsertRequest,
  JobsRefused,
} from '../../application/ports/job-store.js';
import { FailedAttempts } from './failed-attempts.js';
import { countOf, type JobCount, type JobCounter } from './job-counter.js';
import {
  INSERTED_COLUMNS,
  JOB_COLUMN_LIST,
  runInsert,
  runUpdate,
  runUpdateRunning,
  toJob,
  UPDATED_COLUMNS,
  type JobRow,
} from './job-row.js';
import type { JobLimit } from './job-limit.js';
import type { QueueLimit } from './queue-limit.js';
import type { SqliteDatabase } from './sqlite-database.js';
import type { ThroughputCounter } from './throughput-counter.js';

/** Of an insertion. */
export interface Limits {
  readonly queues: QueueLimit;
  readonly jobs: JobLimit;
}

/** What the tables have of a job beside its fields. */
export interface StoredJob {
  readonly rowid: number;
  readonly queueName: string;
  /** Under which it is counted now. */
  readonly count: JobCount;
}

const SET_STATE = `SET ${UPDATED_COLUMNS.map((column) => `${column} = ?`).join(', ')}, ready = ?`;
// test/unit/sqlite checks its plan; the plus keeps SQLite from looking the id up.
export const UPDATE_RUNNING = `UPDATE jobs ${SET_STATE}
  WHERE rowid = ? AND +id = ? AND status = 'running' AND lease_token = ?`;

type FoundRow = readonly [
  rowid: number,
  queueName: string,
  status: JobStatus,
  ready: 0 | 1,
  leaseToken: number,
];

/**
 * The statements that change jobs. They are plain SQL, prepared once, because every job passes through each of them;
 * what a change means is decided in the domain. To be called inside a transaction.
 */
export class JobWriter {
  readonly #counter: JobCounter;
  readonly #throughput: ThroughputCounter;
  readonly #insert: Database.Statement;
  readonly #byIdempotencyKey: Database.Statement<[string], JobRow>;
  readonly #find: Database.Statement<[string], FoundRow>;
  readonly #update: Database.Statement;
  readonly #updateRunning: Database.Statement;
  readonly #delete: Database.Statement<[number]>;
  readonly #failedAttempts: FailedAttempts;
  readonly #queue: Database.Statement<[string], readonly [maxRetries: number, maxDepth: number | null]>;
  readonly #insertQueue: Database.Statement;

  constructor({ connection: db, counter, throughput }: SqliteDatabase) {
    this.#counter = counter;
    this.#throughput = throughput;
    this.#insert = db.prepare(
      `INSERT INTO jobs (${INSERTED_COLUMNS.join(', ')}, ready)
       VALUES (${INSERTED_COLUMNS.map(() => '?').join(', ')}, ?)
       ON CONFLICT (idempotency_key) WHERE idempotency_key IS NOT NULL DO NOTHING`,
    );
    this.#byIdempotencyKey = db
      .prepare<[string], JobRow>(`SELECT ${JOB_COLUMN_LIST} FROM jobs WHERE idempotency_key = ?`)
      .raw();
    // RETURNING would say this too, but SQLite builds a table for its answer, which takes longer than the update.
    this.#find = db
      .prepare<[string], FoundRow>(
        'SELECT rowid, queue_name, status, ready, lease_token FROM jobs WHERE id = ?',
      )
      .raw();
    this.#update = db.prepare(`UPDATE jobs ${SET_STATE} WHERE rowid = ?`);
    this.#updateRunning = db.prepare(UPDATE_RUNNING);
    this.#delete = db.prepare('DELETE FROM jobs WHERE rowid = ?');
    this.#failedAttempts = new FailedAttempts(db);
    this.#queue = db
      .prepare<[string], readonly [number, number | null]>(
        'SELECT max_retries, max_depth FROM queues WHERE name = ?',
      )
      .raw();
    this.#insertQueue = db.prepare(
      `INSERT INTO queues (name, max_concurrency, rate_limit_rps, max_retries, retry_backoff, base_delay_ms,
         max_delay_ms, paused, tokens, tokens_at, retention_completed_ms, retention_dead_ms, created_at, updated_at,
         max_depth)
       VALUES (?, ?, ?, ?, ?, ?, ?, 0, ?, ?, ?, ?, ?, ?, ?)`,
    );
  }

  /**
   * Inserts jobs, and the queues that are missing. Outcomes in the order of the jobs.
   * @param limits absent: however many there are of either
   */
  insert(request: InsertRequest): InsertOutcome[];
  insert(request: InsertRequest, limits: Limits): InsertOutcome[] | 'too_many_queues' | JobsRefused;
  insert(
    { jobs, now, queueDefaults }: InsertRequest,
    limits?: Limits,
  ): InsertOutcome[] | 'too_many_queues' | JobsRefused {
    const maxRetries = new Map<string, number>();
    const maxDepths = new Map<string, number>();
    const missing: string[] = [];
    for (const { queueName } of jobs) {
      if (maxRetries.has(queueName)) continue;
      const queue = this.#queue.get(queueName);
      if (queue === undefined) missing.push(queueName);
      else if (queue[1] !== null) maxDepths.set(queueName, queue[1]);
      maxRetries.set(queueName, queue?.[0] ?? queueDefaults.maxRetries);
    }
    if (limits) {
      if (missing.length > 0 && !limits.queues.admits(missing.length)) return 'too_many_queues';
      const refusal = limits.jobs.refusal(jobs, maxDepths);
      if (refusal) return refusal;
    }
    for (const name of missing) this.#createQueue(name, queueDefaults, now);
    return jobs.map((job) =>
      this.#insertOne(pendingJob(job, maxRetries.get(job.queueName) ?? queueDefaults.maxRetries), now),
    );
  }

  /** Creates the queue if it is missing. */
  ensureQueue(name: string, defaults: QueueSettings, now: number): void {
    if (this.#queue.get(name) === undefined) this.#createQueue(name, defaults, now);
  }

  #createQueue(name: string, defaults: QueueSettings, now: number): void {
    const queue = newQueue(name, defaults, now);
    this.#insertQueue.run(
      queue.name,
      queue.maxConcurrency,
      queue.rateLimitRps,
      queue.maxRetries,
      queue.retryBackoff,
      queue.baseDelayMs,
      queue.maxDelayMs,
      queue.bucket?.tokens ?? null,
      queue.bucket?.refilledAt ?? null,
      queue.retentionCompletedMs,
      queue.retentionDeadMs,
      queue.createdAt,
      queue.updatedAt,
      queue.maxDepth,
    );
  }

  /** Finds a job that is as expected. @returns lost: it is there, but not so any more */
  find(jobId: string, expected: ExpectedState): StoredJob | 'lost' | 'missing' {
    const row = this.#find.get(jobId);
    if (!row) return 'missing';
    const [rowid, queueName, status, ready, leaseToken] = row;
    if (status !== expected.status || leaseToken !== expected.leaseToken) return 'lost';
    return { rowid, queueName, count: countOf(status, ready === 1) };
  }

  /** Replaces the state of a job that was read in this transaction. */
  replace({ rowid, queueName, count }: StoredJob, state: JobState): void {
    const ready = isReady(state, state.updatedAt);
    runUpdate(this.#update, state, ready ? 1 : 0, rowid);
    this.#count(queueName, count, state, ready);
  }

  /**
   * Replaces the state of a job that runs under the lease and is where it was at its claim; in one statement, as every
   * job passes here.
   * @returns whether it does; if not, `find` says why
   */
  replaceRunning(
    { rowid, queueName }: StoredJob,
    jobId: string,
    leaseToken: number,
    state: JobState,
  ): boolean {
    const ready = isReady(state, state.updatedAt);
    const { changes } = runUpdateRunning(this.#updateRunning, state, ready ? 1 : 0, rowid, jobId, leaseToken);
    if (changes === 0) return false;
    this.#count(queueName, 'running', state, ready);
    return true;
  }

  /**
   * Deletes a job that was read in this transaction, and its failed attempts with it.
   * @returns partly: these were so many that another transaction has to go on; the job is still there
   */
  delete(jobId: string, leaseToken: number, { rowid, queueName, count }: StoredJob): 'done' | 'partly' {
    if (this.#failedAttempts.thinOut(jobId, leaseToken) === 'partly') return 'partly';
    this.#delete.run(rowid);
    this.#counter.add(queueName, count, -1);
    return 'done';
  }

  recordFailure(jobId: string, leaseToken: number, attempt: FailedAttempt): void {
    this.#failedAttempts.insert(jobId, attempt);
    this.#failedAttempts.thinOut(jobId, leaseToken);
    this.#throughput.addFailed(attempt.finishedAt);
  }

  #count(queueName: string, was: JobCount, state: JobState, ready: boolean): void {
    this.#counter.add(queueName, was, -1);
    this.#counter.add(queueName, countOf(state.status, ready), 1);
    if (state.status === 'completed') this.#throughput.addCompleted(state.updatedAt);
  }

  #insertOne(job: Job, now: number): InsertOutcome {
    const ready = isReady(job, now);
    const { changes } = runInsert(this.#insert, job, ready ? 1 : 0);
    if (changes === 1) {
      this.#counter.add(job.queueName, countOf('pending', ready), 1);
      return { kind: 'inserted', job };
    }
    const existing = this.#byIdempotencyKey.get(job.idempotencyKey ?? '');
    if (!existing) throw new Error(`job ${job.id} was not inserted`);
    return { kind: 'duplicate', job: toJob(existing) };
  }
}
