import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { StoreUnavailableError } from '../../../src/application/errors.js';
import { connectSqlite } from '../../support/sqlite.js';

test('ping finds out that the file can be read but not written', async () => {
  const { database, jobs } = connectSqlite(':memory:');
  await jobs.ping();
  database.connection.pragma('query_only = on');
  await expect(jobs.ping()).rejects.toBeInstanceOf(StoreUnavailableError);
  database.connection.pragma('query_only = off');
  await jobs.ping();
  await jobs.close();
});

test('ping does write: a full disk shows in nothing less', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mininq-'));
  const { jobs } = connectSqlite(join(folder, 'test.db'));
  const observer = new Database(join(folder, 'test.db'), { readonly: true });
  // Changes when another connection has committed something.
  const version = () => observer.pragma('data_version', { simple: true });
  const before = version();
  await jobs.ping();
  expect(version()).not.toBe(before);
  observer.close();
  await jobs.close();
  await rm(folder, { recursive: true });
});
