import { statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import type { Durability } from '../../application/config.js';
import { StartupError } from '../../application/errors.js';
import type { Logger } from '../../application/ports/logger.js';
import { createPrivateFile, warnOfReaders } from '../process/private-files.js';

/** PRAGMA application_id of a mininq file: "mniq". */
const APPLICATION_ID = 0x6d6e6971;
/** SQLite's default. Fewer checkpoints bring nothing, and stalls of 20 to 40 ms instead of 8. */
export const AUTOCHECKPOINT_PAGES = 1000;
/** Bytes of the write-ahead log, several times what it takes while no reader stands in the way of checkpoints. */
export const LOG_LIMIT = 16 * 1024 * 1024;
const MIGRATIONS = fileURLToPath(new URL('../../../drizzle/sqlite', import.meta.url));
/** A file up to this size is looked through at every start; a larger one, which takes long, if it was not closed. */
export const ALWAYS_CHECKED_BYTES = 64 * 1024 * 1024;
/** How long opening waits for another process that opens or migrates the same file. */
const OPEN_TIMEOUT_MS = 5000;

/**
 * Opens the file, creates or migrates it, and sets the pragmas that the manual lists, but for the memory map. The file must never be opened
 * by other means in this process: closing such a descriptor would drop SQLite's locks.
 *
 * @throws StartupError for a file that is no database, not mininq's, damaged, newer than this program or not
 *   accessible; the file is then as it was
 */
export function openDatabase(path: string, durability: Durability, logger: Logger): Database.Database {
  try {
    // SQLite gives its further files the mode of this one.
    if (path !== ':memory:') createPrivateFile(path);
    if (path !== ':memory:' && isNonEmptyFile(path)) inspect(path, logger);
    const db = new Database(path, { timeout: OPEN_TIMEOUT_MS });
    try {
      configure(db, durability);
      // A migration that makes a table anew drops the old one, and that would delete all rows that refer to it. Whether
      // foreign keys are heeded cannot be changed within a transaction.
      db.pragma('foreign_keys = off');
      migrate(db);
      db.pragma('foreign_keys = on');
      if (!db.memory) {
        db.pragma(`user_version = ${openMark(path)}`);
        // Into the file itself: the log may be what is missing later.
        db.pragma('wal_checkpoint(PASSIVE)');
        warnOfReaders([path], logger);
      }
      // From here on a lock is waited for between turns of the event loop, not by blocking it (see GroupCommit).
      db.pragma('busy_timeout = 0');
      return db;
    } catch (error) {
      db.close();
      throw error;
    }
  } catch (error) {
    throw error instanceof StartupError ? error : new StartupError(explain(path, error), { cause: error });
  }
}

function isNonEmptyFile(path: string): boolean {
  const stats = statSync(path, { throwIfNoEntry: false });
  if (stats && !stats.isFile()) throw new StartupError(`database ${path}: not a file`);
  return stats !== undefined && stats.size > 0;
}

/**
 * What PRAGMA user_version is while a process has the file open; 0 once one has closed it. It is made from the inode, so
 * that a backup, which has it as well, is not taken for a file whose log is missing; unless the backup was written over
 * that very file.
 */
export function openMark(path: string): number {
  return Number(statSync(path, { bigint: true }).ino & 0x7fff_ffffn) || 1;
}

/** Looks at the file read-only, so that a file which is refused stays untouched. */
function inspect(path: string, logger: Logger): void {
  // Before the file is opened, which makes a log.
  const hasLog = (statSync(`${path}-wal`, { throwIfNoEntry: false })?.size ?? 0) > 0;
  const db = new Database(path, { readonly: true, fileMustExist: true, timeout: OPEN_TIMEOUT_MS });
  try {
    const objects = db.prepare('SELECT count(*) FROM sqlite_schema').pluck().get();
    const id = db.pragma('application_id', { simple: true });
    if (id !== APPLICATION_ID && objects !== 0) {
      throw new StartupError(
        `database ${path}: a SQLite database, but not one of mininq; set server.db_path to another file`,
      );
    }
    const mark = db.pragma('user_version', { simple: true });
    // SQLite deletes the log when the last process closes the file.
    const wasClosed = mark === 0 && !hasLog;
    if (!wasClosed || statSync(path).size <= ALWAYS_CHECKED_BYTES) refuseDamaged(path, db);
    if (id === APPLICATION_ID && mark === openMark(path) && !hasLog) {
      logger.warn(
        'the write-ahead log is missing: what was stored last is lost, or this file is a backup that was put here',
        { db: path, reason: `the file was in use when it was left or copied, but there is no ${path}-wal` },
      );
    }
    if (id === APPLICATION_ID) refuseNewer(path, db);
  } finally {
    db.close();
  }
}

function refuseDamaged(path: string, db: Database.Database): void {
  const damage = db.pragma('quick_check(1)', { simple: true });
  if (damage === 'ok') return;
  throw new StartupError(
    `database ${path}: damaged (${firstLine(String(damage))}); restore a backup, or rescue what is left with the sqlite3 shell's .recover`,
  );
}

function refuseNewer(path: string, db: Database.Database): void {
  const known = new Set(readMigrationFiles({ migrationsFolder: MIGRATIONS }).map(({ hash }) => hash));
  const unknown = appliedMigrations(db).some((hash) => !known.has(hash));
  if (unknown) {
    throw new StartupError(`database ${path}: written by a newer mininq; start that version, or a later one`);
  }
}

function configure(db: Database.Database, durability: Durability): void {
  enableWal(db);
  db.pragma(`synchronous = ${durability}`);
  db.pragma(`wal_autocheckpoint = ${AUTOCHECKPOINT_PAGES}`);
  db.pragma(`journal_size_limit = ${LOG_LIMIT}`);
  db.pragma('temp_store = memory');
  // The manual maps 30 GB. An I/O error under a memory map is not an error but a SIGBUS, which ends the process; and
  // each page of the file that was read would count as memory of the process (docs/adr/0009).
  db.pragma('mmap_size = 0');
  db.pragma('cache_size = -64000');
  db.pragma('trusted_schema = off');
}

/** SQLite does not wait for a lock when it changes the journal mode, so two first starts at once need a retry. */
function enableWal(db: Database.Database): void {
  const deadline = performance.now() + OPEN_TIMEOUT_MS;
  for (;;) {
    try {
      db.pragma('journal_mode = wal');
      return;
    } catch (error) {
      if (!isBusy(error) || performance.now() > deadline) throw error;
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 10);
    }
  }
}

