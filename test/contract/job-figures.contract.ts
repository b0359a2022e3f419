import { describe, expect, test } from 'vitest';
import type { Job, NewJob } from '../../src/domain/job/job.js';
import {
  expireLease,
  failPermanently,
  failTransiently,
  release,
  succeed,
} from '../../src/domain/job/transitions.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../support/jobs.js';
import { freshPlaces, type StoreHarness, type Stores } from './store-harness.js';
import { ATTEMPT, claim, got, insert, RESULT, settle, settlement, token } from './store-steps.js';

const MINUTE = 60_000;

/** What the figures of JobQueries have to be, whatever it is built on. */
export function describeJobFigures(harness: StoreHarness): void {
  const freshPlace = freshPlaces(harness);
  const connect = async (): Promise<Stores> => (await freshPlace()).connect();

  describe(`JobQueries.throughput on ${harness.name}`, () => {
    test('counts by minute what completed and what failed', async () => {
      const stores = await connect();
      const [a, b, c, d, e, f] = await running(stores.jobs, 6);
      await complete(stores.jobs, [a, b], NOW + MINUTE - 1);
      await complete(stores.jobs, [c], NOW + MINUTE);
      // One that is tried again, one that is dead, one whose lease ended.
      await fail(stores.jobs, d, NOW + MINUTE + 1, 1);
      await fail(stores.jobs, e, NOW + 3 * MINUTE, null);
      const end = got(f).visibleAt + 3 * MINUTE;
      const expiry = expireLease(got(f), { retryInMs: 0 }, end);
      await stores.jobs.settle([settlement(got(f), expiry, { ...ATTEMPT, finishedAt: end })]);
      expect(await stores.queries.throughput(NOW)).toEqual([
        { minute: NOW, completed: 2, failed: 0 },
        { minute: NOW + MINUTE, completed: 1, failed: 1 },
        { minute: NOW + 3 * MINUTE, completed: 0, failed: 2 },
      ]);
    });

    test('counts each in its own minute, though they are settled together', async () => {
      const stores = await connect();
      const claimed = await running(stores.jobs, 6);
      const at = (i: number) => NOW + (i % 3) * MINUTE;
      await stores.jobs.settle(
        claimed.map((job, i) =>
          settlement(job, succeed(job, { ...token(job), ...RESULT }, at(i)), i < 3 ? null : failedAt(at(i))),
        ),
      );
      expect(await stores.queries.throughput(0)).toEqual(
        [0, 1, 2].map((i) => ({ minute: at(i), completed: 2, failed: 1 })),
      );
    });

    test('does not count what changed nothing, nor what is no end of an attempt', async () => {
      const stores = await connect();
      const [a, b] = await running(stores.jobs, 2);
      await stores.jobs.settle([settlement(got(a), release(got(a), token(a), NOW), null)]);
      const late = { ...got(b), leaseToken: 99 };
      await stores.jobs.settle([
        settlement(late, succeed(late, { ...token(late), ...RESULT }, NOW), failedAt(NOW)),
      ]);
      await insert(stores.jobs, [newJob()]);
      expect(await stores.queries.throughput(0)).toEqual([]);
    });

    test('begins with the minute that `since` lies in', async () => {
      const stores = await connect();
      const [a, b, c] = await running(stores.jobs, 3);
      await complete(stores.jobs, [a], NOW);
      await complete(stores.jobs, [b], NOW + MINUTE + 7);
      await complete(stores.jobs, [c], NOW + 2 * MINUTE);
      const minutes = async (since: number) =>
        (await stores.queries.throughput(since)).map(({ minute }) => (minute - NOW) / MINUTE);
      expect(await minutes(NOW)).toEqual([0, 1, 2]);
      expect(await minutes(NOW + MINUTE - 1)).toEqual([0, 1, 2]);
      expect(await minutes(NOW + MINUTE)).toEqual([1, 2]);
      expect(await minutes(NOW + 2 * MINUTE + 1)).toEqual([2]);
      expect(await minutes(NOW + 3 * MINUTE)).toEqual([]);
    });

    test('keeps the last hour, also when the clock is set back', async () => {
      const stores = await connect();
      const [a, b, c] = await running(stores.jobs, 3);
      await complete(stores.jobs, [a], NOW);
      await complete(stores.jobs, [b], NOW + 60 * MINUTE);
      await complete(stores.jobs, [c], NOW + 59 * MINUTE);
      expect(await stores.queries.throughput(NOW)).toHaveLength(3);
    });

    test('does not forget it with the jobs', async () => {
      const stores = await connect();
      await complete(stores.jobs, await running(stores.jobs, 2), NOW);
      await stores.jobs.prune({ now: NOW + 1, retention: { completed: 0, dead: 0 }, limit: 10 });
      expect(await stores.queries.throughput(0)).toEqual([{ minute: NOW, completed: 2, failed: 0 }]);
    });

    test('adds up what several processes did', async () => {
      const place = await freshPlace();
      const [a, b] = [await place.connect(), await place.connect()];
      const [first, second, third] = await running(a.jobs, 3);
      await Promise.all([complete(a.jobs, [first], NOW), complete(b.jobs, [second], NOW + 1)]);
      await fail(b.jobs, third, NOW + 2, null);
      const expected = [{ minute: NOW, completed: 2, failed: 1 }];
      expect(await a.queries.throughput(0)).toEqual(expected);
      expect(await b.queries.throughput(0)).toEqual(expected);
    });

    test.skipIf(harness.forgets)(
      `survives a restart${harness.forgets ? ` (skipped: ${harness.forgets})` : ''}`,
      async () => {
        const place = await freshPlace();
        const before = await place.connect();
        const [a, b] = await running(before.jobs, 2);
        await complete(before.jobs, [a], NOW);
        await before.jobs.close();
        const after = await place.connect();
        await complete(after.jobs, [b], NOW + 1);
        expect(await after.queries.throughput(NOW)).toEqual([{ minute: NOW, completed: 2, failed: 0 }]);
      },
    );
  });

  describe(`JobQueries.oldestReadyAt on ${harness.name}`, () => {
    test('is null when no job is ready', async () => {
      const { jobs, queries } = await connect();
      await insert(jobs, [newJob()]);
      expect(await queries.oldestReadyAt()).toBe(NOW);
      await claim(jobs);
      expect(await queries.oldestReadyAt()).toBeNull();
      // Due or not, a delayed job is not ready before a claim has found it due.
      await insert(jobs, [newJob({ visibleAt: NOW + 5 })]);
      expect(await queries.oldestReadyAt()).toBeNull();
      await look(jobs, NOW + 5);
      expect(await queries.oldestReadyAt()).toBe(NOW + 5);
    });

    test('looks at every queue and priority', async () => {
      for (const oldest of [0, 1, 2, 3, 4, 5]) {
        const { jobs, queries } = await connect();
        const specs = Array.from({ length: 6 }, (_, i) => {
          const at = i === oldest ? NOW - 5000 : NOW - 1000 + i;
          return newJob({
            queueName: i < 3 ? 'a' : 'b',
            priority: ((i % 3) - 1) * 7,
            createdAt: at,
            visibleAt: at,
          });
        });
        await insert(jobs, specs);
        expect(await queries.oldestReadyAt()).toBe(NOW - 5000);
      }
    });

    test('counts a job that is tried again from its retry on', async () => {
      const { jobs, queries } = await connect();
      const [old, young] = [newJob(), newJob({ createdAt: NOW + 10, visibleAt: NOW + 10 })];
      await insert(jobs, [old]);
      const [job] = await claim(jobs);
      await jobs.insert({ jobs: [young], now: NOW + 10, queueDefaults: QUEUE_DEFAULTS });
      await fail(jobs, job, NOW + 500, 0);
      expect(await queries.oldestReadyAt()).toBe(NOW + 10);
      await jobs.remove(young.id, { status: 'pending', leaseToken: 0 });
      expect(await queries.oldestReadyAt()).toBe(NOW + 500);
    });

    test('is not misled by many jobs that were delayed', async () => {
      const { jobs, queries } = await connect();
      const delayed = Array.from({ length: 350 }, (_, i) => newJob({ visibleAt: NOW + 9000 - i }));
      const longest = newJob({ createdAt: NOW + 100, visibleAt: NOW + 100 });
      const last = newJob({ createdAt: NOW + 200, visibleAt: NOW + 200 });
      await insert(jobs, delayed);
      await jobs.insert({ jobs: [longest, last], now: NOW + 200, queueDefaults: QUEUE_DEFAULTS });
      await look(jobs, NOW + 10_000);
      const remove = ({ id }: NewJob) => jobs.remove(id, { status: 'pending', leaseToken: 0 });
      expect(await queries.oldestReadyAt()).toBe(NOW + 100);
      await remove(longest);
      expect(await queries.oldestReadyAt()).toBe(NOW + 200);
      await remove(last);
      expect(await queries.oldestReadyAt()).toBe(NOW + 9000 - 349);
    });

    test('is the earliest of any mixture', async () => {
      let seed = 7;
      const random = (below: number) => (seed = (seed * 48_271) % 2_147_483_647) % below;
      for (let round = 0; round < 20; round += 1) {
        const { jobs, queries } = await connect();
        const specs = Array.from({ length: 150 }, (_, i) => {
          const createdAt = NOW + i * 10;
          const visibleAt = createdAt + (random(4) === 0 ? 0 : random(5000));
          return newJob({ queueName: `q${random(3)}`, priority: random(3), createdAt, visibleAt });
        });
        await insert(jobs, specs);
        const now = NOW + 500 + random(3000);
        await look(jobs, now);
        const ready = specs.map(({ visibleAt }) => visibleAt).filter((visibleAt) => visibleAt <= now);
        expect(await queries.oldestReadyAt()).toBe(Math.min(...ready));
      }
    });
  });
}

