import type Database from 'better-sqlite3';
import type { SqliteDatabase } from './sqlite-database.js';

/** Jobs that one claim marks ready at most, the oldest first: about two milliseconds of work. */
const PROMOTE_LIMIT = 500;
/** When more are due than that: so many queues a claim, and so many jobs of each, beyond the oldest. */
const QUEUES_LIMIT = 50;
const PER_QUEUE_LIMIT = 5;

// Each statement names its index; test/unit/sqlite checks the plans.
const DUE = "status = 'pending' AND ready = 0 AND visible_at <= ?";
export const PROMOTE_DUE = `UPDATE jobs SET ready = 1
  WHERE id IN (SELECT id FROM jobs INDEXED BY idx_jobs_delayed WHERE ${DUE} ORDER BY visible_at LIMIT ?)
  RETURNING queue_name AS queueName`;
export const PROMOTE_DUE_OF_QUEUE = `UPDATE jobs SET ready = 1
  WHERE id IN (
    SELECT id FROM jobs INDEXED BY idx_jobs_delayed_queue
    WHERE queue_name = ? AND ${DUE} ORDER BY visible_at LIMIT ?)
  RETURNING queue_name AS queueName`;
export const DELAYED_QUEUES_AFTER = `SELECT queue_name FROM job_counts INDEXED BY idx_job_counts_delayed
  WHERE delayed > 0 AND queue_name > ? ORDER BY queue_name LIMIT ?`;
export const NEXT_DELAYED = `SELECT visible_at FROM jobs INDEXED BY idx_jobs_delayed
  WHERE status = 'pending' AND ready = 0 ORDER BY visible_at LIMIT 1`;

interface Promoted {
  readonly queueName: string;
}

/** The pending jobs that are not yet marked ready. */
export class DelayedJobs {
  readonly #db: SqliteDatabase;
  readonly #promote: Database.Statement<[number, number], Promoted>;
  readonly #promoteOfQueue: Database.Statement<[string, number, number], Promoted>;
  readonly #queuesAfter: Database.Statement<[string, number], string>;
  readonly #next: Database.Statement<[], number>;
  /** The last queue that was looked at, so that each has its turn. */
  #cursor = '';

  constructor(db: SqliteDatabase) {
    this.#db = db;
    this.#promote = db.connection.prepare(PROMOTE_DUE);
    this.#promoteOfQueue = db.connection.prepare(PROMOTE_DUE_OF_QUEUE);
    this.#queuesAfter = db.connection.prepare<[string, number], string>(DELAYED_QUEUES_AFTER).pluck();
    this.#next = db.connection.prepare<[], number>(NEXT_DELAYED).pluck();
  }

  /**
   * Marks due jobs ready, a bounded number: the oldest, and if those are not all, some of every queue in turn. A mass
   * of due jobs of one queue would otherwise hide those of the others until it is worked off.
   */
  promote(now: number): void {
    if ((this.nextDueAt() ?? Number.POSITIVE_INFINITY) > now) return;
    const promoted = this.#promote.all(now, PROMOTE_LIMIT);
    this.#count(promoted);
    if (promoted.length < PROMOTE_LIMIT) return;
    // The writes before this one in the transaction may have made the first delayed job of a queue.
    this.#db.counter.flush();
    const queues = this.#queuesAfter.all(this.#cursor, QUEUES_LIMIT);
    this.#cursor = queues.length < QUEUES_LIMIT ? '' : (queues.at(-1) ?? '');
    for (const name of queues) this.#count(this.#promoteOfQueue.all(name, now, PER_QUEUE_LIMIT));
  }

  /** When the first of them is due, epoch milliseconds; undefined when there is none. */
  nextDueAt(): number | undefined {
    return this.#next.get();
  }

  #count(promoted: readonly Promoted[]): void {
    for (const { queueName } of promoted) {
      this.#db.counter.add(queueName, 'delayed', -1);
      this.#db.counter.add(queueName, 'ready', 1);
    }
  }
}
