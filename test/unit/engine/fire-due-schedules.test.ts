import { describe, expect, test } from 'vitest';
import { ok, StoreUnavailableError } from '../../../src/application/errors.js';
import { FireDueSchedules } from '../../../src/application/engine/fire-due-schedules.js';
import { newQueue } from '../../../src/domain/queue/queue.js';
import type { Schedule } from '../../../src/domain/schedule/schedule.js';
import { FakeClock } from '../../support/fake-clock.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { memoryStores } from '../../support/memory-stores.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { recordedEvents } from '../../support/recorded-events.js';
import { newSchedule } from '../../support/schedules.js';
import { SequentialIds } from '../../support/sequential-ids.js';

const MINUTE = 60_000;
const ALL = { limit: 1000, offset: 0 };
/** What a pass that fired something publishes. */
const FIRED = ['jobs_pending', 'schedule_fired'] as const;

/** A pass at NOW (10:00:00) or at the given instant. */
async function firing(schedules: readonly Schedule[], now = NOW) {
  const clock = new FakeClock(now);
  const logger = new RecordingLogger();
  const stores = memoryStores();
  const { events, published } = recordedEvents();
  for (const schedule of schedules) await stores.schedules.create(schedule);
  const ports = { schedules: stores.schedules, clock, ids: new SequentialIds(), events, logger };
  const fire = new FireDueSchedules(ports, QUEUE_DEFAULTS);
  return {
    clock,
    logger,
    stores,
    published,
    runOnce: () => fire.runOnce(),
    jobs: async () => (await stores.queries.list({}, ALL)).jobs,
  };
}

test('a tick makes a job of what the schedule says, due at once, and moves the schedule on', async () => {
  const schedule = newSchedule();
  const late = NOW + 1234;
  const { runOnce, stores, jobs, logger, published } = await firing([schedule], late);
  expect(await runOnce()).toEqual({ fired: 1, nextRunAt: NOW + 5 * MINUTE });

  const [job, ...others] = await jobs();
  expect(others).toEqual([]);
  expect(job).toEqual({
    id: '018d0c5b-c400-7000-8000-000000000001',
    queueName: 'reports',
    priority: 0,
    payload: '{"report":"daily"}',
    callbackUrl: 'http://receiver.test/report',
    maxRetries: 2,
    retryBackoff: null,
    baseDelayMs: null,
    maxDelayMs: null,
    timeoutMs: 10_000,
    idempotencyKey: null,
    scheduleId: schedule.id,
    headers: null,
    createdAt: late,
    status: 'pending',
    attempt: 0,
    visibleAt: late,
    leaseToken: 0,
    workerId: null,
    startedAt: null,
    completedAt: null,
    lastError: null,
    result: null,
    resultTruncated: false,
    crashes: 0,
    updatedAt: late,
  });
  const stored = await stores.schedules.get(schedule.id);
  expect(stored).toEqual({ ...schedule, lastRunAt: late, nextRunAt: NOW + 5 * MINUTE });
  expect(await stores.queues.get('reports')).toMatchObject(QUEUE_DEFAULTS);
  const fields = { schedule_id: schedule.id, job_id: job?.id, queue: 'reports' };
  expect(logger.lines).toEqual([{ level: 'debug', message: 'schedule fired', fields }]);
  expect(published).toEqual(FIRED);
});

test('ticks that were missed while nobody looked make one job', async () => {
  const schedule = newSchedule();
  const { runOnce, stores, jobs } = await firing([schedule], NOW + 3 * 60 * MINUTE + 1);
  expect(await runOnce()).toEqual({ fired: 1, nextRunAt: NOW + 185 * MINUTE });
  expect(await jobs()).toHaveLength(1);
  expect(await stores.schedules.get(schedule.id)).toMatchObject({ nextRunAt: NOW + 185 * MINUTE });
  expect(await runOnce()).toEqual({ fired: 0, nextRunAt: NOW + 185 * MINUTE });
  expect(await jobs()).toHaveLength(1);
});

test('a clock that was set back does not fire a tick again', async () => {
  const { runOnce, clock, jobs } = await firing([newSchedule()]);
  await runOnce();
  clock.setNow(NOW - 60 * MINUTE);
  expect(await runOnce()).toEqual({ fired: 0, nextRunAt: NOW + 5 * MINUTE });
  expect(await jobs()).toHaveLength(1);
});

