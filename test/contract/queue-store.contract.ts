import { describe, expect, test } from 'vitest';
import { newQueue } from '../../src/domain/queue/queue.js';
import { planClaim } from '../../src/domain/queue/claim-plan.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../support/jobs.js';
import { freshPlaces, type StoreHarness } from './store-harness.js';

/** What every QueueStore has to do, whatever it is built on. */
export function describeQueueStore(harness: StoreHarness): void {
  describe(`QueueStore on ${harness.name}`, () => {
    const freshPlace = freshPlaces(harness);
    const queue = newQueue('a b/ä?', { ...QUEUE_DEFAULTS, rateLimitRps: 0.25, retryBackoff: 'fixed' }, NOW);

    test('stores a queue with every field', async () => {
      const { queues } = await (await freshPlace()).connect();
      expect(await queues.create(queue)).toBe('created');
      expect(await queues.get(queue.name)).toEqual(queue);
      expect(await queues.get('other')).toBeNull();
    });

    test('leaves an existing queue alone', async () => {
      const { queues } = await (await freshPlace()).connect();
      await queues.create(queue);
      expect(await queues.create({ ...queue, maxConcurrency: 77 })).toBe('exists');
      expect(await queues.get(queue.name)).toEqual(queue);
    });

    test('lists by name', async () => {
      const { queues } = await (await freshPlace()).connect();
      for (const name of ['b', 'a', 'B', 'c']) await queues.create({ ...queue, name });
      expect((await queues.list()).map(({ name }) => name)).toEqual(['B', 'a', 'b', 'c']);
    });

    test('changes the given settings only', async () => {
      const { queues } = await (await freshPlace()).connect();
      await queues.create(queue);
      const changed = await queues.update(queue.name, { maxConcurrency: 2, paused: true }, NOW + 5);
      expect(changed).toEqual({ ...queue, maxConcurrency: 2, paused: true, updatedAt: NOW + 5 });
      expect(await queues.get(queue.name)).toEqual(changed);
      expect(await queues.update('none', { paused: true }, NOW)).toBeNull();
    });

    test('sets, changes and removes a rate limit', async () => {
      const { queues } = await (await freshPlace()).connect();
      await queues.create({ ...queue, rateLimitRps: null, bucket: null });
      const limited = await queues.update(queue.name, { rateLimitRps: 4 }, NOW);
      expect(limited?.bucket).toEqual({ tokens: 4, refilledAt: NOW });
      expect((await queues.update(queue.name, { rateLimitRps: 2 }, NOW))?.bucket?.tokens).toBe(2);
      expect((await queues.update(queue.name, { rateLimitRps: null }, NOW))?.bucket).toBeNull();
    });

    test('deletes a queue without active jobs; finished ones stay', async () => {
      const { queues, jobs, queries } = await (await freshPlace()).connect();
      const spec = newJob({ queueName: queue.name });
      await queues.create(queue);
      await jobs.insert({ jobs: [spec], now: NOW, queueDefaults: QUEUE_DEFAULTS });
      expect(await queues.remove(queue.name)).toBe('active');

      const plan = (offered: Parameters<typeof planClaim>[0]) => planClaim(offered, 1, NOW, 0);
      const [job] = await jobs.claim({ now: NOW, workerId: 'w', slots: 1, queues: [], plan });
      if (!job) throw new Error('the job is due');
      expect(await queues.remove(queue.name)).toBe('active');

      const done = { ...job, status: 'completed' as const, completedAt: NOW, result: '' };
      await jobs.settle([{ jobId: job.id, leaseToken: job.leaseToken, state: done, failedAttempt: null }]);
      expect(await queues.remove(queue.name)).toBe('deleted');
      expect(await queues.get(queue.name)).toBeNull();
      expect(await queues.remove(queue.name)).toBe('missing');
      expect((await queries.get(spec.id))?.status).toBe('completed');
      expect((await queries.countsOf(queue.name)).completed).toBe(1);
    });

    test('does not delete a queue that has delayed jobs', async () => {
      const { queues, jobs } = await (await freshPlace()).connect();
      await jobs.insert({ jobs: [newJob({ visibleAt: NOW + 9 })], now: NOW, queueDefaults: QUEUE_DEFAULTS });
      expect(await queues.remove('default')).toBe('active');
    });
  });
}
