import { setTimeout as delay } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { Durability } from '../../application/config.js';
import { BUSY_RETRY_MS, BUSY_TIMEOUT_MS, GroupCommit, unavailable, type Work } from './group-commit.js';
import { JobCounter } from './job-counter.js';
import { isBusy, openDatabase } from './open-database.js';
import { ThroughputCounter } from './throughput-counter.js';

/**
 * The one connection of a process to its file. better-sqlite3 is synchronous: a second connection for reading would
 * run nothing in parallel.
 */
export class SqliteDatabase {
  readonly connection: Database.Database;
  readonly orm: BetterSQLite3Database;
  readonly counter: JobCounter;
  readonly throughput: ThroughputCounter;
  readonly #writes: GroupCommit;

  /** @throws StartupError as `openDatabase` does */
  constructor(path: string, durability: Durability) {
    this.connection = openDatabase(path, durability);
    this.orm = drizzle({ client: this.connection });
    this.counter = new JobCounter(this.connection);
    this.throughput = new ThroughputCounter(this.connection);
    this.#writes = new GroupCommit(this.connection, {
      reset: () => {
        this.counter.reset();
        this.throughput.reset();
      },
      flush: () => {
        this.counter.flush();
        this.throughput.flush();
      },
    });
  }

  /** See GroupCommit.write. What the writes of a transaction change in what is counted is stored at its end. */
  write<T>(work: Work<T>): Promise<T> {
    return this.#writes.write(work);
  }

  /**
   * Runs a synchronous read. In WAL mode readers do not wait for writers; only the opening and closing of the file
   * by another process can make it busy for a moment.
   * @throws StoreUnavailableError (as a rejection) when the database cannot be read
   */
  async read<T>(work: () => T): Promise<T> {
    const deadline = performance.now() + BUSY_TIMEOUT_MS;
    for (;;) {
      try {
        return work();
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw unavailable(error);
      }
      await delay(BUSY_RETRY_MS);
    }
  }

  /** Runs a synchronous read of several statements, all of which see the same state of the file. */
  snapshot<T>(work: () => T): Promise<T> {
    return this.read(() => this.connection.transaction(work)());
  }

  close(): void {
    if (!this.connection.open) return;
    this.#writes.close();
    this.connection.close();
  }
}
