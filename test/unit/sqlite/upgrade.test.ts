import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { NOW } from '../../support/jobs.js';
import { connectSqlite } from '../../support/sqlite.js';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mininq-'));
});
afterEach(() => rm(folder, { recursive: true }));

/** A file as the first version of the schema made it. */
function firstVersion(path: string): Database.Database {
  const db = new Database(path);
  const [first] = readMigrationFiles({ migrationsFolder: 'drizzle/sqlite' });
  for (const statement of first?.sql ?? []) db.exec(statement);
  db.exec(
    'CREATE TABLE __drizzle_migrations (id INTEGER PRIMARY KEY, hash TEXT NOT NULL, created_at NUMERIC)',
  );
  db.prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)').run(first?.hash, 0);
  db.pragma('application_id = 1835952497'); // "mniq"
  return db;
}

test('the schedules of an older file mean what they meant, and run on', async () => {
  const path = join(folder, 'mininq.db');
  const old = firstVersion(path);
  const columns =
    'id, queue_name, cron_expression, timezone, callback_url, payload, max_retries, timeout_ms, enabled, ' +
    'last_run_at, next_run_at, created_at, updated_at';
  old
    .prepare(`INSERT INTO schedules (${columns}) VALUES (${Array(13).fill('?').join()})`)
    .run('s', 'q', '0 0 9 * * 1', 'UTC', 'http://a.test/', '{}', 1, 2, 1, null, NOW, NOW - 2, NOW - 1);
  old.close();

  const { database, schedules } = connectSqlite(path);
  const schedule = {
    id: 's',
    queueName: 'q',
    cronExpression: '0 0 9 * * 1',
    timezone: 'UTC',
    cronDialect: 'crontab',
    callbackUrl: 'http://a.test/',
    payload: '{}',
    maxRetries: 1,
    timeoutMs: 2,
    enabled: true,
    lastRunAt: null,
    nextRunAt: NOW,
    stoppedAt: null,
    stoppedError: null,
    createdAt: NOW - 2,
    updatedAt: NOW - 1,
  };
  expect(await schedules.due(NOW, 10, [])).toEqual([schedule]);
  expect(await schedules.counts()).toEqual({ total: 1, enabled: 1 });
  await database.close();
});
