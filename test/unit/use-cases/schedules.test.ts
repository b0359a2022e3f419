import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import type { NewSchedule } from '../../../src/application/use-cases/create-schedule.js';
import type { Schedule } from '../../../src/domain/schedule/schedule.js';
import { NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { newSchedule } from '../../support/schedules.js';
import { using } from '../../support/using.js';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;

const REQUEST: NewSchedule = {
  cronExpression: '0 */5 * * * *',
  timezone: 'UTC',
  cronDialect: null,
  callbackUrl: 'http://receiver.test/report',
  queueName: 'reports',
  payload: '{"a":1}',
  maxRetries: null,
  timeoutMs: null,
  enabled: true,
};

const REFUSED = [
  ['is no cron expression', { cronExpression: 'every day' }, /^cron_expression: \S/],
  ['is no time zone', { timezone: 'Mars/Olympus' }, /^timezone: "Mars\/Olympus" is not an IANA time zone/],
  [
    'never comes',
    { cronExpression: '0 0 0 30 2 *' },
    /^cron_expression: "0 0 0 30 2 \*" never comes due again; check its day, month and year$/,
  ],
  ['is over', { cronExpression: '0 0 9 1 1 ? 2020' }, /^cron_expression: .* never comes due again/],
] as const;

describe('creating', () => {
  test('computes the first run, and takes the defaults for what is left open', async () => {
    const { createSchedule, stores, published } = using({
      ...DEFAULT_CONFIG.defaults,
      maxRetries: 8,
      timeoutMs: 9,
    });
    const schedule: Schedule = {
      ...REQUEST,
      cronDialect: 'crontab',
      id: '018d0c5b-c400-7000-8000-000000000001',
      maxRetries: 8,
      timeoutMs: 9,
      lastRunAt: null,
      // NOW is a tick itself; the first run is later.
      nextRunAt: NOW + 5 * MINUTE,
      stoppedAt: null,
      stoppedError: null,
      createdAt: NOW,
      updatedAt: NOW,
    };
    expect(await createSchedule(REQUEST)).toEqual({ ok: true, value: schedule });
    expect(await stores.schedules.get(schedule.id)).toEqual(schedule);
    expect(published).toEqual(['schedule_changed']);
  });

  test('takes its own settings, 0 included', async () => {
    const { createSchedule } = using();
    const own = { maxRetries: 0, timeoutMs: 1, enabled: false, timezone: 'Europe/Vienna' };
    const created = await createSchedule({ ...REQUEST, ...own, cronExpression: '0 0 12 * * *' });
    expect(created).toMatchObject({ ok: true, value: { ...own, nextRunAt: NOW + HOUR } });
  });

  test.each([
    // Monday the 15th at ten: the 16th is a Tuesday, the 22nd a Monday.
    ['the default, crontab', 'crontab', null, 'crontab', 16],
    ['the default, original', 'original', null, 'original', 15],
    ['its own, crontab', 'original', 'crontab', 'crontab', 16],
    ['its own, original', 'crontab', 'original', 'original', 15],
  ] as const)('reads the day of week by %s', async (_case, byDefault, own, cronDialect, day) => {
    const { createSchedule } = using({ ...DEFAULT_CONFIG.defaults, cronDialect: byDefault });
    const request = { ...REQUEST, cronExpression: '0 0 12 * * 2', cronDialect: own };
    const nextRunAt = Date.UTC(2024, 0, day, 12);
    expect(await createSchedule(request)).toMatchObject({ ok: true, value: { cronDialect, nextRunAt } });
  });

  test.each(REFUSED)('refuses what %s, and stores nothing', async (_case, change, message) => {
    const { createSchedule, stores, published } = using();
    const refused = await createSchedule({ ...REQUEST, ...change });
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'validation_failed' } });
    expect(refused.ok ? '' : refused.refusal.message).toMatch(message);
    expect(await stores.schedules.list()).toEqual([]);
    expect(published).toEqual([]);
  });
});

