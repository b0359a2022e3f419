import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect, test } from 'vitest';
import { connectSqlite } from '../../support/sqlite.js';
import { claimed, hire } from '../../support/workers.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';

test('a lease begins when the claim is carried out, not when it begins to wait for its turn', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mininq-'));
  const path = join(folder, 'test.db');
  const { jobs, workers } = connectSqlite(path);
  await hire(workers, 'w');
  await jobs.insert({ jobs: [newJob({ timeoutMs: 100 })], now: NOW, queueDefaults: QUEUE_DEFAULTS });
  const other = new Database(path);
  other.exec('BEGIN IMMEDIATE');

  // A neighbour in the transaction that fails makes the claim run again, in the next one.
  const twin = newJob();
  const twins = { jobs: [twin, twin], now: NOW, queueDefaults: QUEUE_DEFAULTS };
  const neighbour = expect(jobs.insert(twins)).rejects.toThrow('UNIQUE');
  const plan = () => [{ queueName: 'default', count: 1 }];
  const claim = jobs.claim({ now: NOW, workerId: 'w', slots: 1, queues: [], plan });
  setTimeout(() => other.exec('ROLLBACK'), 400);
  const [job] = claimed(await claim);
  await neighbour;
  // A timer may run a little early.
  expect(job?.startedAt).toBeGreaterThanOrEqual(NOW + 390);
  expect(job?.visibleAt).toBe((job?.startedAt ?? 0) + 100);

  other.close();
  await jobs.close();
  await rm(folder, { recursive: true });
});
