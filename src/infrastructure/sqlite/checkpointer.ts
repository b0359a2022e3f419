import { statSync } from 'node:fs';
import { createRequire } from 'node:module';
import { Worker } from 'node:worker_threads';
import type Database from 'better-sqlite3';
import type { Logger } from '../../application/ports/logger.js';
import { AUTOCHECKPOINT_PAGES, LOG_LIMIT } from './open-database.js';

/** Transactions after which the size of the log is looked at. */
const LOOK_AFTER = 8;
/** From the end of a thread to the start of another at least. */
const REST_MS = 1000;

/*
 * What the thread does, as text: a file of its own could not be started from the sources. It ends when the log is
 * empty, or when it is told to. TRUNCATE holds the lock of the writers, for as long as the file is cut; without a
 * timeout it does not wait for readers with it. The pauses grow while a reader keeps anything from being done.
 */
const THREAD = `
  const { workerData: { driver, path, stop, pages } } = require('node:worker_threads');
  const Database = require(driver);
  const db = new Database(path, { fileMustExist: true, timeout: 0 });
  const checkpoint = (mode) => db.pragma('wal_checkpoint(' + mode + ')')[0];
  try {
    let done = -1;
    let pauseMs = 5;
    for (;;) {
      const { log, checkpointed } = checkpoint('PASSIVE');
      if (log - checkpointed < pages && checkpoint('TRUNCATE').busy === 0) break;
      pauseMs = checkpointed === done ? Math.min(2 * pauseMs, 1000) : 5;
      done = checkpointed;
      if (Atomics.wait(stop, 0, 0, pauseMs) !== 'timed-out') break;
    }
  } finally {
    db.close();
  }
`;

interface Thread {
  readonly stop: Int32Array;
  readonly ended: Promise<void>;
}

/**
 * Keeps the write-ahead log small. SQLite writes it back after a commit, all that it can at once. That takes a few
 * milliseconds while the log is short; but a reader that stays for long lets it grow without bound, and the first commit
 * after it would hold the event loop for as long as it takes. A log over the limit is therefore written back, and cut,
 * by a thread with a connection of its own (docs/adr/0015).
 */
export class Checkpointer {
  readonly #db: Database.Database;
  readonly #path: string;
  readonly #logger: Logger;
  #transactions = 0;
  #thread: Thread | null = null;
  #endedAt = Number.NEGATIVE_INFINITY;
  #failing = false;

  constructor(db: Database.Database, path: string, logger: Logger) {
    this.#db = db;
    this.#path = path;
    this.#logger = logger;
  }

  /** To be called after each transaction: now and then it looks at the log. */
  committed(): void {
    this.#transactions += 1;
    if (this.#transactions % LOOK_AFTER === 0) this.look();
  }

  /** Starts the thread if the log has become too long. Never throws: what was stored is stored. */
  look(): void {
    if (this.#thread || performance.now() < this.#endedAt + REST_MS) return;
    try {
      const size = statSync(`${this.#path}-wal`, { throwIfNoEntry: false })?.size ?? 0;
      if (size > LOG_LIMIT) this.#thread = this.#start();
      else this.#failing = false;
    } catch (error) {
      this.#endedAt = performance.now();
      this.#failed(error);
    }
  }

  /** Ends the thread, which may take as long as one checkpoint. */
  async close(): Promise<void> {
    if (!this.#thread) return;
    const { stop, ended } = this.#thread;
    Atomics.store(stop, 0, 1);
    Atomics.notify(stop, 0);
    await ended;
  }

  #start(): Thread {
    const stop = new Int32Array(new SharedArrayBuffer(4));
    const driver = createRequire(import.meta.url).resolve('better-sqlite3');
    const worker = new Worker(THREAD, {
      eval: true,
      execArgv: [],
      workerData: { driver, path: this.#path, stop, pages: AUTOCHECKPOINT_PAGES },
    });
    worker.on('error', (error) => this.#failed(error));
    const ended = new Promise<void>((resolve) => {
      worker.once('exit', () => {
        this.#thread = null;
        this.#endedAt = performance.now();
        this.#db.pragma(`wal_autocheckpoint = ${AUTOCHECKPOINT_PAGES}`);
        this.#db.pragma(`journal_size_limit = ${LOG_LIMIT}`);
        resolve();
      });
    });
    this.#db.pragma('wal_autocheckpoint = 0');
    // Whoever writes first to a log that was written back cuts it.
    this.#db.pragma('journal_size_limit = -1');
    return { stop, ended };
  }

  /** It is tried again and again; one line in the log tells of it until the write-ahead log is short again. */
  #failed(error: unknown): void {
    if (this.#failing) return;
    this.#failing = true;
    const reason = error instanceof Error ? error.message : String(error);
    this.#logger.warn('the write-ahead log could not be written back', { reason });
  }
}
