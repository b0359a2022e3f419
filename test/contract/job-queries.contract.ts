import { describe, expect, test } from 'vitest';
import { JOB_STATUSES } from '../../src/domain/job/job.js';
import { failPermanently, succeed } from '../../src/domain/job/transitions.js';
import { planClaim } from '../../src/domain/queue/claim-plan.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../support/jobs.js';
import { freshPlaces, type StoreHarness, type Stores } from './store-harness.js';

/** What every JobQueries has to do, whatever it is built on. */
export function describeJobQueries(harness: StoreHarness): void {
  describe(`JobQueries on ${harness.name}`, () => {
    const freshPlace = freshPlaces(harness);

    test('knows nothing of an unknown job or queue', async () => {
      const { queries } = await (await freshPlace()).connect();
      expect(await queries.get('nope')).toBeNull();
      expect(await queries.failedAttempts('nope')).toEqual([]);
      expect(await queries.countsOf('nope')).toEqual({
        queueName: 'nope',
        pending: 0,
        running: 0,
        completed: 0,
        dead: 0,
      });
      expect(await queries.counts()).toEqual([]);
    });

    test('lists the newest first, by every filter, page by page', async () => {
      const stores = await (await freshPlace()).connect();
      await mixture(stores);
      const all = await stores.queries.list({}, { limit: 1000, offset: 0 });
      expect(all).toHaveLength(48);
      expect(all.map(({ id }) => id)).toEqual([...all.map(({ id }) => id)].sort().reverse());

      for (const queue of [undefined, 'a', 'b', 'none']) {
        for (const status of [undefined, ...JOB_STATUSES]) {
          const filter = { ...(queue ? { queue } : {}), ...(status ? { status } : {}) };
          const expected = all.filter(
            (job) => (!queue || job.queueName === queue) && (!status || job.status === status),
          );
          expect(await stores.queries.list(filter, { limit: 1000, offset: 0 })).toEqual(expected);
          expect(await stores.queries.list(filter, { limit: 3, offset: 2 })).toEqual(expected.slice(2, 5));
          const before = expected[3]?.id ?? '';
          expect(await stores.queries.list(filter, { limit: 3, offset: 1, before })).toEqual(
            expected.filter(({ id }) => id < before).slice(1, 4),
          );
        }
      }
    });

    test.each([{}, { status: 'pending' }, { queue: 'a' }, { queue: 'a', status: 'pending' }] as const)(
      'goes on behind a job that is gone since: %j',
      async (filter) => {
        const stores = await (await freshPlace()).connect();
        await mixture(stores);
        const pending = await stores.queries.list({ queue: 'a', status: 'pending' }, { limit: 3, offset: 0 });
        const gone = pending[2]?.id ?? '';
        const behind = await stores.queries.list(filter, { limit: 1000, offset: 0, before: gone });
        expect(behind.length).toBeGreaterThan(3);
        await stores.jobs.remove(gone, { status: 'pending', leaseToken: 0 });
        expect(await stores.queries.list(filter, { limit: 1000, offset: 0, before: gone })).toEqual(behind);
        // Older than every job.
        expect(await stores.queries.list(filter, { limit: 1000, offset: 0, before: '0' })).toEqual([]);
      },
    );

    test('counts by queue and status what the list shows', async () => {
      const stores = await (await freshPlace()).connect();
      await mixture(stores);
      const counts = await stores.queries.counts();
      expect(counts.map(({ queueName }) => queueName)).toEqual(['a', 'b']);
      for (const count of counts) {
        for (const status of JOB_STATUSES) {
          const listed = await stores.queries.list(
            { queue: count.queueName, status },
            { limit: 1000, offset: 0 },
          );
          expect(count[status]).toBe(listed.length);
        }
        expect(await stores.queries.countsOf(count.queueName)).toEqual(count);
      }
    });
  });
}

/** 48 jobs on two queues, some in each status. */
async function mixture({ jobs }: Stores): Promise<void> {
  const specs = Array.from({ length: 48 }, (_, i) =>
    newJob({
      queueName: i % 3 === 0 ? 'b' : 'a',
      priority: i % 5,
      visibleAt: i % 7 === 0 ? NOW + 10_000 : NOW,
    }),
  );
  await jobs.insert({ jobs: specs, now: NOW, queueDefaults: { ...QUEUE_DEFAULTS, maxConcurrency: 100 } });
  const plan = (slots: number) => (queues: Parameters<typeof planClaim>[0]) =>
    planClaim(queues, slots, NOW, 0);
  const claimed = await jobs.claim({ now: NOW, workerId: 'w', slots: 24, queues: [], plan: plan(24) });
  const settlements = claimed.slice(0, 16).map((job, i) => {
    const { leaseToken } = job;
    const transition =
      i % 2 === 0
        ? succeed(job, { leaseToken, result: '', resultTruncated: false }, NOW)
        : failPermanently(job, { leaseToken, error: 'HTTP 400' }, NOW);
    if (transition.kind !== 'changed') throw new Error('a claimed job can be settled');
    return { jobId: job.id, leaseToken, state: transition.state, failedAttempt: null };
  });
  await jobs.settle(settlements);
}
