import { afterEach, beforeEach, expect, test } from 'vitest';
import type { Job } from '../../../src/domain/job/job.js';
import { succeed } from '../../../src/domain/job/transitions.js';
import { claim, got, insert, RESULT, settlement, token } from '../../contract/store-steps.js';
import { newJob, NOW } from '../../support/jobs.js';
import { connectSqlite } from '../../support/sqlite.js';
import { hire } from '../../support/workers.js';

const MINUTE = 60_000;
const DAY = 86_400_000;

let stores: ReturnType<typeof connectSqlite>;
let claimed: readonly Job[];
beforeEach(async () => {
  stores = connectSqlite(':memory:');
  await hire(stores.workers, 'worker-1');
  await insert(
    stores.jobs,
    Array.from({ length: 5 }, () => newJob()),
  );
  claimed = await claim(stores.jobs);
});
afterEach(() => stores.database.close());

const complete = (i: number, at: number) => {
  const job = got(claimed[i]);
  return stores.jobs.settle([settlement(job, succeed(job, { ...token(job), ...RESULT }, at), null)]);
};
const minutes = async () => (await stores.queries.throughput(0)).map(({ minute }) => minute);
const stored = (i: number, completed: number) => ({ minute: NOW + i * MINUTE, completed, failed: 0 });

test('a neighbour in the transaction that fails has nothing counted twice', async () => {
  const twin = newJob();
  const failing = expect(insert(stores.jobs, [twin, twin])).rejects.toThrow('UNIQUE');
  // Two minutes: the first of them is stored before the transaction fails.
  await Promise.all([complete(0, NOW), complete(1, NOW + MINUTE), failing]);
  expect(await stores.queries.throughput(0)).toEqual([stored(0, 1), stored(1, 1)]);
});

test('a transaction that fails as a whole counts nothing', async () => {
  const { connection } = stores.database;
  connection.exec("CREATE TRIGGER full BEFORE INSERT ON throughput BEGIN SELECT RAISE(ABORT, 'full'); END");
  await expect(complete(0, NOW)).rejects.toThrow('full');
  connection.exec('DROP TRIGGER full');
  await complete(1, NOW + MINUTE);
  expect(await stores.queries.throughput(0)).toEqual([stored(1, 1)]);
  expect(await stores.queries.totals()).toMatchObject({ completed: 1, running: 4 });
});

test('a transaction stores its minute in one statement, and nothing when no attempt ended', async () => {
  const before = stores.database.connection.prepare('SELECT total_changes()').pluck();
  await Promise.all([0, 1, 2].map((i) => complete(i, NOW)));
  const changes = Number(before.get());
  await Promise.all([3, 4].map((i) => complete(i, NOW)));
  // Two jobs, one row of counts, one minute.
  expect(Number(before.get()) - changes).toBe(4);
  await insert(stores.jobs, [newJob()]);
  // One job, one row of counts.
  expect(Number(before.get()) - changes).toBe(6);
});

test('minutes older than a day are deleted when another begins, some at a time', async () => {
  await complete(0, NOW);
  await complete(1, NOW + DAY);
  expect(await minutes()).toEqual([NOW, NOW + DAY]);
  await complete(2, NOW + DAY + MINUTE);
  expect(await minutes()).toEqual([NOW + DAY, NOW + DAY + MINUTE]);

  const { connection } = stores.database;
  const add = connection.prepare('INSERT INTO throughput VALUES (?, 1, 0)');
  for (let i = 0; i < 250; i += 1) add.run(NOW - i * MINUTE);
  await complete(3, NOW + DAY + 2 * MINUTE);
  expect(await minutes()).toHaveLength(153);
});

test('a clock that is set back and forth breaks nothing', async () => {
  await complete(0, NOW + 3 * DAY);
  await complete(1, NOW);
  await complete(2, NOW + 3 * DAY + 1);
  expect(await minutes()).toEqual([NOW + 3 * DAY]);
  await complete(3, NOW);
  await complete(4, NOW + 1);
  expect(await stores.queries.throughput(0)).toEqual([
    stored(0, 2),
    { minute: NOW + 3 * DAY, completed: 2, failed: 0 },
  ]);
});
