import { expect, test } from 'vitest';
import { planClaim } from '../../../src/domain/queue/claim-plan.js';
import { freeSlots } from '../../support/free-slots.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { connectSqlite } from '../../support/sqlite.js';

const QUEUES = 2000;

test('queues without a token are looked at once, some each claim, and then not before they have one', async () => {
  const { jobs, database } = connectSqlite(':memory:');
  const slowest = { ...QUEUE_DEFAULTS, rateLimitRps: 0.001 };
  const names = Array.from({ length: QUEUES }, (_, i) => `queue-${10_000 + i}`);
  const specs = names.flatMap((queueName) => [newJob({ queueName }), newJob({ queueName })]);
  for (let i = 0; i < specs.length; i += 1000) {
    await jobs.insert({ jobs: specs.slice(i, i + 1000), now: NOW, queueDefaults: slowest });
  }
  await jobs.insert({ jobs: [newJob({ queueName: 'zz-open' })], now: NOW, queueDefaults: QUEUE_DEFAULTS });
  const claim = (slots: number, now = NOW) => {
    const plan = (queues: Parameters<typeof planClaim>[0]) => planClaim(queues, freeSlots(slots), now, 0);
    return jobs.claim({ now, workerId: 'w', slots, queues: [], plan });
  };
  // What the statement of a claim reads: it looks at nothing else.
  const toLookAt = () =>
    database.connection
      .prepare('SELECT count(*) FROM job_counts WHERE ready > 0 AND next_token_at IS NULL')
      .pluck()
      .get();

  expect(await claim(QUEUES)).toHaveLength(QUEUES);
  expect(toLookAt()).toBe(QUEUES + 1);
  const claimed: string[] = [];
  let claims = 0;
  while ((await jobs.nextDueAt(NOW, [])) === NOW && claims < 20) {
    claims += 1;
    claimed.push(...(await claim(10)).map(({ queueName }) => queueName));
  }
  claimed.push(...(await claim(10)).map(({ queueName }) => queueName));
  expect(claimed).toEqual(['zz-open']);
  expect(toLookAt()).toBe(0);
  expect(await jobs.nextDueAt(NOW, [])).toBe(NOW + 1_000_000);

  expect(await claim(10, NOW + 1_000_000)).toHaveLength(10);
  await jobs.close();
});
