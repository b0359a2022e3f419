import { afterEach, beforeEach, expect, test } from 'vitest';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { connectSqlite } from '../../support/sqlite.js';

/*
 * Rows are numbered as they are inserted. When the clock was set back between two starts, later jobs have lesser ids.
 */
const FIRST = ['b1', 'b2', 'b3', 'b4'];
const LATER = ['a1', 'a2', 'a3'];

let stores: ReturnType<typeof connectSqlite>;
beforeEach(async () => {
  stores = connectSqlite(':memory:');
  for (const id of [...FIRST, ...LATER]) {
    await stores.jobs.insert({ jobs: [newJob({ id })], now: NOW, queueDefaults: QUEUE_DEFAULTS });
  }
});
afterEach(() => stores.database.close());

const page = async (before?: string) => {
  const filter = { status: 'pending' } as const;
  const jobs = (
    await stores.queries.list(filter, {
      limit: 3,
      offset: 0,
      ...(before !== undefined && { before }),
    })
  ).jobs;
  return jobs.map(({ id }) => id);
};

test('a filtered list shows the latest inserted first, whatever the ids', async () => {
  expect(await page()).toEqual(['a3', 'a2', 'a1']);
  expect(await page('a1')).toEqual(['b4', 'b3', 'b2']);
});

test('a page behind a job that is gone misses none', async () => {
  await stores.jobs.remove('a1', { status: 'pending', leaseToken: 0 });
  expect(await page('a1')).toEqual(expect.arrayContaining(['b4', 'b3']));
});
