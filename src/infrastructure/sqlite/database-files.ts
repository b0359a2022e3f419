import { statSync } from 'node:fs';
import type { Failure } from './store-state.js';

/**
 * The database and its log, told by device and inode from whatever may come into their place. They are looked at by
 * their paths and never opened: closing such a descriptor would drop SQLite's locks.
 */
export class DatabaseFiles {
  readonly #path: string;
  readonly #database: Identity;
  readonly #log: Identity;

  /** @param path of a database that was opened just now, and written to */
  constructor(path: string) {
    this.#path = path;
    this.#database = identity(path);
    this.#log = identity(logOf(path));
  }

  /** What has become of them; null: they are the same as ever, or it cannot be told. */
  missing(): Exclude<Failure, 'damaged'> | null {
    const now = identity(this.#path);
    if (now === 'none') return 'file_gone';
    if (differ(now, this.#database)) return 'file_replaced';
    // SQLite keeps the log as long as a process has the database open.
    return differ(identity(logOf(this.#path)), this.#log) ? 'log_gone' : null;
  }
}

function logOf(path: string): string {
  return `${path}-wal`;
}

/** Device and inode; none: there is no such file; unknown: that cannot be told now. */
type Identity = `${bigint}:${bigint}` | 'none' | 'unknown';

function identity(path: string): Identity {
  try {
    const { dev, ino } = statSync(path, { bigint: true });
    return `${dev}:${ino}`;
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : '';
    // Others, such as EACCES, EIO or ESTALE, say nothing about the file that this process has open.
    return code === 'ENOENT' || code === 'ENOTDIR' ? 'none' : 'unknown';
  }
}

function differ(now: Identity, before: Identity): boolean {
  return now !== before && now !== 'unknown' && before !== 'unknown';
}