describe('updating', () => {
  /** A schedule that is stored, and NOW is two hours past its creation. */
  async function stored(change: Partial<Schedule> = {}) {
    const use = using();
    const schedule = newSchedule({ nextRunAt: NOW + 3 * MINUTE, ...change });
    await use.stores.schedules.create(schedule);
    return { ...use, schedule, read: () => use.stores.schedules.get(schedule.id) };
  }

  test.each([
    ['the queue', { queueName: 'other' }],
    ['the URL', { callbackUrl: 'http://elsewhere.test/' }],
    ['the payload', { payload: '{}' }],
    ['limits', { maxRetries: 0, timeoutMs: 5 }],
    ['enabled, which it is', { enabled: true }],
    ['disabled', { enabled: false }],
  ])('%s: nothing else changes, not even the next run', async (_case, change) => {
    const { updateSchedule, schedule, read, published } = await stored();
    const changed = { ...schedule, ...change, updatedAt: NOW };
    expect(await updateSchedule(schedule.id, change)).toEqual({ ok: true, value: changed });
    expect(await read()).toEqual(changed);
    expect(published).toEqual(['schedule_changed']);
  });

  test.each([
    ['the expression', { cronExpression: '0 0 * * * *' }, NOW + HOUR],
    ['the same expression again', { cronExpression: '0 */5 * * * *' }, NOW + 5 * MINUTE],
    ['the time zone', { timezone: 'Asia/Kolkata' }, NOW + 5 * MINUTE],
    ['both', { cronExpression: '0 0 12 * * *', timezone: 'Europe/Vienna' }, NOW + HOUR],
    ['the expression, and disabled', { cronExpression: '0 0 * * * *', enabled: false }, NOW + HOUR],
  ])('%s: the next run is computed anew', async (_case, change, nextRunAt) => {
    const { updateSchedule, schedule, read } = await stored();
    const changed = { ...schedule, ...change, nextRunAt, updatedAt: NOW };
    expect(await updateSchedule(schedule.id, change)).toEqual({ ok: true, value: changed });
    expect(await read()).toEqual(changed);
  });

  test('the time zone alone goes with the expression that is stored', async () => {
    const { updateSchedule, schedule } = await stored({ cronExpression: '0 0 12 * * *' });
    const moved = await updateSchedule(schedule.id, { timezone: 'Europe/Vienna' });
    expect(moved).toMatchObject({ ok: true, value: { nextRunAt: NOW + HOUR } });
  });

  test('the dialect: the stored expression is read anew', async () => {
    const { updateSchedule, schedule } = await stored({ cronExpression: '0 0 12 * * 2' });
    const changed = await updateSchedule(schedule.id, { cronDialect: 'original' });
    const nextRunAt = Date.UTC(2024, 0, 15, 12);
    expect(changed).toMatchObject({ ok: true, value: { cronDialect: 'original', nextRunAt } });
  });

  test('a schedule keeps its dialect, whatever the default has become', async () => {
    const { stores, updateSchedule } = using({ ...DEFAULT_CONFIG.defaults, cronDialect: 'original' });
    const schedule = newSchedule({ cronDialect: 'crontab' });
    await stores.schedules.create(schedule);
    const changed = await updateSchedule(schedule.id, { cronExpression: '0 0 12 * * 2' });
    const nextRunAt = Date.UTC(2024, 0, 16, 12);
    expect(changed).toMatchObject({ ok: true, value: { cronDialect: 'crontab', nextRunAt } });
  });

  test('enabled again: the ticks that passed meanwhile are not made up for', async () => {
    const { updateSchedule, schedule } = await stored({ enabled: false, nextRunAt: NOW - HOUR });
    const enabled = await updateSchedule(schedule.id, { enabled: true });
    expect(enabled).toMatchObject({ ok: true, value: { enabled: true, nextRunAt: NOW + 5 * MINUTE } });
  });

  test('disabled all along: its old next run stays until it is enabled', async () => {
    const { updateSchedule, schedule } = await stored({ enabled: false, nextRunAt: NOW - HOUR });
    const changed = await updateSchedule(schedule.id, { payload: '{}', enabled: false });
    expect(changed).toMatchObject({ ok: true, value: { nextRunAt: NOW - HOUR } });
  });

  test('simultaneous changes of the expression and of the zone leave a next run that fits both', async () => {
    const { updateSchedule, schedule, read } = await stored();
    await Promise.all([
      updateSchedule(schedule.id, { cronExpression: '0 0 12 * * *' }),
      updateSchedule(schedule.id, { timezone: 'Asia/Kolkata' }),
    ]);
    // 12:00 in India was half past six in UTC; NOW is ten.
    const tomorrow = NOW + 20.5 * HOUR;
    const both = { cronExpression: '0 0 12 * * *', timezone: 'Asia/Kolkata' };
    expect(await read()).toMatchObject({ ...both, nextRunAt: tomorrow });
  });

  test('two changes within a millisecond can be told apart', async () => {
    const { updateSchedule, schedule } = await stored();
    const first = await updateSchedule(schedule.id, { payload: '{}' });
    const second = await updateSchedule(schedule.id, { payload: '{"a":1}' });
    expect([first, second]).toMatchObject([{ value: { updatedAt: NOW } }, { value: { updatedAt: NOW + 1 } }]);
  });

  describe('one that an error stopped', () => {
    const STOPPED = { nextRunAt: null, stoppedAt: NOW - 5, stoppedError: 'timezone: gone' };
    const GOES_ON = { stoppedAt: null, stoppedError: null };

    test.each([
      ['its expression is mended', { cronExpression: '0 0 * * * *' }, NOW + HOUR],
      ['its zone is', { timezone: 'Asia/Kolkata' }, NOW + 5 * MINUTE],
      ['it is enabled', { enabled: true }, NOW + 5 * MINUTE],
    ])('goes on once %s', async (_case, change, nextRunAt) => {
      const { updateSchedule, schedule, read } = await stored(STOPPED);
      const changed = { ...schedule, ...GOES_ON, ...change, nextRunAt, updatedAt: NOW };
      expect(await updateSchedule(schedule.id, change)).toEqual({ ok: true, value: changed });
      expect(await read()).toEqual(changed);
    });

    test.each([['the payload', { payload: '{}' }] as const, ['disabled', { enabled: false }] as const])(
      'stays stopped when something else changes: %s',
      async (_case, change) => {
        const { updateSchedule, schedule } = await stored(STOPPED);
        const changed = { ...schedule, ...change, updatedAt: NOW };
        expect(await updateSchedule(schedule.id, change)).toEqual({ ok: true, value: changed });
      },
    );

    test('is not enabled while the error is there', async () => {
      const { updateSchedule, schedule, read } = await stored({ ...STOPPED, timezone: 'Mars/Olympus' });
      const refused = await updateSchedule(schedule.id, { enabled: true });
      expect(refused.ok ? '' : refused.refusal.message).toMatch(/^timezone: "Mars\/Olympus" is not/);
      expect(await read()).toEqual(schedule);
    });
  });

  test.each(REFUSED)('refuses what %s, and changes nothing', async (_case, change, message) => {
    const { updateSchedule, schedule, read, published } = await stored();
    const refused = await updateSchedule(schedule.id, { ...change, payload: '{}' });
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'validation_failed' } });
    expect(refused.ok ? '' : refused.refusal.message).toMatch(message);
    expect(await read()).toEqual(schedule);
    expect(published).toEqual([]);
  });

  test('refuses what is not there', async () => {
    const { updateSchedule, published } = using();
    const notFound = {
      ok: false,
      refusal: { code: 'schedule_not_found', message: 'Schedule gone not found' },
    };
    expect(await updateSchedule('gone', { payload: '{}' })).toEqual(notFound);
    expect(published).toEqual([]);
  });
});

