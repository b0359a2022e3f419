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
