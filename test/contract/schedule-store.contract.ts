import { describe, expect, test } from 'vitest';
import { ok, refuse } from '../../src/application/errors.js';
import type { Schedule } from '../../src/domain/schedule/schedule.js';
import type { ScheduleSearch, SchedulesFound } from '../../src/application/ports/schedule-store.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../support/jobs.js';
import { SequentialIds } from '../support/sequential-ids.js';
import { freshPlaces, type StoreHarness, type Stores } from './store-harness.js';

/** What every ScheduleStore has to do, whatever it is built on. */
export function describeScheduleStore(harness: StoreHarness): void {
  describe(`ScheduleStore on ${harness.name}`, () => {
    const freshPlace = freshPlaces(harness);
    const connect = async (): Promise<Stores> => (await freshPlace()).connect();

    test('stores a schedule with every field', async () => {
      const { schedules } = await connect();
      const schedule = newSchedule({ enabled: false, lastRunAt: NOW - 1, nextRunAt: null });
      await schedules.create(schedule);
      expect(await schedules.get(schedule.id)).toEqual(schedule);
      expect(await schedules.get('none')).toBeNull();
    });

    test('lists the newest first', async () => {
      const { schedules } = await connect();
      const made = [newSchedule(), newSchedule(), newSchedule()];
      for (const schedule of made) await schedules.create(schedule);
      expect(await schedules.list()).toEqual([...made].reverse());
    });

    describe('search', () => {
      const ALL: ScheduleSearch = { text: '', limit: 100, offset: 0 };
      const idsOf = ({ schedules: found }: SchedulesFound) => found.map(({ id }) => id);

      async function withSchedules(...changes: Partial<Schedule>[]) {
        const { schedules } = await connect();
        const made = changes.map((change) => newSchedule(change));
        for (const schedule of made) await schedules.create(schedule);
        const found = async (text: string) => idsOf(await schedules.search({ ...ALL, text }));
        return { schedules, made, found };
      }

      test('gives the schedules whole, the newest first', async () => {
        const { schedules, made } = await withSchedules({}, { enabled: false }, { nextRunAt: null });
        expect(await schedules.search(ALL)).toEqual({ schedules: [...made].reverse(), total: 3 });
      });

      test('finds a text in each part, and in no other', async () => {
        const { made, found } = await withSchedules(
          { id: '0-Needle-0' },
          { cronExpression: '0 0 9 * * MON' },
          { queueName: 'Invoices' },
          { callbackUrl: 'http://receiver.test/Late?a=100%_' },
          { timezone: 'Asia/Tokyo', payload: '{"secret":"hidden"}' },
        );
        const [id, cron, queue, url, zone] = made.map((schedule) => schedule.id);
        expect(await found('nEEDLE')).toEqual([id]);
        expect(await found('* mon')).toEqual([cron]);
        expect(await found('VOICE')).toEqual([queue]);
        expect(await found('/late?')).toEqual([url]);
        expect(await found('asia/')).toEqual([zone]);
        expect(await found('europe')).toEqual([url, queue, cron, id]);
        for (const text of ['hidden', 'nowhere', 'Tokyo0', '%%', '\\']) expect(await found(text)).toEqual([]);
        for (const text of ['%', '_']) expect(await found(text)).toEqual([url]);
      });

      test('folds the case of ASCII letters only', async () => {
        const { made, found } = await withSchedules({ queueName: 'Äk' }, { queueName: 'äK' });
        expect(await found('ä')).toEqual([made[1]?.id]);
        expect(await found('Ä')).toEqual([made[0]?.id]);
        expect(await found('äk')).toEqual([made[1]?.id]);
        // The sign of the kelvin, which Unicode folds to k.
        expect(await found('\u212a')).toEqual([]);
      });

      test('gives a page, and says how many there are in all', async () => {
        const { schedules, made } = await withSchedules(
          ...['a1', 'a2', 'a3', 'a4', 'b1'].map((queueName) => ({ queueName })),
        );
        const [a1, a2, a3, a4, b1] = made.map(({ id }) => id);
        const QUEUES_A = 'http://queues.test/a';
        for (const id of [a1, a2, a3, a4]) {
          await schedules.update(id ?? '', (schedule) => ok({ ...schedule, callbackUrl: QUEUES_A }));
        }
        const page = (text: string, offset: number) => schedules.search({ text, limit: 2, offset });
        for (const [text, newest] of [
          ['QUEUES.', [a4, a3, a2, a1]],
          ['', [b1, a4, a3, a2, a1]],
        ] as const) {
          expect(idsOf(await page(text, 0))).toEqual(newest.slice(0, 2));
          expect(idsOf(await page(text, 2))).toEqual(newest.slice(2, 4));
          expect(await page(text, 5)).toEqual({ schedules: [], total: newest.length });
          expect((await page(text, 1)).total).toBe(newest.length);
        }
      });

      test('does not find what was deleted, and finds what was changed', async () => {
        const { schedules, made, found } = await withSchedules({}, {});
        const [gone, changed] = made.map(({ id }) => id);
        await schedules.remove(gone ?? '');
        await schedules.update(changed ?? '', (schedule) => ok({ ...schedule, queueName: 'elsewhere' }));
        expect(await schedules.search(ALL)).toMatchObject({ total: 1 });
        expect(await found('elsewhere')).toEqual([changed]);
        expect(await found('reports')).toEqual([]);
      });
    });

    test('changes every field, and no other schedule', async () => {
      const { schedules } = await connect();
      const [schedule, other] = [newSchedule(), newSchedule()];
      for (const each of [schedule, other]) await schedules.create(each);
      const changed: Schedule = {
        id: schedule.id,
        queueName: 'others',
        cronExpression: '0 0 * * * *',
        timezone: 'UTC',
        cronDialect: 'original',
        callbackUrl: 'http://other.test/',
        payload: '{}',
        maxRetries: 0,
        timeoutMs: 1,
        enabled: false,
        lastRunAt: NOW + 1,
        nextRunAt: null,
        stoppedAt: NOW + 2,
        stoppedError: 'no such zone',
        createdAt: NOW - 1,
        updatedAt: NOW + 3,
      };
      expect(await schedules.update(schedule.id, () => ok(changed))).toEqual(ok(changed));
      expect(await schedules.get(schedule.id)).toEqual(changed);
      expect(await schedules.get(other.id)).toEqual(other);
    });

    test('does not change what is refused, nor what is not there', async () => {
      const { schedules } = await connect();
      const schedule = newSchedule();
      await schedules.create(schedule);
      const refusal = refuse('validation_failed', 'not like this');
      expect(await schedules.update(schedule.id, () => refusal)).toEqual(refusal);
      expect(await schedules.get(schedule.id)).toEqual(schedule);
      expect(await schedules.update('none', (each) => ok(each))).toBeNull();
    });

    test('gives each of simultaneous changes what the one before made', async () => {
      const place = await freshPlace();
      const [a, b] = [await place.connect(), await place.connect()];
      const schedule = newSchedule({ nextRunAt: 0 });
      await a.schedules.create(schedule);
      const revise = (each: Schedule) => ok({ ...each, nextRunAt: (each.nextRunAt ?? 0) + 1 });
      const changes = [a, b, a, b].map(({ schedules }) => schedules.update(schedule.id, revise));
      const results = (await Promise.all(changes)).map(
        (result) => result !== null && result !== 'too_many_queues' && result.ok && result.value.nextRunAt,
      );
      expect(results.sort()).toEqual([1, 2, 3, 4]);
      expect(await b.schedules.get(schedule.id)).toEqual({ ...schedule, nextRunAt: 4 });
    });

    test('deletes', async () => {
      const { schedules } = await connect();
      const schedule = newSchedule();
      await schedules.create(schedule);
      expect(await schedules.remove(schedule.id)).toBe('deleted');
      expect(await schedules.remove(schedule.id)).toBe('missing');
    });

    test('counts all, and those that fire', async () => {
      const { schedules } = await connect();
      for (const enabled of [true, false, true]) await schedules.create(newSchedule({ enabled }));
      await schedules.create(newSchedule({ nextRunAt: null, stoppedAt: NOW, stoppedError: 'broken' }));
      expect(await schedules.counts()).toEqual({ total: 4, enabled: 2 });
    });

    test('knows what is due and when the next is', async () => {
      const { schedules } = await connect();
      expect(await schedules.nextDueAt([])).toBeNull();
      const at = [NOW + 30, NOW + 10, NOW + 20, null];
      const made = at.map((nextRunAt) => newSchedule({ nextRunAt }));
      const disabled = newSchedule({ nextRunAt: NOW, enabled: false });
      for (const schedule of [...made, disabled]) await schedules.create(schedule);
      expect(await schedules.nextDueAt([])).toBe(NOW + 10);
      expect(await schedules.due(NOW + 9, 10, [])).toEqual([]);
      expect((await schedules.due(NOW + 20, 10, [])).map(({ nextRunAt }) => nextRunAt)).toEqual([
        NOW + 10,
        NOW + 20,
      ]);
      expect(await schedules.due(NOW + 30, 1, [])).toHaveLength(1);
    });

    test('leaves out of what is due those that it is told to', async () => {
      const { schedules } = await connect();
      const made = [1, 2, 3].map((n) => newSchedule({ nextRunAt: NOW + n }));
      for (const schedule of made) await schedules.create(schedule);
      const [first = '', second = '', third = ''] = made.map(({ id }) => id);
      const due = async (limit: number, except: string[]) =>
        (await schedules.due(NOW + 9, limit, except)).map(({ id }) => id);
      expect(await due(1, [first, 'none'])).toEqual([second]);
      expect(await due(9, [third, first])).toEqual([second]);
      expect(await schedules.nextDueAt([first])).toBe(NOW + 2);
      expect(await schedules.nextDueAt([first, second, third])).toBeNull();
      const many = Array.from({ length: 40_000 }, (_, n) => `none-${n}`);
      expect(await due(9, [...many, second])).toEqual([first, third]);
    });

    test('stops a schedule, but not one that was changed meanwhile', async () => {
      const { schedules } = await connect();
      const [broken, mended] = [newSchedule(), newSchedule({ updatedAt: NOW + 1 })];
      for (const schedule of [broken, mended]) await schedules.create(schedule);
      const stop = (id: string) =>
        schedules.stop({ id, expectedUpdatedAt: NOW, error: 'no such zone', now: NOW + 7 });
      expect(await stop(broken.id)).toBe('stopped');
      expect(await stop(mended.id)).toBe('lost_race');
      expect(await stop('none')).toBe('lost_race');
      const stopped = { nextRunAt: null, stoppedAt: NOW + 7, stoppedError: 'no such zone' };
      expect(await schedules.get(broken.id)).toEqual({ ...broken, ...stopped });
      expect(await schedules.get(mended.id)).toEqual(mended);
    });

    test('fires a tick once, whoever comes first', async () => {
      const place = await freshPlace();
      const [a, b] = [await place.connect(), await place.connect()];
      const schedule = newSchedule({ nextRunAt: NOW });
      await a.schedules.create(schedule);
      const fire = ({ schedules }: Stores) =>
        schedules.fire({
          id: schedule.id,
          expectedNextRunAt: NOW,
          expectedUpdatedAt: NOW,
          nextRunAt: NOW + 60_000,
          job: newJob({ scheduleId: schedule.id, queueName: 'made' }),
          now: NOW + 5,
          queueDefaults: QUEUE_DEFAULTS,
        });
      const outcomes = await Promise.all([fire(a), fire(b), fire(a), fire(b)]);
      expect(outcomes.sort()).toEqual(['fired', 'lost_race', 'lost_race', 'lost_race']);
      expect(await a.schedules.get(schedule.id)).toMatchObject({
        lastRunAt: NOW + 5,
        nextRunAt: NOW + 60_000,
      });
      expect((await a.queries.list({}, { limit: 10, offset: 0 })).jobs).toHaveLength(1);
      expect(await b.queues.get('made')).not.toBeNull();
    });

    test('does not fire a schedule that was disabled, moved, changed or deleted meanwhile', async () => {
      const { schedules, queries } = await connect();
      const disabled = newSchedule({ nextRunAt: NOW, enabled: false });
      const moved = newSchedule({ nextRunAt: NOW + 1 });
      const changed = newSchedule({ nextRunAt: NOW, updatedAt: NOW + 1 });
      for (const schedule of [disabled, moved, changed]) await schedules.create(schedule);
      for (const id of [disabled.id, moved.id, changed.id, 'deleted']) {
        const job = newJob({ scheduleId: id });
        const request = {
          id,
          expectedNextRunAt: NOW,
          expectedUpdatedAt: NOW,
          nextRunAt: null,
          job,
          now: NOW,
          queueDefaults: QUEUE_DEFAULTS,
        };
        expect(await schedules.fire(request)).toBe('lost_race');
      }
      expect((await queries.list({}, { limit: 10, offset: 0 })).jobs).toEqual([]);
    });

    test.each([true, false])(
      'runs a schedule out of turn, its next run left as it is (enabled: %j)',
      async (enabled) => {
        const { schedules, queries, queues } = await connect();
        const schedule = newSchedule({
          enabled,
          lastRunAt: NOW - 9,
          nextRunAt: enabled ? NOW + 300_000 : null,
        });
        const other = newSchedule();
        for (const each of [schedule, other]) await schedules.create(each);
        const job = newJob({ scheduleId: schedule.id, queueName: 'made' });
        const request = { id: schedule.id, job, now: NOW + 7, queueDefaults: QUEUE_DEFAULTS };
        expect(await schedules.run(request)).toBe('ran');
        expect(await schedules.get(schedule.id)).toEqual({ ...schedule, lastRunAt: NOW + 7 });
        expect(await schedules.get(other.id)).toEqual(other);
        expect(await queries.get(job.id)).toMatchObject({ scheduleId: schedule.id, status: 'pending' });
        expect(await queries.countsOf('made')).toMatchObject({ pending: 1, delayed: 0 });
        expect(await queues.get('made')).toMatchObject(QUEUE_DEFAULTS);
      },
    );

    test('does not run a schedule that is gone', async () => {
      const { schedules, queries, queues } = await connect();
      const request = { id: 'gone', job: newJob(), now: NOW, queueDefaults: QUEUE_DEFAULTS };
      expect(await schedules.run(request)).toBe('missing');
      expect((await queries.list({}, { limit: 10, offset: 0 })).jobs).toEqual([]);
      expect(await queues.list()).toEqual([]);
    });
  });
}

const ids = new SequentialIds();

function newSchedule(change: Partial<Schedule> = {}): Schedule {
  return {
    id: ids.next(),
    queueName: 'reports',
    cronExpression: '0 */5 * * * *',
    timezone: 'Europe/Berlin',
    cronDialect: 'crontab',
    callbackUrl: 'http://receiver.test/tick',
    payload: '{"task":"report"}',
    maxRetries: 2,
    timeoutMs: 1000,
    enabled: true,
    lastRunAt: null,
    nextRunAt: NOW + 300_000,
    stoppedAt: null,
    stoppedError: null,
    createdAt: NOW,
    updatedAt: NOW,
    ...change,
  };
}
