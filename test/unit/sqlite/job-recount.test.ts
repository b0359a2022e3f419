import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { planClaim } from '../../../src/domain/queue/claim-plan.js';
import { freeSlots } from '../../support/free-slots.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { connectSqlite } from '../../support/sqlite.js';
import { claimed, hire } from '../../support/workers.js';

let folder: string;
let stores: ReturnType<typeof connectSqlite>;
let logger: RecordingLogger;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mininq-'));
  logger = new RecordingLogger();
  stores = connectSqlite(join(folder, 'test.db'), { logger });
  await hire(stores.workers, 'w');
});
afterEach(async () => {
  await stores.jobs.close();
  await rm(folder, { recursive: true });
});

async function insert(count: number, queueName = 'default', visibleAt = NOW): Promise<void> {
  for (let left = count; left > 0; left -= 1000) {
    const jobs = Array.from({ length: Math.min(left, 1000) }, () => newJob({ queueName, visibleAt }));
    await stores.jobs.insert({ jobs, now: NOW, queueDefaults: QUEUE_DEFAULTS });
  }
}

async function claim(slots = 100, now = NOW) {
  const plan = (queues: Parameters<typeof planClaim>[0]) => planClaim(queues, freeSlots(slots), now, 0);
  return claimed(await stores.jobs.claim({ now, workerId: 'w', slots, queues: [], plan }));
}

function byHand(sql: string): void {
  stores.database.connection.exec(sql);
}

async function recountAll(): Promise<void> {
  while (await stores.jobs.recount());
}

function corrections() {
  return logger.lines.filter(({ message }) => message === 'counts corrected').map(({ fields }) => fields);
}

describe('a claim that finds fewer jobs than counted', () => {
  test('corrects the count, says so, and is not made again at once', async () => {
    await insert(5);
    byHand('DELETE FROM jobs WHERE rowid > 2');
    expect(await claim()).toHaveLength(2);
    expect(await stores.jobs.nextDueAt(NOW, [])).toBeNull();
    expect(await stores.queries.countsOf('default')).toMatchObject({ pending: 0, running: 2 });
    expect(corrections()).toEqual([{ queue: 'default', was: ['3 ready'], is: ['0 ready'] }]);
    await insert(1);
    expect(await claim()).toHaveLength(1);
  });

  test('has the rest of the queue counted, too', async () => {
    await recountAll();
    await insert(5);
    await insert(3, 'default', NOW + 1000);
    byHand('DELETE FROM jobs');
    expect(await claim()).toEqual([]);
    await recountAll();
    expect(await stores.queries.countsOf('default')).toMatchObject({ pending: 0, delayed: 0 });
  });

  test('says nothing of one that finds what is counted', async () => {
    await insert(25);
    await stores.queues.update('default', { maxConcurrency: 100 }, NOW);
    expect(await claim(7)).toHaveLength(7);
    expect(await claim()).toHaveLength(18);
    await recountAll();
    expect(corrections()).toEqual([]);
  });
});

describe('at start every queue is counted', () => {
  test('so that jobs deleted while they ran take no place', async () => {
    await insert(20);
    await insert(4, 'other');
    expect(await claim()).toHaveLength(9);
    byHand("DELETE FROM jobs WHERE status = 'running' AND queue_name = 'default'");
    expect(await claim()).toHaveLength(0);
    await recountAll();
    expect(corrections()).toEqual([{ queue: 'default', was: ['5 running'], is: ['0 running'] }]);
    expect(await claim()).toHaveLength(5);
  });

  test('so that jobs are found which nothing counted', async () => {
    await insert(3);
    await insert(2, 'default', NOW + 1000);
    byHand('UPDATE job_counts SET ready = 0, delayed = 0, dead = 7');
    await recountAll();
    expect(await stores.queries.countsOf('default')).toMatchObject({ pending: 5, delayed: 2, dead: 0 });
    expect(await claim()).toHaveLength(3);
  });

  test('while jobs come and go, of which none is counted twice or lost', async () => {
    await insert(12_000);
    await stores.queues.update('default', { maxConcurrency: 100_000 }, NOW);
    byHand('DELETE FROM jobs WHERE rowid <= 1000');
    const recount = { over: false };
    const all = recountAll().finally(() => {
      recount.over = true;
    });
    let writes = 0;
    while (!recount.over) {
      await insert(10);
      await claim(7);
      await insert(1, 'default', NOW + 1000);
      writes += 1;
    }
    await all;
    expect(writes).toBeGreaterThan(1);
    const { connection } = stores.database;
    const actual = (condition: string) =>
      connection.prepare<[], number>(`SELECT count(*) FROM jobs WHERE ${condition}`).pluck().get();
    expect(await stores.queries.countsOf('default')).toMatchObject({
      pending: actual("status = 'pending'"),
      delayed: actual("status = 'pending' AND ready = 0"),
      running: actual("status = 'running'"),
    });
    expect(corrections()).toHaveLength(1);
  });
});
