import { describe, expect, test } from 'vitest';
import type { JobPage } from '../../src/application/ports/job-queries.js';
import { JOB_STATUSES, summaryOf, textLengthOf } from '../../src/domain/job/job.js';
import { failPermanently, failTransiently, succeed } from '../../src/domain/job/transitions.js';
import { planClaim } from '../../src/domain/queue/claim-plan.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../support/jobs.js';
import { claimed } from '../support/workers.js';
import { freshPlaces, type StoreHarness, type Stores } from './store-harness.js';
import { ATTEMPT, claim, got, insert, RESULT, settle, settlement, token } from './store-steps.js';
import { freeSlots } from '../support/free-slots.js';

/** What every JobQueries has to do, whatever it is built on. */
export function describeJobQueries(harness: StoreHarness): void {
  describe(`JobQueries on ${harness.name}`, () => {
    const freshPlace = freshPlaces(harness);

    test('runningOf lists what a worker runs, those first whose lease ends first, without the long texts', async () => {
      const { jobs, queries } = await (await freshPlace()).connect();
      const timeouts = [3000, 1000, 2000];
      await insert(
        jobs,
        timeouts.map((timeoutMs) => newJob({ timeoutMs })),
      );
      const [, claimed] = await claim(jobs, { workerId: 'me' });
      const job = got(claimed);
      await insert(jobs, [newJob({ queueName: 'other' }), newJob({ visibleAt: NOW + 1 })]);
      await claim(jobs, { workerId: 'other' });
      const running = await queries.runningOf('me', 10);
      expect(running.map(({ timeoutMs }) => timeoutMs)).toEqual([1000, 2000, 3000]);
      expect(running[0]).toEqual(summaryOf(job));
      expect(await queries.runningOf('me', 2)).toHaveLength(2);
      expect(await queries.runningOf('nobody', 2)).toEqual([]);
      await settle(jobs, [[job, succeed(job, { ...token(job), ...RESULT }, NOW)]]);
      expect(await queries.runningOf('me', 10)).toHaveLength(2);
    });

    test('knows nothing of an unknown job or queue', async () => {
      const { queries } = await (await freshPlace()).connect();
      expect(await queries.get('nope')).toBeNull();
      expect(await queries.failedAttempts('nope', 100)).toEqual([]);
      expect(await queries.countsOf('nope')).toEqual({
        queueName: 'nope',
        pending: 0,
        delayed: 0,
        running: 0,
        completed: 0,
        dead: 0,
      });
      expect(await queries.counts()).toEqual([]);
      expect(await queries.totals()).toEqual({ pending: 0, delayed: 0, running: 0, completed: 0, dead: 0 });
      expect(await queries.oldestReadyAt()).toBeNull();
      expect(await queries.throughput(0)).toEqual([]);
      expect(await queries.search({}, { limit: 10 })).toEqual({ jobs: [], next: null });
    });

    test('lists the newest first, by every filter, page by page', async () => {
      const stores = await (await freshPlace()).connect();
      await mixture(stores);
      const all = (await stores.queries.list({}, { limit: 1000, offset: 0 })).jobs;
      expect(all).toHaveLength(48);
      expect(all.map(({ id }) => id)).toEqual([...all.map(({ id }) => id)].sort().reverse());

      for (const queue of [undefined, 'a', 'b', 'none']) {
        for (const status of [undefined, ...JOB_STATUSES]) {
          const filter = { ...(queue ? { queue } : {}), ...(status ? { status } : {}) };
          const expected = all.filter(
            (job) => (!queue || job.queueName === queue) && (!status || job.status === status),
          );
          expect((await stores.queries.list(filter, { limit: 1000, offset: 0 })).jobs).toEqual(expected);
          expect((await stores.queries.list(filter, { limit: 3, offset: 2 })).jobs).toEqual(
            expected.slice(2, 5),
          );
          const before = expected[3]?.id ?? '';
          expect((await stores.queries.list(filter, { limit: 3, offset: 1, before })).jobs).toEqual(
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
        const pending = (
          await stores.queries.list({ queue: 'a', status: 'pending' }, { limit: 3, offset: 0 })
        ).jobs;
        const gone = pending[2]?.id ?? '';
        const behind = (await stores.queries.list(filter, { limit: 1000, offset: 0, before: gone })).jobs;
        expect(behind.length).toBeGreaterThan(3);
        await stores.jobs.remove(gone, { status: 'pending', leaseToken: 0 });
        expect((await stores.queries.list(filter, { limit: 1000, offset: 0, before: gone })).jobs).toEqual(
          behind,
        );
        // Older than every job.
        expect((await stores.queries.list(filter, { limit: 1000, offset: 0, before: '0' })).jobs).toEqual([]);
      },
    );

    test.each([{}, { queue: 'a' }, { status: 'pending' }] as const)(
      'ends a page where its texts become too long, and says where the next begins: %j',
      async (filter) => {
        const stores = await (await freshPlace()).connect();
        await mixture(stores);
        const { jobs: all, next } = await stores.queries.list(filter, { limit: 1000, offset: 0 });
        expect(next).toBeNull();
        const maxText = 20;
        const paged = [];
        let before: string | null = null;
        do {
          const after: { before?: string } = before === null ? {} : { before };
          const page: JobPage = await stores.queries.list(filter, { limit: 4, offset: 0, maxText, ...after });
          const lengths = page.jobs.map(textLengthOf);
          expect(lengths.slice(0, -1).reduce((sum, length) => sum + length, 0)).toBeLessThan(maxText);
          expect(page.jobs.length).toBeGreaterThan(0);
          paged.push(...page.jobs);
          before = page.next;
        } while (before !== null);
        expect(paged).toEqual(all);
        expect((await stores.queries.list(filter, { limit: 4, offset: 0, maxText: 1 })).jobs).toHaveLength(1);
        expect(await stores.queries.list(filter, { limit: all.length, offset: 0 })).toEqual({
          jobs: all,
          next,
        });
      },
    );

    test('counts by queue and status what the list shows', async () => {
      const stores = await (await freshPlace()).connect();
      await mixture(stores);
      const counts = await stores.queries.counts();
      expect(counts.map(({ queueName }) => queueName)).toEqual(['a', 'b']);
      for (const count of counts) {
        for (const status of JOB_STATUSES) {
          const listed = (
            await stores.queries.list({ queue: count.queueName, status }, { limit: 1000, offset: 0 })
          ).jobs;
          expect(count[status]).toBe(listed.length);
        }
        expect(await stores.queries.countsOf(count.queueName)).toEqual(count);
      }
    });

    test('adds all the counts up, those of a deleted queue included', async () => {
      const stores = await (await freshPlace()).connect();
      await mixture(stores);
      await insert(stores.jobs, [newJob({ queueName: 'gone' })]);
      const [job] = await claim(stores.jobs, { queues: ['gone'] });
      await settle(stores.jobs, [[job, succeed(got(job), { ...token(job), ...RESULT }, NOW)]]);
      expect(await stores.queues.remove('gone')).toBe('deleted');
      const counts = await stores.queries.counts();
      expect(counts.map(({ queueName }) => queueName)).toEqual(['a', 'b', 'gone']);
      const sum = (key: 'pending' | 'delayed' | 'running' | 'completed' | 'dead') =>
        counts.reduce((total, count) => total + count[key], 0);
      const totals = await stores.queries.totals();
      expect(totals).toEqual({
        pending: sum('pending'),
        delayed: sum('delayed'),
        running: sum('running'),
        completed: sum('completed'),
        dead: sum('dead'),
      });
      expect(Object.values(totals)).not.toContain(0);
    });

    test('counts the delayed jobs among the pending, until a claim has found them due', async () => {
      const { jobs, queries } = await (await freshPlace()).connect();
      await insert(jobs, [newJob(), newJob({ visibleAt: NOW + 10 }), newJob({ visibleAt: NOW + 20 })]);
      const claimNone = (now: number) => claim(jobs, { now, plan: () => [] });
      const counted = async () => {
        const { pending, delayed } = await queries.countsOf('default');
        return [pending, delayed];
      };
      expect(await counted()).toEqual([3, 2]);
      // Reading changes nothing.
      await jobs.nextDueAt(NOW + 10, []);
      expect(await counted()).toEqual([3, 2]);
      await claimNone(NOW + 9);
      expect(await counted()).toEqual([3, 2]);
      await claimNone(NOW + 10);
      expect(await counted()).toEqual([3, 1]);
      expect(await claim(jobs, { now: NOW + 20 })).toHaveLength(3);
      expect(await counted()).toEqual([0, 0]);
    });

    test('counts a job that waits for its retry as delayed, and one that is removed no more', async () => {
      const { jobs, queries } = await (await freshPlace()).connect();
      const [spec, other] = [newJob(), newJob({ visibleAt: NOW + 5 })];
      await insert(jobs, [spec, other]);
      const [job] = await claim(jobs);
      await settle(jobs, [
        [job, failTransiently(got(job), { ...token(job), error: 'x', retryInMs: 100 }, NOW)],
      ]);
      expect(await queries.totals()).toMatchObject({ pending: 2, delayed: 2 });
      await jobs.remove(other.id, { status: 'pending', leaseToken: 0 });
      expect(await queries.totals()).toMatchObject({ pending: 1, delayed: 1 });
    });

    test('gives the last failed attempts, the oldest of them first', async () => {
      const { jobs, queries } = await (await freshPlace()).connect();
      await insert(jobs, [newJob({ maxRetries: 9 }), newJob({ queueName: 'other' })]);
      const [other] = await claim(jobs, { queues: ['other'] });
      for (let number = 1; number <= 5; number += 1) {
        const [job] = await claim(jobs);
        const failure = failTransiently(got(job), { ...token(job), error: 'x', retryInMs: 0 }, NOW);
        await jobs.settle([settlement(got(job), failure, { ...ATTEMPT, number })]);
      }
      const elsewhere = failPermanently(got(other), { ...token(other), error: 'x' }, NOW);
      await jobs.settle([settlement(got(other), elsewhere, ATTEMPT)]);
      const [job] = await claim(jobs);
      const numbers = async (limit: number) =>
        (await queries.failedAttempts(got(job).id, limit)).map(({ number }) => number);
      expect(await numbers(3)).toEqual([3, 4, 5]);
      expect(await numbers(5)).toEqual([1, 2, 3, 4, 5]);
      expect(await numbers(100)).toEqual([1, 2, 3, 4, 5]);
    });

    test('sees no foreign change in what its own process writes', async () => {
      const { jobs, queries } = await (await freshPlace()).connect();
      const before = await queries.foreignChanges();
      await insert(jobs, [newJob()]);
      await claim(jobs);
      expect(await queries.foreignChanges()).toBe(before);
    });

    test.skipIf(harness.forgets)(
      `sees that another process has changed something${harness.forgets ? ` (skipped: ${harness.forgets})` : ''}`,
      async () => {
        const place = await freshPlace();
        const [own, other] = [await place.connect(), await place.connect()];
        const before = await own.queries.foreignChanges();
        await insert(other.jobs, [newJob()]);
        const after = await own.queries.foreignChanges();
        expect(after).not.toBe(before);
        await other.queries.counts();
        expect(await own.queries.foreignChanges()).toBe(after);
        await other.queues.update('default', { paused: true }, NOW);
        expect(await own.queries.foreignChanges()).not.toBe(after);
      },
    );
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
    planClaim(queues, freeSlots(slots), NOW, 0);
  const request = { now: NOW, workerId: 'worker-1', slots: 24, queues: [], plan: plan(24) };
  const settlements = claimed(await jobs.claim(request))
    .slice(0, 16)
    .map((job, i) => {
      const { leaseToken } = job;
      const transition =
        i % 2 === 0
          ? succeed(job, { leaseToken, result: '', resultTruncated: false }, NOW)
          : failPermanently(job, { leaseToken, error: 'HTTP 400' }, NOW);
      if (transition.kind !== 'changed') throw new Error('a claimed job can be settled');
      return { jobId: job.id, leaseToken, state: transition.job, failedAttempt: null };
    });
  await jobs.settle(settlements);
}
