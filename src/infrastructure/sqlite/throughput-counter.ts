import type Database from 'better-sqlite3';
import { MINUTE_MS, startOfMinute } from '../../application/throughput.js';

/** For how long a minute is kept. */
const KEPT_MS = 24 * 60 * MINUTE_MS;
/** Minutes that are deleted when one begins: more than one, so that any backlog of them shrinks. */
const EXPIRED_LIMIT = 100;

/**
 * Collects what a transaction adds to the table of throughput. Its jobs nearly always end within one minute: that
 * minute alone is held here, and another one has it stored at once.
 */
export class ThroughputCounter {
  readonly #upsert: Database.Statement<[number, number, number]>;
  readonly #deleteExpired: Database.Statement<[number, number]>;
  #minute = 0;
  #completed = 0;
  #failed = 0;
  /** The minute that was stored last, in whatever transaction: a guess at whether the next one begins. */
  #stored = Number.NaN;

  constructor(db: Database.Database) {
    this.#upsert = db.prepare(
      `INSERT INTO throughput (minute, completed, failed) VALUES (?, ?, ?)
       ON CONFLICT (minute) DO UPDATE SET
         completed = completed + excluded.completed, failed = failed + excluded.failed`,
    );
    this.#deleteExpired = db.prepare(
      'DELETE FROM throughput WHERE minute IN (SELECT minute FROM throughput WHERE minute < ? ORDER BY minute LIMIT ?)',
    );
  }

  /** @param at when a job completed, epoch milliseconds */
  addCompleted(at: number): void {
    this.#turnTo(at);
    this.#completed += 1;
  }

  /** @param at when an attempt failed, epoch milliseconds */
  addFailed(at: number): void {
    this.#turnTo(at);
    this.#failed += 1;
  }

  /** Stores what was collected: at the end of each transaction. */
  flush(): void {
    if (this.#completed === 0 && this.#failed === 0) return;
    this.#upsert.run(this.#minute, this.#completed, this.#failed);
    this.reset();
    if (this.#minute === this.#stored) return;
    this.#stored = this.#minute;
    this.#deleteExpired.run(this.#minute - KEPT_MS, EXPIRED_LIMIT);
  }

  /** Forgets what a transaction had collected that failed. */
  reset(): void {
    this.#completed = 0;
    this.#failed = 0;
  }

  #turnTo(at: number): void {
    const minute = startOfMinute(at);
    if (minute === this.#minute) return;
    this.flush();
    this.#minute = minute;
  }
}
