import { describe, expect, test } from 'vitest';
import { ok } from '../../src/application/errors.js';
import { retry } from '../../src/domain/job/transitions.js';
import { newQueue } from '../../src/domain/queue/queue.js';
import type { Schedule } from '../../src/domain/schedule/schedule.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../support/jobs.js';
import { newSchedule } from '../support/schedules.js';
import { freshPlaces, type StoreHarness, type Stores } from './store-harness.js';
import { deadJob, state } from './store-steps.js';

/** What every store has to do about the number of queues. */
export function describeQueueLimit(harness: StoreHarness): void {
  describe(`The limit of queues on ${harness.name}`, () => {
    const freshPlace = freshPlaces(harness);
    const insert = ({ jobs }: Stores, ...names: readonly string[]) => {
      const specs = names.map((queueName) => newJob({ queueName }));
      return jobs.insert({ jobs: specs, now: NOW, queueDefaults: QUEUE_DEFAULTS });
    };
    const create = ({ queues }: Stores, name: string) => queues.create(newQueue(name, QUEUE_DEFAULTS, NOW));
    const names = async ({ queues }: Stores) => (await queues.list()).map(({ name }) => name);

    test('lets no insert make more, and then inserts nothing', async () => {
      const stores = await (await freshPlace(3)).connect();
      expect(await insert(stores, 'a', 'a', 'b')).toHaveLength(3);
      expect(await insert(stores, 'a', 'c', 'd')).toBe('too_many_queues');
      expect([await names(stores), (await stores.queries.totals()).pending]).toEqual([['a', 'b'], 3]);
      expect(await insert(stores, 'c', 'b')).toHaveLength(2);
      expect(await insert(stores, 'd')).toBe('too_many_queues');
      expect(await insert(stores, 'a', 'b', 'c')).toHaveLength(3);
    });

    test('holds for queues that are made by themselves, and over two connections', async () => {
      const place = await freshPlace(5);
      const [a, b] = [await place.connect(), await place.connect()];
      const outcomes = await Promise.all(
        Array.from({ length: 10 }, (_, i) =>
          i % 4 === 0 ? insert(a, `q${i}`) : create(i % 2 === 0 ? a : b, `q${i}`),
        ),
      );
      expect(outcomes.filter((outcome) => outcome === 'too_many_queues')).toHaveLength(5);
      expect(await names(a)).toHaveLength(5);
      const [taken = ''] = await names(a);
      expect(await create(b, taken)).toBe('exists');
    });

    test('gives the place of a deleted queue to another', async () => {
      const stores = await (await freshPlace(1)).connect();
      await create(stores, 'a');
      expect(await create(stores, 'b')).toBe('too_many_queues');
      await stores.queues.remove('a');
      expect(await create(stores, 'b')).toBe('created');
    });

    test('counts the queues that schedules are to make', async () => {
      const stores = await (await freshPlace(2)).connect();
      const { schedules } = stores;
      await create(stores, 'a');
      const [first, second] = [newSchedule({ queueName: 'b' }), newSchedule({ queueName: 'a' })];
      expect(await schedules.create(first)).toBe('created');
      expect(await schedules.create(newSchedule({ queueName: 'b' }))).toBe('created');
      expect(await schedules.create(newSchedule({ queueName: 'c' }))).toBe('too_many_queues');
      expect(await schedules.create(second)).toBe('created');
      const move = (schedule: Schedule) => ok({ ...schedule, queueName: 'c' });
      expect(await schedules.update(second.id, move)).toBe('too_many_queues');
      expect((await schedules.get(second.id))?.queueName).toBe('a');
      expect(await schedules.list()).toHaveLength(3);
    });

    test('does not keep a tick from its queue, nor a job that is tried again by hand', async () => {
      const stores = await (await freshPlace(1)).connect();
      const job = await deadJob(stores.jobs);
      await stores.queues.remove(job.queueName);
      const schedule = newSchedule({ queueName: 'ticks' });
      await stores.schedules.create(schedule);
      await create(stores, 'other');
      const { id } = schedule;
      const run = { id, job: newJob({ queueName: 'ticks' }), now: NOW, queueDefaults: QUEUE_DEFAULTS };
      expect(await stores.schedules.run(run)).toBe('ran');
      expect(await stores.jobs.replace(job.id, job, state(retry(job, NOW)), QUEUE_DEFAULTS)).toBe('applied');
      expect(await names(stores)).toEqual([job.queueName, 'other', 'ticks'].sort());
    });
  });
}