describe('a schedule that', () => {
  test.each([
    ['is not due', newSchedule({ nextRunAt: NOW + 1 }), NOW + 1],
    ['is disabled', newSchedule({ enabled: false }), null],
    ['has no further tick', newSchedule({ nextRunAt: null }), null],
  ])('%s makes no job, and wakes nobody', async (_case, schedule, nextRunAt) => {
    const { runOnce, stores, jobs, published, logger } = await firing([schedule]);
    expect(await runOnce()).toEqual({ fired: 0, nextRunAt });
    expect(await jobs()).toEqual([]);
    expect(await stores.schedules.get(schedule.id)).toEqual(schedule);
    expect([published, logger.lines]).toEqual([[], []]);
  });

  test('fires for the last time has no next run', async () => {
    const schedule = newSchedule({ cronExpression: '0 0 10 15 1 ? 2024' });
    const { runOnce, stores } = await firing([schedule]);
    expect(await runOnce()).toEqual({ fired: 1, nextRunAt: null });
    expect(await stores.schedules.get(schedule.id)).toEqual({ ...schedule, lastRunAt: NOW, nextRunAt: null });
  });

  test('has a time zone goes by its clock', async () => {
    const schedule = newSchedule({ cronExpression: '0 0 11 * * *', timezone: 'Europe/Vienna' });
    const { runOnce } = await firing([schedule]);
    expect(await runOnce()).toEqual({ fired: 1, nextRunAt: NOW + 24 * 60 * MINUTE });
  });

  test.each([
    ['expression', { cronExpression: 'every day' }, 'cron_expression'],
    ['time zone', { timezone: 'Mars/Olympus' }, 'timezone'],
  ])('has an invalid %s in the store stops itself, and no other', async (_case, change, field) => {
    const broken = newSchedule({ ...change, nextRunAt: NOW - 1 });
    const sound = newSchedule();
    const { runOnce, stores, jobs, logger, published } = await firing([broken, sound]);
    expect(await runOnce()).toEqual({ fired: 1, nextRunAt: NOW + 5 * MINUTE });
    expect((await jobs()).map(({ scheduleId }) => scheduleId)).toEqual([sound.id]);
    const stopped = await stores.schedules.get(broken.id);
    const stoppedError = stopped?.stoppedError ?? '';
    expect(stoppedError).toMatch(new RegExp(`^${field}: \\S`));
    expect(stopped).toEqual({ ...broken, nextRunAt: null, stoppedAt: NOW, stoppedError });
    expect(logger.lines.filter(({ level }) => level === 'error')).toEqual([
      {
        level: 'error',
        message: 'schedule stopped: it cannot be fired',
        fields: { schedule_id: broken.id, reason: stoppedError },
      },
    ]);
    expect(published).toEqual(['schedule_changed', ...FIRED]);
  });

  test('was mended while it was being stopped is not', async () => {
    const broken = newSchedule({ cronExpression: 'every day' });
    const { runOnce, stores, logger, published } = await firing([broken]);
    const stop = stores.schedules.stop.bind(stores.schedules);
    const mended = { ...broken, cronExpression: '0 0 * * * *', updatedAt: NOW };
    stores.schedules.stop = async (request) => {
      await stores.schedules.update(broken.id, () => ok(mended));
      return stop(request);
    };
    await runOnce();
    expect(await stores.schedules.get(broken.id)).toEqual(mended);
    expect([logger.lines, published]).toEqual([[], []]);
  });

  test('is left as it is when the store is unavailable', async () => {
    const schedule = newSchedule();
    const { runOnce, stores } = await firing([schedule]);
    stores.schedules.fire = () => Promise.reject(new StoreUnavailableError('disk full'));
    await expect(runOnce()).rejects.toThrow('disk full');
    expect(await stores.schedules.get(schedule.id)).toEqual(schedule);
  });
});

