import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { claimed, hire } from '../../support/workers.js';
import { connectSqlite } from '../../support/sqlite.js';

/*
 * A file of an earlier version may hold any number of failed attempts of a job. They go in steps: each of the few
 * thousand rows of a step costs microseconds, and the event loop stands still meanwhile.
 */
let stores: ReturnType<typeof connectSqlite>;
beforeEach(() => {
  stores = connectSqlite(':memory:');
});
afterEach(() => stores.jobs.close());

/** A job with as many failed attempts as it was claimed, pending or dead since NOW. */
async function failedJob(failures: number, status: 'pending' | 'dead'): Promise<string> {
  const job = newJob({ visibleAt: NOW + 1 });
  await stores.jobs.insert({ jobs: [job], now: NOW, queueDefaults: QUEUE_DEFAULTS });
  const { connection } = stores.database;
  connection
    .prepare('UPDATE jobs SET lease_token = ?, status = ?, completed_at = ? WHERE id = ?')
    .run(failures, status, status === 'dead' ? NOW : null, job.id);
  connection
    .prepare(
      `INSERT INTO failed_attempts (job_id, number, started_at, finished_at, error)
       WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?) SELECT ?, i, 0, 0, 'x' FROM n`,
    )
    .run(failures, job.id);
  return job.id;
}

const rows = () => stores.database.connection.prepare('SELECT count(*) FROM failed_attempts').pluck().get();
async function prune() {
  const retention = { completed: 0, dead: 0 };
  const { deleted, next } = await stores.jobs.prune({ now: NOW + 1, retention, limit: 200 });
  return { deleted, more: next !== null };
}

test('cancelling a job with thousands of them lets other writes through in between', async () => {
  const id = await failedJob(3000, 'pending');
  const answered: string[] = [];
  const removed = stores.jobs.remove(id, { status: 'pending', leaseToken: 3000 });
  const inserted = stores.jobs.insert({ jobs: [newJob()], now: NOW, queueDefaults: QUEUE_DEFAULTS });
  await Promise.all([
    removed.then((outcome) => answered.push(outcome)),
    inserted.then(() => answered.push('inserted')),
  ]);
  expect(answered).toEqual(['inserted', 'applied']);
  expect(rows()).toBe(0);
  expect(await stores.queries.get(id)).toBeNull();
});

test('the clean-up of such a job takes several passes', async () => {
  const id = await failedJob(1500, 'dead');
  const passes = [];
  do passes.push(await prune());
  while (passes.at(-1)?.more);
  expect(passes).toEqual([
    { deleted: 0, more: true },
    { deleted: 0, more: true },
    { deleted: 1, more: false },
  ]);
  expect(rows()).toBe(0);
  expect(await stores.queries.get(id)).toBeNull();
});

test('a pass of the clean-up takes fewer jobs when they have many', async () => {
  for (let i = 0; i < 25; i += 1) await failedJob(100, 'dead');
  expect(await prune()).toEqual({ deleted: 10, more: true });
  expect(rows()).toBe(1500);
  expect(await prune()).toEqual({ deleted: 10, more: true });
  expect(await prune()).toEqual({ deleted: 5, more: false });
});

describe('the next failure of such a job', () => {
  test('thins them out by a step, and keeps count', async () => {
    const id = await failedJob(3000, 'pending');
    for (const kept of [2501, 2002, 1503]) {
      await hire(stores.workers, 'worker-1');
      const request = { now: NOW + 1, workerId: 'worker-1', slots: 1, queues: [] };
      const plan = () => [{ queueName: 'default', count: 1 }];
      const [job] = claimed(await stores.jobs.claim({ ...request, plan }));
      if (!job) throw new Error('nothing was claimed');
      const failedAttempt = {
        ...{
          number: 1,
          startedAt: NOW,
          finishedAt: NOW,
          statusCode: null,
          error: 'x',
          responseExcerpt: null,
        },
      };
      const state = { ...job, status: 'pending' as const, visibleAt: NOW };
      await stores.jobs.settle([{ jobId: id, leaseToken: job.leaseToken, state, failedAttempt }]);
      expect(rows()).toBe(kept);
    }
    const attempts = await stores.queries.failedAttempts(id, 5000);
    expect(attempts.filter(({ omittedBefore }) => omittedBefore > 0)).toMatchObject([
      { number: 1551, omittedBefore: 1500 },
    ]);
  });
});
