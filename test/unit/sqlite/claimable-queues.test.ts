import { expect, test } from 'vitest';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { connectSqlite } from '../../support/sqlite.js';
import { claimed as claimedOf, hire } from '../../support/workers.js';

const REFUSED = 1200;

test('a claim looks at a part of the queues that are refused, and the next ones go on from there', async () => {
  const { jobs, workers, database } = connectSqlite(':memory:');
  await hire(workers, 'w');
  const refused = Array.from({ length: REFUSED }, (_, i) => newJob({ queueName: `refused-${1000 + i}` }));
  const last = newJob({ queueName: 'welcome' });
  await jobs.insert({ jobs: [...refused, last], now: NOW, queueDefaults: QUEUE_DEFAULTS });
  const looks: number[] = [];
  let claimed: string[] = [];
  while (claimed.length === 0) {
    expect(looks.length, 'claims until the last queue had its turn').toBeLessThan(4);
    let looked = 0;
    const admits = (name: string): boolean => {
      looked += 1;
      return name === 'welcome';
    };
    const found = await jobs.claim({
      ...{ now: NOW, workerId: 'w', slots: 2, queues: [] },
      plan: (queues) => queues.map(({ name }) => ({ queueName: name, count: 1 })),
      admission: { queue: admits, job: () => true },
    });
    claimed = claimedOf(found).map(({ id }) => id);
    if (claimed.length === 0) expect(await jobs.nextDueAt(NOW, [], admits)).not.toBeNull();
    looks.push(looked);
  }
  expect(claimed).toEqual([last.id]);
  expect(Math.max(...looks)).toBeLessThan(REFUSED);
  await database.close();
});

test('once all are refused, no claim follows the other at once', async () => {
  const { jobs, database } = connectSqlite(':memory:');
  const refused = Array.from({ length: REFUSED }, (_, i) => newJob({ queueName: `refused-${1000 + i}` }));
  await jobs.insert({ jobs: refused, now: NOW, queueDefaults: QUEUE_DEFAULTS });
  expect(await jobs.nextDueAt(NOW, [], () => false)).toBeGreaterThan(NOW);
  await database.close();
});
