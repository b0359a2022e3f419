import Database from 'better-sqlite3';
import { StoreFailedError, StoreUnavailableError } from '../../application/errors.js';
import type { Logger } from '../../application/ports/logger.js';

/** What makes a store fail for good. */
export type Failure = 'damaged' | 'file_gone' | 'file_replaced' | 'log_gone';

interface Explanation {
  readonly reason: string;
  /** For the operator. */
  readonly mend: string;
}

const STILL_HELD = `until this process (${process.pid}) ends, what was in it can be copied from /proc (see "The file was taken away" in docs/operations.md)`;
const EXPLANATIONS: Readonly<Record<Failure, Explanation>> = {
  damaged: {
    reason: 'the database file is damaged',
    mend: "stop mininq; restore a backup, or rescue what is left with the sqlite3 shell's .recover; start it again",
  },
  file_gone: {
    reason: 'the database file is gone',
    mend: `${STILL_HELD}; put the file back, or restore a backup, and start mininq again`,
  },
  file_replaced: {
    reason: 'another file is in the place of the database file',
    mend: `${STILL_HELD}; start mininq again with the file that you want it to use`,
  },
  log_gone: {
    reason: 'the write-ahead log of the database is gone',
    mend: 'stop mininq with SIGTERM, which stores what was in the log, and start it again; kill -9 would lose it',
  },
};

/** Whether there is still a store to work with. Once it has failed for good, it stays so until the process ends. */
export class StoreState {
  readonly #path: string;
  readonly #logger: Logger;
  #failed: StoreFailedError | null = null;

  constructor(path: string, logger: Logger) {
    this.#path = path;
    this.#logger = logger;
  }

  /** null: it has not. */
  get failed(): StoreFailedError | null {
    return this.#failed;
  }

  /** From now on nothing is read or written. Only the first failure counts, and is logged. */
  fail(failure: Failure, cause?: unknown): StoreFailedError {
    if (this.#failed) return this.#failed;
    const { reason, mend } = EXPLANATIONS[failure];
    this.#logger.error('store failed', { db: this.#path, reason, mend }, cause);
    this.#failed = new StoreFailedError(
      `The store has failed: ${reason}. Nothing is stored or claimed until that is mended and mininq started again; the log says how`,
    );
    return this.#failed;
  }

  /** The error to answer with for one of the driver. What tells of damage, makes the store fail. */
  errorFor(error: unknown): Error {
    if (error instanceof StoreUnavailableError) return error;
    if (error instanceof Database.SqliteError && /^SQLITE_(CORRUPT|NOTADB)/.test(error.code)) {
      return this.fail('damaged', error);
    }
    const reason = error instanceof Error ? error.message : String(error);
    return new StoreUnavailableError(`the database failed: ${reason}`, { cause: error });
  }
}
