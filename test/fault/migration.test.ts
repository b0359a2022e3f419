import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { expect } from 'vitest';
import { openDatabase } from '../../src/infrastructure/sqlite/open-database.js';
import { LONG } from './harness/form.js';
import type { SeededRandom } from './harness/random.js';
import { silentLogger } from '../support/silent-logger.js';
import { scenario } from './harness/scenario.js';
import { suiteProgram, type Site } from './harness/site.js';
import { expectSound, readStored, storedJobs } from './harness/stored.js';

const MIGRATIONS = readMigrationFiles({
  migrationsFolder: fileURLToPath(new URL('../../drizzle/sqlite', import.meta.url)),
});
const JOBS = Array.from({ length: 50 }, (_, n) => `job-${n}`);

/** A file as the version with so many migrations left it, with jobs in it from the first one on. */
function oldFile(path: string, migrations: number): void {
  const db = new Database(path);
  db.pragma('journal_mode = wal');
  db.pragma('foreign_keys = off');
  db.exec(
    'CREATE TABLE __drizzle_migrations (id INTEGER PRIMARY KEY, hash TEXT NOT NULL, created_at NUMERIC)',
  );
  const record = db.prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)');
  for (const [nth, { sql, hash, folderMillis }] of MIGRATIONS.slice(0, migrations).entries()) {
    for (const statement of sql) db.exec(statement);
    record.run(hash, folderMillis);
    if (nth === 0) insertJobs(db);
  }
  db.pragma('application_id = 0x6d6e6971');
  db.close();
}

/** Into the tables of the first version. */
function insertJobs(db: Database.Database): void {
  const insert = db.prepare(`
    INSERT INTO jobs (id, queue_name, status, ready, priority, visible_at, attempt, max_retries, timeout_ms,
      lease_token, created_at, updated_at, callback_url, result_truncated, payload)
    VALUES (?, 'default', 'pending', 1, 0, 0, 0, 3, 1000, 0, 0, 0, 'http://127.0.0.1:9/', 0, '{}')`);
  for (const id of JOBS) insert.run(id);
  db.exec(`INSERT INTO job_counts (queue_name, ready, delayed, running, completed, dead)
    VALUES ('default', ${JOBS.length}, 0, 0, 0, 0)`);
}

function appliedMigrations(path: string): number {
  return readStored(path, (db) =>
    Number(db.prepare('SELECT count(*) FROM __drizzle_migrations').pluck().get()),
  );
}

function migrate(site: Site, nth: number) {
  return site.run({ command: suiteProgram('migrating'), args: [site.database, String(nth)] });
}

/** Some of the statements, or all of them in the long form. */
function crashPoints(statements: number, random: SeededRandom): number[] {
  const all = Array.from({ length: statements }, (_, n) => n + 1);
  return LONG ? all : [...new Set([1, statements, random.between(1, statements)])];
}

/** Migrates a file, dying at one statement after the other; what is left is the old version, and migrates. */
async function dieWhileMigrating(site: Site, random: SeededRandom, create: (path: string) => void) {
  const folder = site.database;
  site.database = `${folder}-whole`;
  create(site.database);
  const whole = migrate(site, 0);
  expect(await whole.exited).toEqual({ code: 0, signal: null });
  const statements = Number(whole.stdout);
  expect(statements).toBeGreaterThan(0);
  for (const nth of crashPoints(statements, random)) {
    site.database = `${folder}-${nth}`;
    create(site.database);
    expect(await migrate(site, nth).exited).toMatchObject({ signal: 'SIGKILL' });
    openDatabase(site.database, 'normal', silentLogger).close();
    expect(appliedMigrations(site.database)).toBe(MIGRATIONS.length);
    expectSound(site.database);
  }
}

scenario('F31 killed while the file is made', { long: 1, limitMs: 600_000 }, async (site, random) => {
  await dieWhileMigrating(site, random, () => undefined);
  return null;
});

scenario('F31 killed while the file is migrated', { long: 1, limitMs: 600_000 }, async (site, random) => {
  const { database } = site;
  for (let version = 1; version < MIGRATIONS.length; version += 1) {
    site.database = `${database}-of-${version}`;
    await dieWhileMigrating(site, random, (path) => oldFile(path, version));
    expect([...storedJobs(site.database).keys()].sort()).toEqual([...JOBS].sort());
  }
  return { acknowledged: JOBS.length, lost: 0, duplicates: null, allowed: null };
});
