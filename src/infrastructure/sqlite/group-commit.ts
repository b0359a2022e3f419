import Database from 'better-sqlite3';
import { StoreUnavailableError } from '../../application/errors.js';
import { isBusy } from './open-database.js';
import type { StoreState } from './store-state.js';

/**
 * A write's statements.
 * @param waitedMs how long they had to wait for their turn, for the writes before them or for a lock of another
 *   process; whole milliseconds, 0 for a short wait
 */
export type Work<T> = (waitedMs: number) => T;

interface Write {
  readonly work: Work<void>;
  readonly resolve: () => void;
  readonly reject: (reason: unknown) => void;
  /** On the monotonic clock. */
  readonly issuedAt: number;
}

/** What goes with every transaction; at its end it stores what the writes have left to be stored. */
export interface Deferred {
  /** Forgets what is left of a transaction that failed. */
  reset(): void;
  flush(): void;
  /** Called after COMMIT. */
  committed?(): void;
}

/** The documented busy_timeout: how long a write waits for a lock that another process holds. */
export const BUSY_TIMEOUT_MS = 5000;
/** A transaction takes no further write after this long, so that a burst does not hold the event loop. */
const TRANSACTION_BUDGET_MS = 8;
/** How long a transaction waits for more writes, at most, while every turn of the event loop brings some. */
const GATHER_MS = 2;
/** Transactions after which the page cache is emptied. */
const TRIM_AFTER = 64;
export const BUSY_RETRY_MS = 5;
/** A shorter wait needs no correction: the reaper leaves a lease four times as long past its end. */
const SHORT_WAIT_MS = 250;

/**
 * One queue of writes for one connection. Writes that are issued in the same turn of the event loop share one
 * IMMEDIATE transaction (group commit), and so do those of the next turns as long as each brings some: a drain over
 * HTTP then takes a quarter fewer transactions. Each write is answered after COMMIT. When another process holds the
 * lock, the queue waits with timers: SQLite's own busy handler would block the event loop.
 *
 *   idle ──write──▶ gathering ──a turn without writes, or 2 ms──▶ one transaction ──queue empty──▶ idle
 *                       ▲                                             │
 *                       └────────── lock held: a few ms ──────────────┴── more writes: next turn
 */
export class GroupCommit {
  readonly #db: Database.Database;
  readonly #state: StoreState;
  readonly #begin: Database.Statement;
  readonly #commit: Database.Statement;
  readonly #rollback: Database.Statement;
  readonly #deferred: Deferred | undefined;
  readonly #monotonic: () => number;
  #queue: Write[] = [];
  #closed = false;
  #scheduled = false;
  /** Length of the queue at the end of the last turn. */
  #gathered = 0;
  #transactions = 0;
  #retryTimer: NodeJS.Timeout | undefined;

  /** @param monotonic milliseconds on a clock that never goes back */
  constructor(
    db: Database.Database,
    state: StoreState,
    deferred?: Deferred,
    monotonic = () => performance.now(),
  ) {
    this.#db = db;
    this.#state = state;
    this.#deferred = deferred;
    this.#monotonic = monotonic;
    this.#begin = db.prepare('BEGIN IMMEDIATE');
    this.#commit = db.prepare('COMMIT');
    this.#rollback = db.prepare('ROLLBACK');
  }

  /**
   * Runs `work` inside a transaction. It must be synchronous and without effects outside the database, because it
   * runs again when a neighbour in the same transaction fails.
   * @throws StoreUnavailableError (as a rejection) when the database is locked for too long, full or failing
   */
  write<T>(work: Work<T>): Promise<T> {
    if (this.#state.failed) return Promise.reject(this.#state.failed);
    if (this.#closed) return Promise.reject(new StoreUnavailableError('the database is closed'));
    return new Promise<T>((resolve, reject) => {
      let value: T;
      this.#queue.push({
        work: (waited) => {
          value = work(waited);
        },
        resolve: () => resolve(value),
        reject,
        issuedAt: this.#monotonic(),
      });
      this.#schedule();
    });
  }