describe('reading and deleting', () => {
  test('lists the newest first, gets one, deletes it once', async () => {
    const { stores, listSchedules, getSchedule, deleteSchedule, published } = using();
    const [older, newer] = [newSchedule(), newSchedule()];
    await stores.schedules.create(older);
    await stores.schedules.create(newer);
    expect(await listSchedules()).toEqual([newer, older]);
    expect(await getSchedule(older.id)).toEqual({ ok: true, value: older });
    expect(await deleteSchedule(older.id)).toEqual({ ok: true, value: { id: older.id } });
    const message = `Schedule ${older.id} not found`;
    const notFound = { ok: false, refusal: { code: 'schedule_not_found', message } };
    expect(await getSchedule(older.id)).toEqual(notFound);
    expect(await deleteSchedule(older.id)).toEqual(notFound);
    expect(published).toEqual(['schedule_changed']);
    expect(await listSchedules()).toEqual([newer]);
  });
});

test('schedules are found page by page, 1000 at most', async () => {
  const { stores, listSchedulePage } = using();
  const made = Array.from({ length: 1001 }, () => newSchedule({ queueName: 'mails' }));
  for (const schedule of [...made, newSchedule()]) await stores.schedules.create(schedule);
  const search = { text: 'MAILS', limit: 2, offset: 1 };
  expect(await listSchedulePage(search)).toEqual({ schedules: [made[999], made[998]], total: 1001 });
  expect((await listSchedulePage({ ...search, limit: 5000, offset: 0 })).schedules).toHaveLength(1000);
});

