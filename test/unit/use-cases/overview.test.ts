import { describe, expect, test } from 'vitest';
import { claimOne } from '../../support/attempting.js';
import { request } from '../../support/engine-harness.js';
import { NOW } from '../../support/jobs.js';
import { newSchedule } from '../../support/schedules.js';
import { using } from '../../support/using.js';

const MINUTE = 60_000;

describe('the overview', () => {
  test('of a new service is empty, with a full hour of zeros', async () => {
    const { clock, getOverview } = using();
    clock.advance(1999);
    const { throughput, ...overview } = await getOverview();
    expect(overview).toEqual({
      uptimeSecs: 1,
      version: '1.2.3',
      jobs: { total: 0, pending: 0, delayed: 0, running: 0, completed: 0, dead: 0 },
      queues: { queues: [], total: 0 },
      schedules: { total: 0, enabled: 0 },
      oldestReadyAt: null,
      lastHour: { completed: 0, failed: 0 },
    });
    expect(throughput).toEqual(
      Array.from({ length: 60 }, (_, i) => ({ minute: NOW + (i - 59) * MINUTE, completed: 0, failed: 0 })),
    );
  });

  test('has the sums, the age of the oldest ready job, and the five queues with the most pending jobs', async () => {
    const { enqueueCheckedJobs, stores, clock, getOverview } = using();
    await enqueueCheckedJobs([request({ queueName: 'f' })]);
    await claimOne(stores, NOW);
    clock.advance(5);
    const names = ['a', 'b', 'b', 'c', 'c', 'c', 'd', 'e', 'f', 'f'];
    await enqueueCheckedJobs(names.map((queueName) => request({ queueName })));
    await enqueueCheckedJobs([request({ queueName: 'g', delayMs: MINUTE })]);
    for (const enabled of [true, false]) await stores.schedules.create(newSchedule({ enabled }));
    const overview = await getOverview();
    expect(overview.jobs).toMatchObject({ total: 12, pending: 11, delayed: 1, running: 1 });
    expect(overview.schedules).toEqual({ total: 2, enabled: 1 });
    expect(overview.oldestReadyAt).toBe(NOW + 5);
    expect(overview.queues.total).toBe(7);
    expect(overview.queues.queues.map(({ queue, counts }) => [queue.name, counts.pending])).toEqual([
      ['c', 3],
      ['b', 2],
      ['f', 2],
      ['a', 1],
      ['d', 1],
    ]);
  });

  test('has what happened in each minute of the last hour, the present one last, and the sums', async () => {
    const { stores, clock, getOverview } = using();
    const minutes = [
      { minute: NOW - 60 * MINUTE, completed: 1000, failed: 1000 },
      { minute: NOW - 59 * MINUTE, completed: 1, failed: 20 },
      { minute: NOW - MINUTE, completed: 2, failed: 0 },
      { minute: NOW, completed: 4, failed: 30 },
    ];
    // A store may keep, and give, more than was asked for.
    stores.queries.throughput = () => Promise.resolve(minutes);
    clock.advance(59_999);
    const { throughput, lastHour } = await getOverview();
    expect(throughput).toHaveLength(60);
    expect([throughput[0], throughput[58], throughput[59]]).toEqual(minutes.slice(1));
    expect(lastHour).toEqual({ completed: 7, failed: 50 });
  });

  test('asks for no more than the hour', async () => {
    const { stores, clock, getOverview } = using();
    const asked: number[] = [];
    stores.queries.throughput = (since) => {
      asked.push(since);
      return Promise.resolve([]);
    };
    clock.advance(1);
    await getOverview();
    expect(asked).toEqual([NOW - 59 * MINUTE]);
  });
});

test('queues are found page by page, 1000 at most', async () => {
  const { createQueue, listQueuePage } = using();
  for (let n = 0; n < 1001; n += 1) await createQueue(`mail-${n}`, {});
  await createQueue('bulk', {});
  const search = { text: 'MAIL', order: 'name', limit: 2, offset: 1 } as const;
  const page = await listQueuePage(search);
  expect([page.total, page.queues.map(({ queue }) => queue.name)]).toEqual([1001, ['mail-1', 'mail-10']]);
  expect((await listQueuePage({ ...search, limit: 5000, offset: 0 })).queues).toHaveLength(1000);
});