  /** Writes that are not answered yet are carried out before the connection closes. */
  close(): void {
    this.#closed = true;
    clearTimeout(this.#retryTimer);
    this.#db.pragma('busy_timeout = 1000');
    while (this.#queue.length > 0) {
      if (this.#runTransaction() === 'busy') this.#rejectAll(this.#queue.splice(0), closedWhileLocked());
    }
  }

  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => this.#flush());
  }

  #flush(): void {
    this.#scheduled = false;
    if (this.#queue.length === 0) return;
    if (this.#isGathering()) {
      this.#schedule();
      return;
    }
    if (this.#runTransaction() === 'busy') {
      this.#rejectOverdue();
      if (this.#queue.length > 0) {
        this.#scheduled = true;
        this.#retryTimer = setTimeout(() => this.#flush(), BUSY_RETRY_MS);
      }
    } else if (this.#queue.length > 0) {
      this.#schedule();
    }
  }

  #isGathering(): boolean {
    const [oldest] = this.#queue;
    const grown = this.#queue.length > this.#gathered;
    this.#gathered = this.#queue.length;
    return grown && oldest !== undefined && this.#monotonic() - oldest.issuedAt < GATHER_MS;
  }

  /** Undoes what a ROLLBACK that failed has left open: nobody may read it, nor commit it. */
  rollBackRest(): void {
    if (this.#db.inTransaction) this.#rollback.run();
  }

  #runTransaction(): 'done' | 'busy' {
    try {
      if (this.#state.failed) throw this.#state.failed;
      this.rollBackRest();
      this.#begin.run();
    } catch (error) {
      if (isBusy(error)) return 'busy';
      this.#rejectAll(this.#queue.splice(0), this.#state.errorFor(error));
      return 'done';
    }
    const taken: Write[] = [];
    let current: Write | undefined;
    try {
      this.#deferred?.reset();
      const until = this.#monotonic() + TRANSACTION_BUDGET_MS;
      while (this.#monotonic() < until && (current = this.#queue.shift())) {
        taken.push(current);
        current.work(waitedMs(current, this.#monotonic()));
      }
      current = undefined;
      this.#deferred?.flush();
      this.#commit.run();
    } catch (error) {
      this.#undo(taken, current, error);
      return 'done';
    }
    this.#gathered = this.#queue.length;
    for (const write of taken) write.resolve();
    this.#trim();
    this.#deferred?.committed?.();
    return 'done';
  }

  /**
   * Whenever a B-tree was balanced, COMMIT looks through the whole page cache for pages beyond the end of the file
   * (pcache1TruncateUnsafe). With the documented 64 MB full, that is more than half of its time, while the pages that
   * are in use at any one time are few, and quickly read again.
   */
  #trim(): void {
    this.#transactions += 1;
    if (this.#transactions % TRIM_AFTER !== 0) return;
    try {
      this.#db.pragma('shrink_memory');
    } catch {
      // The writes are stored. Whatever ails the file, the next transaction meets it and answers for it.
    }
  }

  /** A write that failed by itself is alone answered with the error; its neighbours go into the next transaction. */
  #undo(taken: readonly Write[], culprit: Write | undefined, error: unknown): void {
    try {
      // A full disk makes SQLite roll back by itself.
      this.rollBackRest();
    } catch (rollbackError) {
      this.#rejectAll(taken, this.#state.errorFor(rollbackError));
      return;
    }
    if (culprit === undefined || isStoreFailure(error)) {
      this.#rejectAll(taken, this.#state.errorFor(error));
      return;
    }
    culprit.reject(error);
    this.#queue.unshift(...taken.filter((write) => write !== culprit));
  }

  #rejectOverdue(): void {
    const limit = this.#monotonic() - BUSY_TIMEOUT_MS;
    const overdue = this.#queue.filter(({ issuedAt }) => issuedAt <= limit);
    if (overdue.length === 0) return;
    this.#queue = this.#queue.filter(({ issuedAt }) => issuedAt > limit);
    this.#rejectAll(
      overdue,
      new StoreUnavailableError(`the database was locked by another process for ${BUSY_TIMEOUT_MS} ms`),
    );
  }

  #rejectAll(writes: readonly Write[], reason: unknown): void {
    for (const write of writes) write.reject(reason);
  }
}

function waitedMs({ issuedAt }: Write, now: number): number {
  const waited = now - issuedAt;
  return waited < SHORT_WAIT_MS ? 0 : Math.floor(waited);
}

/** Trouble of the file, the disk or the lock, as opposed to a fault in a statement. */
function isStoreFailure(error: unknown): boolean {
  return (
    error instanceof Database.SqliteError &&
    /^SQLITE_(BUSY|LOCKED|FULL|IOERR|CANTOPEN|READONLY|CORRUPT|NOTADB|NOMEM|PROTOCOL)/.test(error.code)
  );
}

function closedWhileLocked(): StoreUnavailableError {
  return new StoreUnavailableError('the database was locked by another process when it was closed');
}
