import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { openDatabase } from '../../../src/infrastructure/sqlite/open-database.js';
import { NOW } from '../../support/jobs.js';
import { silentLogger } from '../../support/silent-logger.js';
import { connectSqlite } from '../../support/sqlite.js';

let folder: string;
let path: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mininq-'));
  path = join(folder, 'test.db');
});
afterEach(() => rm(folder, { recursive: true }));

const TABLES = ['queues', 'jobs', 'failed_attempts', 'job_counts', 'schedules', 'throughput'];
const LONG = JSON.stringify('x'.repeat(20_000));

/** A file of the first version: two queues, a job in each status, two failed attempts, a schedule. */
function makeFirstVersion(): void {
  const db = new Database(path);
  db.pragma('journal_mode = wal');
  db.exec(
    'CREATE TABLE __drizzle_migrations (id INTEGER PRIMARY KEY, hash TEXT NOT NULL, created_at NUMERIC)',
  );
  const [first] = readMigrationFiles({ migrationsFolder: 'drizzle/sqlite' });
  for (const statement of first?.sql ?? []) db.exec(statement);
  db.prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, 1)').run(first?.hash);
  db.pragma('application_id = 0x6d6e6971');
  const queue = db.prepare(
    "INSERT INTO queues VALUES (?, 10, NULL, 3, 'exponential', 1000, 300000, 0, NULL, NULL, ?, ?)",
  );
  for (const name of ['default', 'mail']) queue.run(name, NOW, NOW);
  // The numbers of the rows are not in the order of the ids, and have gaps.
  const job = db.prepare(
    `INSERT INTO jobs (rowid, id, queue_name, status, ready, priority, visible_at, attempt, max_retries, timeout_ms,
       lease_token, worker_id, started_at, completed_at, created_at, updated_at, idempotency_key, callback_url,
       last_error, result_truncated, payload, result)
     VALUES (?, ?, ?, ?, ?, 0, ?, ?, 3, 86400000, ?, ?, ?, ?, ?, ?, ?, 'http://receiver.test/', ?, 0, ?, ?)`,
  );
  const at = [NOW, NOW] as const;
  job.run(3, 'b', 'default', 'pending', 1, NOW, 0, 0, null, null, null, ...at, null, null, '{"n":1}', null);
  job.run(
    7,
    'a',
    'default',
    'pending',
    0,
    NOW + 1e6,
    1,
    1,
    null,
    null,
    null,
    ...at,
    'k',
    'HTTP 500',
    LONG,
    null,
  );
  job.run(8, 'e', 'mail', 'running', 0, NOW + 1e8, 1, 1, 'old:1:x', NOW, null, ...at, null, null, '{}', null);
  job.run(9, 'c', 'mail', 'completed', 0, NOW, 1, 1, 'old:1:x', NOW, NOW, ...at, null, null, '{}', LONG);
  job.run(20, 'd', 'mail', 'dead', 0, NOW, 4, 4, 'old:1:x', NOW, NOW, ...at, null, 'HTTP 404', '{}', null);
  const failure = db.prepare(
    "INSERT INTO failed_attempts VALUES (?, ?, ?, 1, 2, 500, 'HTTP 500', 'an answer')",
  );
  failure.run(1, 'a', 1);
  failure.run(2, 'd', 1);
  db.exec("INSERT INTO job_counts VALUES ('default', 1, 1, 0, 0, 0), ('mail', 0, 0, 1, 1, 1)");
  db.exec(`INSERT INTO schedules VALUES
    ('s', 'default', '0 0 0 * * *', 'UTC', 'http://receiver.test/', '{}', 3, 1000, 1, NULL, ${NOW}, ${NOW}, ${NOW})`);
  db.exec(`INSERT INTO throughput VALUES (${NOW}, 1, 2)`);
  db.close();
}

type Columns = Readonly<Record<string, readonly unknown[]>>;

function columnsOf(db: Database.Database): Columns {
  const names = db.prepare<[string]>('SELECT name FROM pragma_table_info(?)').pluck();
  return Object.fromEntries(TABLES.map((table) => [table, names.all(table)]));
}

/** All rows with their numbers; of later columns, nothing. */
function contents(db: Database.Database, columns: Columns): Record<string, unknown[]> {
  const all = (table: string) =>
    db
      .prepare(`SELECT rowid, ${columns[table]?.join(', ')} FROM ${table} ORDER BY rowid`)
      .raw()
      .all();
  return Object.fromEntries(TABLES.map((table) => [table, all(table)]));
}

test('a file of the first version keeps everything, its rows in their order, and has the new columns', () => {
  makeFirstVersion();
  const old = new Database(path);
  const columns = columnsOf(old);
  const before = contents(old, columns);
  old.close();
  const db = openDatabase(path, 'normal', silentLogger);
  expect(contents(db, columns)).toEqual(before);
  expect(db.prepare('SELECT DISTINCT crashes FROM jobs').pluck().all()).toEqual([0]);
  expect(db.prepare('SELECT DISTINCT headers FROM jobs').pluck().all()).toEqual([null]);
  expect(db.pragma('foreign_key_check')).toEqual([]);
  expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
  db.close();
});

test('it is then the same as a new file: its tables and indexes, and that attempts go with their jobs', () => {
  const schema = (db: Database.Database) =>
    db
      .prepare("SELECT type, name, tbl_name, replace(sql, '\"', '`') AS sql FROM sqlite_schema ORDER BY name")
      .all();
  makeFirstVersion();
  const upgraded = openDatabase(path, 'normal', silentLogger);
  const fresh = openDatabase(join(folder, 'new.db'), 'normal', silentLogger);
  expect(schema(upgraded)).toEqual(schema(fresh));
  expect(upgraded.pragma('foreign_keys', { simple: true })).toBe(1);
  upgraded.exec("DELETE FROM jobs WHERE id = 'a'");
  expect(upgraded.prepare('SELECT job_id FROM failed_attempts').pluck().all()).toEqual(['d']);
  upgraded.close();
  fresh.close();
});

test('the texts of any length come last in a row of jobs', () => {
  const db = openDatabase(path, 'normal', silentLogger);
  const columns = db.prepare("SELECT name FROM pragma_table_info('jobs') ORDER BY cid").pluck().all();
  expect(columns.slice(-2)).toEqual(['payload', 'result']);
  db.close();
});

test('a job that the old version left running has no worker: it is abandoned', async () => {
  makeFirstVersion();
  const stores = connectSqlite(path);
  expect((await stores.jobs.abandoned(10)).map(({ job: { id, crashes } }) => [id, crashes])).toEqual([
    ['e', 0],
  ]);
  await stores.jobs.close();
});
