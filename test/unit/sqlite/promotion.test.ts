import { expect, test } from 'vitest';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { connectSqlite } from '../../support/sqlite.js';
import { hire } from '../../support/workers.js';

test('a claim sees a due delayed job that was written in the same transaction, behind a mass of another queue', async () => {
  const { jobs, workers, database } = connectSqlite(':memory:');
  await hire(workers, 'w');
  const insert = (specs: ReturnType<typeof newJob>[]) =>
    jobs.insert({ jobs: specs, now: NOW, queueDefaults: QUEUE_DEFAULTS });
  await insert(Array.from({ length: 600 }, () => newJob({ queueName: 'mass', visibleAt: NOW + 1 })));
  let offered: string[] = [];
  await Promise.all([
    insert([newJob({ queueName: 'small', visibleAt: NOW + 2 })]),
    jobs.claim({
      now: NOW + 5,
      workerId: 'w',
      slots: 10,
      queues: [],
      plan: (queues) => {
        offered = queues.map(({ name }) => name);
        return [];
      },
    }),
  ]);
  await database.close();
  expect(offered.sort()).toEqual(['mass', 'small']);
});