/** Claims that many new jobs. */
async function running(jobs: Stores['jobs'], count: number): Promise<readonly Job[]> {
  await jobs.insert({
    jobs: Array.from({ length: count }, () => newJob()),
    now: NOW,
    queueDefaults: { ...QUEUE_DEFAULTS, maxConcurrency: 100 },
  });
  const claimed = await claim(jobs);
  expect(claimed).toHaveLength(count);
  return claimed;
}

function complete(jobs: Stores['jobs'], done: readonly (Job | undefined)[], now: number) {
  return settle(
    jobs,
    done.map((job) => [job, succeed(got(job), { ...token(job), ...RESULT }, now)]),
  );
}

/** @param retryInMs null: the job is dead */
function fail(jobs: Stores['jobs'], job: Job | undefined, now: number, retryInMs: number | null) {
  const failure = { ...token(job), error: 'HTTP 500' };
  const transition =
    retryInMs === null
      ? failPermanently(got(job), failure, now)
      : failTransiently(got(job), { ...failure, retryInMs }, now);
  return jobs.settle([settlement(got(job), transition, failedAt(now))]);
}

function failedAt(finishedAt: number) {
  return { ...ATTEMPT, finishedAt };
}

/** A claim that looks and takes nothing. */
function look(jobs: Stores['jobs'], now: number): Promise<readonly Job[]> {
  return claim(jobs, { now, plan: () => [] });
}