describe('a schedule whose firing fails', () => {
  /** The store refuses the jobs of the given schedules until it is mended. */
  async function failing(broken: readonly Schedule[], sound: readonly Schedule[] = []) {
    const firings = await firing([...broken, ...sound]);
    const { schedules } = firings.stores;
    const fire = schedules.fire.bind(schedules);
    const ids = new Set(broken.map(({ id }) => id));
    const tried: number[] = [];
    schedules.fire = (request) => {
      if (!ids.has(request.id)) return fire(request);
      tried.push(firings.clock.now() - NOW);
      return Promise.reject(new Error('a row of its own kind'));
    };
    return { ...firings, tried, mend: () => ids.clear() };
  }

  test('keeps its tick and does not stop, and the others fire', async () => {
    const [broken, sound] = [newSchedule({ nextRunAt: NOW - 1 }), newSchedule()];
    const { runOnce, stores, jobs, logger } = await failing([broken], [sound]);
    expect(await runOnce()).toEqual({ fired: 1, nextRunAt: NOW + 1000 });
    expect((await jobs()).map(({ scheduleId }) => scheduleId)).toEqual([sound.id]);
    expect(await stores.schedules.get(broken.id)).toEqual(broken);
    const [line, ...others] = logger.lines.filter(({ level }) => level === 'error');
    expect(others).toEqual([]);
    expect(line).toMatchObject({
      message: 'schedule not fired',
      fields: { schedule_id: broken.id, next_try_in_ms: 1000 },
    });
    expect(String(line?.error)).toBe('Error: a row of its own kind');
  });

  test('is tried again after a pause that doubles up to a minute, and not before', async () => {
    const { runOnce, clock, tried } = await failing([newSchedule()]);
    for (let pass = 0; pass < 9; pass += 1) {
      const { nextRunAt } = await runOnce();
      // A pass too early: something else was due.
      clock.advance((nextRunAt ?? Infinity) - clock.now() - 1);
      expect(await runOnce()).toEqual({ fired: 0, nextRunAt });
      clock.advance(1);
    }
    const pauses = tried.map((at, index) => at - (tried[index - 1] ?? 0));
    expect(pauses).toEqual([0, ...[1, 2, 4, 8, 16, 32, 60, 60].map((seconds) => seconds * 1000)]);
  });

  test('makes one job of the tick once it goes well, and begins anew with its pauses', async () => {
    const schedule = newSchedule();
    const { runOnce, clock, jobs, mend, stores, logger } = await failing([schedule]);
    await runOnce();
    clock.advance(1000);
    await runOnce();
    mend();
    clock.advance(2000);
    expect(await runOnce()).toEqual({ fired: 1, nextRunAt: NOW + 5 * MINUTE });
    expect(await jobs()).toHaveLength(1);
    stores.schedules.fire = () => Promise.reject(new Error('again'));
    clock.advance(5 * MINUTE);
    await runOnce();
    expect(logger.lines.at(-1)?.fields).toMatchObject({ next_try_in_ms: 1000 });
  });

  test('is not in the way of others, however many there are of its kind', async () => {
    const broken = Array.from({ length: 250 }, () => newSchedule({ nextRunAt: NOW - 1 }));
    const { runOnce, tried } = await failing(broken, [newSchedule()]);
    const fired: number[] = [];
    for (let pass = 0; pass < 3; pass += 1) fired.push((await runOnce()).fired);
    expect(fired).toEqual([0, 0, 1]);
    expect(tried).toHaveLength(250);
  });

  test('keeps no pass busy after it is deleted', async () => {
    const schedule = newSchedule();
    const { runOnce, clock, stores } = await failing([schedule]);
    await runOnce();
    await stores.schedules.remove(schedule.id);
    expect(await runOnce()).toEqual({ fired: 0, nextRunAt: NOW + 1000 });
    clock.advance(1000);
    expect(await runOnce()).toEqual({ fired: 0, nextRunAt: null });
  });
});

describe('two processes', () => {
  test('that see the same tick make one job of it', async () => {
    const schedule = newSchedule();
    const { runOnce, jobs, published } = await firing([schedule]);
    const reports = await Promise.all([runOnce(), runOnce()]);
    expect(reports.map(({ fired }) => fired).sort()).toEqual([0, 1]);
    expect(await jobs()).toHaveLength(1);
    expect(published).toEqual(FIRED);
  });
});

test('of many due schedules a pass takes a hundred, those that are due longest first', async () => {
  const schedules = Array.from({ length: 130 }, (_, i) => newSchedule({ nextRunAt: NOW - 1000 + i }));
  const { runOnce, jobs, published } = await firing(schedules);
  expect(await runOnce()).toEqual({ fired: 100, nextRunAt: NOW - 1000 + 100 });
  const first = (await jobs()).map(({ scheduleId }) => scheduleId).reverse();
  expect(first).toEqual(schedules.slice(0, 100).map(({ id }) => id));
  expect(await runOnce()).toEqual({ fired: 30, nextRunAt: NOW + 5 * MINUTE });
  expect(await runOnce()).toEqual({ fired: 0, nextRunAt: NOW + 5 * MINUTE });
  expect(await jobs()).toHaveLength(130);
  expect(published).toEqual([...FIRED, ...FIRED]);
});

test('a tick whose queue is full waits, longer each time, and makes one job with those that are missed', async () => {
  const schedule = newSchedule();
  const { runOnce, stores, jobs, clock, logger, published } = await firing([schedule]);
  await stores.queues.create(newQueue(schedule.queueName, { ...QUEUE_DEFAULTS, maxDepth: 1 }, NOW));
  const request = {
    jobs: [newJob({ queueName: schedule.queueName })],
    now: NOW,
    queueDefaults: QUEUE_DEFAULTS,
  };
  await stores.jobs.insert(request);
  expect(await runOnce()).toEqual({ fired: 0, nextRunAt: NOW + 1000 });
  clock.advance(1000);
  expect(await runOnce()).toEqual({ fired: 0, nextRunAt: NOW + 3000 });
  const waits = (next_try_in_ms: number) => ({
    level: 'warn',
    message: 'schedule not fired: there is no room for its job',
    fields: { schedule_id: schedule.id, queue: schedule.queueName, limit: 'max_depth', next_try_in_ms },
  });
  expect(logger.lines).toEqual([waits(1000), waits(2000)]);
  expect(published).toEqual([]);
  expect(await stores.schedules.get(schedule.id)).toEqual(schedule);

  clock.advance(12 * MINUTE);
  await stores.queues.update(schedule.queueName, { maxDepth: 2 }, NOW);
  expect(await runOnce()).toEqual({ fired: 1, nextRunAt: NOW + 15 * MINUTE });
  expect(await jobs()).toHaveLength(2);
});