/**
 * Applies the missing migrations in one transaction that holds the write lock from its start: several processes may
 * start at once, and a crash leaves the old version or the new one. Drizzle's own migrator would begin without the
 * lock, and skip a migration that is older than the newest one applied.
 */
function migrate(db: Database.Database): void {
  const apply = db.transaction(() => {
    db.exec(
      'CREATE TABLE IF NOT EXISTS __drizzle_migrations (id INTEGER PRIMARY KEY, hash TEXT NOT NULL, created_at NUMERIC)',
    );
    const applied = new Set(appliedMigrations(db));
    const record = db.prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)');
    for (const migration of readMigrationFiles({ migrationsFolder: MIGRATIONS })) {
      if (applied.has(migration.hash)) continue;
      for (const statement of migration.sql) db.exec(statement);
      record.run(migration.hash, migration.folderMillis);
    }
    db.pragma(`application_id = ${APPLICATION_ID}`);
  });
  apply.immediate();
}

function appliedMigrations(db: Database.Database): string[] {
  return db
    .prepare<[], { hash: string }>('SELECT hash FROM __drizzle_migrations')
    .all()
    .map(({ hash }) => hash);
}

function explain(path: string, error: unknown): string {
  if (!(error instanceof Error)) return `database ${path}: cannot be opened`;
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  if (code === 'SQLITE_NOTADB')
    return `database ${path}: not a SQLite database; set server.db_path to another file`;
  if (code === 'SQLITE_CANTOPEN' || error.message.includes('directory does not exist')) {
    return `database ${path}: cannot be opened; check that the directory exists and that this user may write there`;
  }
  if (code === 'SQLITE_READONLY_DIRECTORY') {
    return `database ${path}: its directory is not writable for this user, and SQLite keeps further files there`;
  }
  if (code.startsWith('SQLITE_READONLY')) return `database ${path}: not writable for this user`;
  if (code.startsWith('SQLITE_CORRUPT')) {
    return `database ${path}: damaged; restore a backup, or rescue what is left with the sqlite3 shell's .recover`;
  }
  if (code === 'ERR_DLOPEN_FAILED' || error.message.startsWith('Could not locate the bindings file')) {
    return "SQLite's driver was not built for this Node.js; run: npm rebuild better-sqlite3";
  }
  return `database ${path}: cannot be opened (${firstLine(error.message)})`;
}

function firstLine(text: string): string {
  return text.split('\n', 1)[0] ?? '';
}

export function isBusy(error: unknown): boolean {
  return error instanceof Database.SqliteError && /^SQLITE_(BUSY|LOCKED)/.test(error.code);
}
