import { statSync } from 'node:fs';
import type { Failure } from './store-state.js';

/**
 * The database and its log, told by device and inode from whatever may come into their place. They are looked at by
 * their paths and never opened: closing such a descriptor would drop SQLite's locks.
 */
export class DatabaseFiles {
  readonly #path: string;
  readonly #database: string | null;
  readonly #log: string | null;

  /** @param path of a database that was opened just now, and written to */
  constructor(path: string) {
    this.#path = path;
    this.#database = identity(path);
    this.#log = identity(logOf(path));
  }

  /** What has become of them; null: they are the same as ever. */
  missing(): Exclude<Failure, 'damaged'> | null {
    const now = identity(this.#path);
    if (now === null) return 'file_gone';
    if (now !== this.#database) return 'file_replaced';
    // SQLite keeps the log as long as a process has the database open.
    return identity(logOf(this.#path)) === this.#log ? null : 'log_gone';
  }
}

function logOf(path: string): string {
  return `${path}-wal`;
}

/** null: there is no such file. */
function identity(path: string): string | null {
  const stats = statSync(path, { bigint: true, throwIfNoEntry: false });
  return stats ? `${stats.dev}:${stats.ino}` : null;
}
