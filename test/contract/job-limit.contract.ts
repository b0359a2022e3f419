import { describe, expect, test } from 'vitest';
import { retry, succeed } from '../../src/domain/job/transitions.js';
import type { NewJob } from '../../src/domain/job/job.js';
import { newQueue } from '../../src/domain/queue/queue.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../support/jobs.js';
import { newSchedule } from '../support/schedules.js';
import { freshPlaces, type StoreHarness, type Stores } from './store-harness.js';
import { claim, deadJob, got, RESULT, settle, state, taken, token } from './store-steps.js';

const FULL = { kind: 'queue_full', queueName: 'q' };

/** What every store has to do about the number of jobs: in a queue, and in all. */
export function describeJobLimit(harness: StoreHarness): void {
  describe(`The limits of jobs on ${harness.name}`, () => {
    const freshPlace = freshPlaces(harness);
    const insert = ({ jobs }: Stores, ...specs: readonly Partial<NewJob>[]) =>
      jobs.insert({
        jobs: specs.map((spec) => newJob({ queueName: 'q', ...spec })),
        now: NOW,
        queueDefaults: QUEUE_DEFAULTS,
      });
    const limited = async (maxDepth: number, maxJobs?: number) => {
      const place = await freshPlace(undefined, maxJobs);
      const stores = await place.connect();
      await stores.queues.create(newQueue('q', { ...QUEUE_DEFAULTS, maxDepth }, NOW));
      return { place, ...stores };
    };
    const job = (key: string | null = null) => ({ idempotencyKey: key });
    const pending = async ({ queries }: Stores) => (await queries.totals()).pending;

    test('a queue takes as many pending jobs as its max_depth says, ready and delayed, and others as ever', async () => {
      const stores = await limited(2);
      expect(await insert(stores, {}, { visibleAt: NOW + 1000 })).toHaveLength(2);
      expect(await insert(stores, {})).toEqual(FULL);
      expect(await insert(stores, { visibleAt: NOW + 1000 })).toEqual(FULL);
      expect(
        await insert(stores, { queueName: 'other' }, { queueName: 'other' }, { queueName: 'x' }),
      ).toHaveLength(3);
      expect(await pending(stores)).toBe(5);
    });

    test('a batch is taken whole or not at all, whichever of its queues is full', async () => {
      const stores = await limited(3);
      expect(await insert(stores, {}, { queueName: 'new' }, {}, {}, {})).toEqual(FULL);
      expect(await pending(stores)).toBe(0);
      expect((await stores.queues.list()).map(({ name }) => name)).toEqual(['q']);
      expect(await insert(stores, {}, { queueName: 'new' }, {}, {})).toHaveLength(4);
    });

    test('there is room again when a job is begun or cancelled', async () => {
      const stores = await limited(1);
      await insert(stores, {});
      const [begun] = await claim(stores.jobs);
      const [second] = taken(await insert(stores, {}));
      expect(await insert(stores, {})).toEqual(FULL);
      await stores.jobs.remove(got(second).job.id, got(second).job);
      expect(await insert(stores, {})).toHaveLength(1);
      // What runs comes back, and so does what is retried by hand: the limit is for new jobs.
      const done = succeed(got(begun), { ...token(begun), ...RESULT }, NOW);
      await settle(stores.jobs, [[begun, done]]);
      expect(await insert(stores, {})).toEqual(FULL);
    });

    test('a limit that is set, lowered or lifted counts at once', async () => {
      const stores = await limited(5);
      await insert(stores, {}, {}, {});
      await stores.queues.update('q', { maxDepth: 2 }, NOW);
      expect(await insert(stores, {})).toEqual(FULL);
      await stores.queues.update('q', { maxDepth: null }, NOW);
      expect(await insert(stores, {}, {}, {})).toHaveLength(3);
      expect((await stores.queues.get('q'))?.maxDepth).toBeNull();
    });

    test('jobs whose idempotency key is taken are answered with that job, however full it is', async () => {
      const stores = await limited(2);
      const first = taken(await insert(stores, job('a'), job('b')));
      const again = taken(await insert(stores, job('b'), job('a'), job('b')));
      expect(again.map(({ kind }) => kind)).toEqual(['duplicate', 'duplicate', 'duplicate']);
      expect(again[0]?.job.id).toBe(first[1]?.job.id);
      expect(await insert(stores, job('a'), job('c'))).toEqual(FULL);
      await stores.queues.update('q', { maxDepth: 1 }, NOW);
      expect(await insert(stores, job('a'))).toHaveLength(1);
      await stores.queues.update('q', { maxDepth: 3 }, NOW);
      // The second of the same key is none too many, whatever its queue.
      expect(await insert(stores, job('c'), job('c'), { queueName: 'x', idempotencyKey: 'c' })).toHaveLength(
        3,
      );
      expect(await pending(stores)).toBe(3);
    });

    test('of all jobs there are as many as the store may have, finished ones too', async () => {
      const stores = await (await freshPlace(undefined, 3)).connect();
      const dead = await deadJob(stores.jobs);
      expect(await insert(stores, {}, job('a'), {})).toBe('too_many_jobs');
      expect(await insert(stores, {}, job('a'))).toHaveLength(2);
      expect(await insert(stores, { queueName: 'new' })).toBe('too_many_jobs');
      expect((await stores.queues.list()).map(({ name }) => name)).toEqual([dead.queueName, 'q']);
      expect(taken(await insert(stores, job('a')))[0]?.kind).toBe('duplicate');
      await claim(stores.jobs);
      expect(await insert(stores, {})).toBe('too_many_jobs');
      await stores.jobs.remove(dead.id, dead);
      expect(await insert(stores, {})).toHaveLength(1);
    });

    test('both are exact over inserts at the same time, on two connections', async () => {
      const { place, ...a } = await limited(20, 30);
      const b = await place.connect();
      const inserts = Array.from({ length: 40 }, (_, n) =>
        insert(n % 2 === 0 ? a : b, ...(n % 4 === 0 ? [{}, {}, {}] : [{}])),
      );
      const inserted = (await Promise.all(inserts)).filter((outcome) => Array.isArray(outcome)).flat();
      expect(inserted).toHaveLength(20);
      expect(await pending(a)).toBe(20);
      const others = Array.from({ length: 40 }, (_, n) =>
        insert(n % 2 === 0 ? a : b, { queueName: `q${n % 7}` }),
      );
      expect((await Promise.all(others)).filter((outcome) => outcome === 'too_many_jobs')).toHaveLength(30);
      expect(await pending(b)).toBe(30);
    });

    test('a tick for which there is no room stays due, and no job is made by hand', async () => {
      const stores = await limited(1);
      await insert(stores, {});
      const schedule = newSchedule({ queueName: 'q' });
      await stores.schedules.create(schedule);
      const made = {
        id: schedule.id,
        job: newJob({ queueName: 'q' }),
        now: NOW,
        queueDefaults: QUEUE_DEFAULTS,
      };
      const tick = {
        ...made,
        expectedNextRunAt: got(schedule.nextRunAt ?? undefined),
        expectedUpdatedAt: schedule.updatedAt,
        nextRunAt: NOW + 1_000_000,
      };
      expect(await stores.schedules.fire(tick)).toEqual(FULL);
      expect(await stores.schedules.run(made)).toEqual(FULL);
      expect(await stores.schedules.get(schedule.id)).toEqual(schedule);
      await claim(stores.jobs);
      expect(await stores.schedules.fire(tick)).toBe('fired');
      expect(await stores.schedules.get(schedule.id)).toMatchObject({ nextRunAt: NOW + 1_000_000 });
      expect(await stores.schedules.run({ ...made, job: newJob({ queueName: 'q' }) })).toEqual(FULL);
    });

    test('a job that is retried by hand is not refused', async () => {
      const stores = await (await freshPlace(undefined, 2)).connect();
      const dead = await deadJob(stores.jobs);
      await stores.queues.update(dead.queueName, { maxDepth: 1 }, NOW);
      await insert(stores, { queueName: dead.queueName });
      expect(await stores.jobs.replace(dead.id, dead, state(retry(dead, NOW)), QUEUE_DEFAULTS)).toBe(
        'applied',
      );
      expect(await pending(stores)).toBe(2);
    });
  });
}
