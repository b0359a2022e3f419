import { describe, expect, test } from 'vitest';
import { newQueue } from '../../src/domain/queue/queue.js';
import { planClaim } from '../../src/domain/queue/claim-plan.js';
import { failPermanently, succeed } from '../../src/domain/job/transitions.js';
import type { QueueOrder, QueuesFound } from '../../src/application/ports/queue-store.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../support/jobs.js';
import { claimed } from '../support/workers.js';
import { freshPlaces, type StoreHarness } from './store-harness.js';
import { claim, insert, RESULT, settle, token } from './store-steps.js';
import { freeSlots } from '../support/free-slots.js';

/** What every QueueStore has to do, whatever it is built on. */
export function describeQueueStore(harness: StoreHarness): void {
  describe(`QueueStore on ${harness.name}`, () => {
    const freshPlace = freshPlaces(harness);
    const queue = newQueue(
      'a b/ä?',
      {
        ...QUEUE_DEFAULTS,
        rateLimitRps: 0.25,
        retryBackoff: 'fixed',
        signingSecrets: ['whsec_b', 'whsec_a'],
      },
      NOW,
    );

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
      expect((await queues.update(queue.name, { rateLimitRps: null }, NOW))?.rateLimitRps).toBeNull();
      // What was saved outlives the time without a limit.
      await queues.update(queue.name, { rateLimitRps: 4 }, NOW);
      expect((await queues.get(queue.name))?.bucket).toEqual({ tokens: 2, refilledAt: NOW });
    });

    test('deletes a queue without active jobs; finished ones stay', async () => {
      const { queues, jobs, queries } = await (await freshPlace()).connect();
      const spec = newJob({ queueName: queue.name });
      await queues.create(queue);
      await jobs.insert({ jobs: [spec], now: NOW, queueDefaults: QUEUE_DEFAULTS });
      expect(await queues.remove(queue.name)).toBe('active');

      const plan = (offered: Parameters<typeof planClaim>[0]) => planClaim(offered, freeSlots(1), NOW, 0);
      const request = { now: NOW, workerId: 'worker-1', slots: 1, queues: [], plan };
      const [job] = claimed(await jobs.claim(request));
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

    describe('search', () => {
      const ALL = { text: '', order: 'name', limit: 100, offset: 0 } as const;
      const names = ({ queues: found }: QueuesFound) => found.map((each) => each.queue.name);

      test('finds the queues whose name contains a text, by name', async () => {
        const { queues } = await (await freshPlace()).connect();
        const NAMES = ['mail', 'Mail-bulk', 'e-MAIL', 'sms', '100%', '100_', '100\\', '1000'];
        for (const name of NAMES) await queues.create({ ...queue, name });
        const found = async (text: string) => names(await queues.search({ ...ALL, text }));
        expect(await found('')).toEqual([...NAMES].sort());
        expect(await found('mail')).toEqual(['Mail-bulk', 'e-MAIL', 'mail']);
        expect(await found('-mAi')).toEqual(['e-MAIL']);
        expect(await found('nowhere')).toEqual([]);
        for (const text of ['%', '_', '\\']) expect(await found(text)).toEqual([`100${text}`]);
      });

      test('folds the case of ASCII letters only', async () => {
        const { queues } = await (await freshPlace()).connect();
        for (const name of ['Ä', 'ä', 'K']) await queues.create({ ...queue, name });
        expect(names(await queues.search({ ...ALL, text: 'ä' }))).toEqual(['ä']);
        // The sign of the kelvin, which Unicode folds to k.
        expect(names(await queues.search({ ...ALL, text: '\u212a' }))).toEqual([]);
      });

      test('gives a queue with its settings and counts', async () => {
        const { queues, jobs, queries } = await (await freshPlace()).connect();
        await queues.create(queue);
        await jobs.insert({
          jobs: [newJob({ queueName: 'busy' }), newJob({ queueName: 'busy', visibleAt: NOW + 1 })],
          now: NOW,
          queueDefaults: QUEUE_DEFAULTS,
        });
        const { queues: found, total } = await queues.search(ALL);
        expect(total).toBe(2);
        expect(found).toEqual([
          { queue, counts: await queries.countsOf(queue.name) },
          { queue: await queues.get('busy'), counts: await queries.countsOf('busy') },
        ]);
        expect(found[1]?.counts).toEqual({
          queueName: 'busy',
          pending: 2,
          delayed: 1,
          running: 0,
          completed: 0,
          dead: 0,
        });
      });

      test('puts the queues with the most jobs of a status first, then goes by name', async () => {
        const { queues, jobs } = await (await freshPlace()).connect();
        await queues.create({ ...queue, name: 'idle' });
        const counts = { a: [1, 0, 2, 1], b: [3, 1, 0, 1], c: [1, 2, 2, 0] };
        for (const [queueName, [pending = 0, running = 0, completed = 0, dead = 0]] of Object.entries(
          counts,
        )) {
          await insert(jobs, many(running + completed + dead, { queueName }));
          const claimed = await claim(jobs, { queues: [queueName] });
          expect(claimed).toHaveLength(running + completed + dead);
          await settle(
            jobs,
            claimed
              .slice(running)
              .map((job, i) => [
                job,
                i < completed
                  ? succeed(job, { ...token(job), ...RESULT }, NOW)
                  : failPermanently(job, { ...token(job), error: 'x' }, NOW),
              ]),
          );
          await insert(jobs, many(pending, { queueName, visibleAt: NOW + 1 }));
        }
        const by = async (order: QueueOrder) => names(await queues.search({ ...ALL, order }));
        expect(await by('name')).toEqual(['a', 'b', 'c', 'idle']);
        expect(await by('pending')).toEqual(['b', 'a', 'c', 'idle']);
        expect(await by('running')).toEqual(['c', 'b', 'a', 'idle']);
        expect(await by('completed')).toEqual(['a', 'c', 'b', 'idle']);
        expect(await by('dead')).toEqual(['a', 'b', 'c', 'idle']);
      });

      test('gives a page, and says how many there are in all', async () => {
        const { queues } = await (await freshPlace()).connect();
        for (const name of ['a1', 'a2', 'a3', 'a4', 'b1']) await queues.create({ ...queue, name });
        const page = (offset: number) => queues.search({ text: 'A', order: 'pending', limit: 2, offset });
        expect(names(await page(0))).toEqual(['a1', 'a2']);
        expect(names(await page(2))).toEqual(['a3', 'a4']);
        expect(await page(4)).toEqual({ queues: [], total: 4 });
        expect((await page(1)).total).toBe(4);
      });

      test('does not find a queue that was deleted', async () => {
        const { queues } = await (await freshPlace()).connect();
        await queues.create(queue);
        await queues.remove(queue.name);
        expect(await queues.search(ALL)).toEqual({ queues: [], total: 0 });
      });
    });
  });
}

function many(count: number, change: Parameters<typeof newJob>[0]) {
  return Array.from({ length: count }, () => newJob(change));
}
