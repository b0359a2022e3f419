import { setTimeout as delay } from 'node:timers/promises';
import type Database from 'better-sqlite3';
import { drizzle, type BetterSQLite3Database } from 'drizzle-orm/better-sqlite3';
import type { Durability } from '../../application/config.js';
import type { Logger } from '../../application/ports/logger.js';
import type { Scheduler } from '../../application/ports/scheduler.js';
import { Checkpointer } from './checkpointer.js';
import { DatabaseFiles } from './database-files.js';
import { BUSY_RETRY_MS, BUSY_TIMEOUT_MS, GroupCommit, type Work } from './group-commit.js';
import { JobCounter } from './job-counter.js';
import { isBusy, openDatabase, openMark } from './open-database.js';
import { StoreState } from './store-state.js';
import { ThroughputCounter } from './throughput-counter.js';

export interface Surroundings {
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** How often the files are looked at. What was acknowledged since they were taken away, is lost with them. */
const WATCH_MS = 1000;

/**
 * The one connection of a process to its file. better-sqlite3 is synchronous: a second connection for reading would
 * run nothing in parallel.
 */
export class SqliteDatabase {
  readonly connection: Database.Database;
  readonly orm: BetterSQLite3Database;
  readonly counter: JobCounter;
  readonly throughput: ThroughputCounter;
  readonly logger: Logger;
  readonly #state: StoreState;
  readonly #writes: GroupCommit;
  readonly #scheduler: Scheduler;
  /** null: the database is in memory. */
  readonly #files: DatabaseFiles | null;
  readonly #checkpointer: Checkpointer | null;
  readonly #openMark: number;
  #cancelWatch: () => void = () => undefined;

  /** @throws StartupError as `openDatabase` does */
  constructor(path: string, durability: Durability, { scheduler, logger }: Surroundings) {
    this.#scheduler = scheduler;
    this.logger = logger;
    this.#state = new StoreState(path, logger);
    this.connection = openDatabase(path, durability, logger);
    this.#files = this.connection.memory ? null : new DatabaseFiles(path);
    this.#openMark = this.connection.memory ? 0 : openMark(path);
    this.#checkpointer = this.connection.memory ? null : new Checkpointer(this.connection, path, logger);
    this.orm = drizzle({ client: this.connection });
    this.counter = new JobCounter(this.connection);
    this.throughput = new ThroughputCounter(this.connection);
    this.#writes = new GroupCommit(this.connection, this.#state, {
      reset: () => {
        this.counter.reset();
        this.throughput.reset();
      },
      flush: () => {
        this.counter.flush();
        this.throughput.flush();
      },
      committed: () => this.#checkpointer?.committed(),
    });
    if (this.#files) this.#watch();
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
      if (this.#state.failed) throw this.#state.failed;
      try {
        this.#writes.rollBackRest();
        return work();
      } catch (error) {
        if (!isBusy(error) || performance.now() > deadline) throw this.#state.errorFor(error);
      }
      await delay(BUSY_RETRY_MS);
    }
  }

  /** Runs a synchronous read of several statements, all of which see the same state of the file. */
  snapshot<T>(work: () => T): Promise<T> {
    return this.read(() => this.connection.transaction(work)());
  }

  /** Looks whether the files are still there: SQLite itself would go on writing to what nobody can open any more. */
  checkFiles(): void {
    const missing = this.#files?.missing();
    if (missing) this.#state.fail(missing);
  }

  /** Writes that are not answered yet are carried out. */
  async close(): Promise<void> {
    if (!this.connection.open) return;
    this.#cancelWatch();
    this.#writes.close();
    await this.#checkpointer?.close();
    this.#markClosed();
    this.connection.close();
  }

  /** Writes to the file, and changes nothing but the mark that another process may have taken away. */
  touch(): void {
    this.connection.pragma(`user_version = ${this.#openMark}`);
  }

  #markClosed(): void {
    if (this.#state.failed) return;
    try {
      this.connection.pragma('user_version = 0');
    } catch {
      // The next start then looks through the file, which it may well have to.
    }
  }

  /** Another process that has closed the file took the mark away. */
  async #restoreMark(): Promise<void> {
    const mark = await this.read(() => this.connection.pragma('user_version', { simple: true }));
    if (mark === 0) await this.write(() => this.touch());
  }

  #watch(): void {
    this.#cancelWatch = this.#scheduler.after(WATCH_MS, () => {
      this.checkFiles();
      if (this.#state.failed) return;
      this.#checkpointer?.look();
      this.#restoreMark().catch(() => {
        // Whatever ails the file, all others meet it and answer for it. The mark has time until the next look.
      });
      this.#watch();
    });
  }
}