describe('running now', () => {
  test('makes a job of what the schedule says, and leaves its next run', async () => {
    const { stores, runSchedule, clock, published } = using();
    const schedule = newSchedule({ nextRunAt: NOW + 3 * MINUTE });
    await stores.schedules.create(schedule);
    clock.advance(1234);
    const run = await runSchedule(schedule.id);
    expect(run).toMatchObject({
      ok: true,
      value: {
        queueName: 'reports',
        callbackUrl: 'http://receiver.test/report',
        payload: '{"report":"daily"}',
        maxRetries: 2,
        timeoutMs: 10_000,
        scheduleId: schedule.id,
        status: 'pending',
        visibleAt: NOW + 1234,
      },
    });
    expect((await stores.queries.list({}, { limit: 10, offset: 0 })).jobs).toEqual(run.ok ? [run.value] : []);
    expect(await stores.schedules.get(schedule.id)).toEqual({ ...schedule, lastRunAt: NOW + 1234 });
    expect(await stores.queues.get('reports')).toMatchObject(QUEUE_DEFAULTS);
    expect(published).toEqual(['jobs_pending', 'schedule_fired']);
  });

  test.each([
    ['is disabled', { enabled: false }],
    ['never comes due again', { nextRunAt: null }],
    ['cannot be fired', { cronExpression: 'broken', nextRunAt: null }],
  ])('works for one that %s', async (_case, change) => {
    const { stores, runSchedule } = using();
    const schedule = newSchedule(change);
    await stores.schedules.create(schedule);
    expect(await runSchedule(schedule.id)).toMatchObject({ ok: true, value: { scheduleId: schedule.id } });
    expect(await stores.schedules.get(schedule.id)).toMatchObject(change);
  });

  test('refuses what is not there, or is deleted meanwhile, and tells nobody', async () => {
    const { stores, runSchedule, published } = using();
    const message = 'Schedule gone not found';
    const notFound = { ok: false, refusal: { code: 'schedule_not_found', message } };
    expect(await runSchedule('gone')).toEqual(notFound);
    const schedule = newSchedule({ id: 'gone' });
    stores.schedules.get = () => Promise.resolve(schedule);
    expect(await runSchedule('gone')).toEqual(notFound);
    expect([published, (await stores.queries.list({}, { limit: 10, offset: 0 })).jobs]).toEqual([[], []]);
  });
});

describe('a preview', () => {
  test('has the next ticks, in the zone of the schedule', async () => {
    const { previewSchedule } = using();
    const preview = async (expression: string, timezone: string) => {
      const read = await previewSchedule({ expression, timezone, dialect: null }, 3);
      return read.ok && read.value.ticks;
    };
    expect(await preview('0 */5 * * * *', 'UTC')).toEqual([
      NOW + 5 * MINUTE,
      NOW + 10 * MINUTE,
      NOW + 15 * MINUTE,
    ]);
    expect(await preview('0 0 12 * * *', 'Europe/Vienna')).toEqual([
      NOW + HOUR,
      NOW + 25 * HOUR,
      NOW + 49 * HOUR,
    ]);
  });

  test('is shorter when the expression ends', async () => {
    const ticks = [Date.UTC(2024, 5, 1), Date.UTC(2024, 6, 1)];
    const cron = { expression: '0 0 0 1 6,7 ? 2024', timezone: 'UTC', dialect: 'crontab' } as const;
    expect(await using().previewSchedule(cron, 5)).toEqual({ ok: true, value: { cron, ticks } });
  });

  test.each(REFUSED)('refuses what %s, as creating does', async (_case, change, message) => {
    const { cronExpression, timezone } = { ...REQUEST, ...change };
    const cron = { expression: cronExpression, timezone, dialect: null };
    const refused = await using().previewSchedule(cron, 5);
    expect(refused).toMatchObject({ ok: false, refusal: { code: 'validation_failed' } });
    expect(refused.ok ? '' : refused.refusal.message).toMatch(message);
  });
});
