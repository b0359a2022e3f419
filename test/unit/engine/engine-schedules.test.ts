import { describe, expect, test } from 'vitest';
import type { NewSchedule } from '../../../src/application/use-cases/create-schedule.js';
import { engineHarness, type EngineHarness } from '../../support/engine-harness.js';
import { NOW } from '../../support/jobs.js';
import { newSchedule } from '../../support/schedules.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

async function create({ useCases }: EngineHarness, change: Partial<NewSchedule> = {}): Promise<string> {
  const created = await useCases.createSchedule({
    cronExpression: '0 */5 * * * *',
    timezone: 'UTC',
    cronDialect: null,
    callbackUrl: 'http://receiver.test/report',
    queueName: 'reports',
    payload: '{}',
    maxRetries: null,
    timeoutMs: null,
    enabled: true,
    ...change,
  });
  if (!created.ok) throw new Error(created.refusal.message);
  return created.value.id;
}

/** When the deliveries began, milliseconds after NOW. */
function deliveries({ dispatcher }: EngineHarness): number[] {
  return dispatcher.startedAt.map((at) => at - NOW);
}

describe('a schedule', () => {
  test('fires at its tick, though the scheduler looks every 15 s only', async () => {
    const harness = engineHarness();
    harness.engine.start();
    await create(harness, { cronExpression: '7 3 10 * * *' });
    await harness.scheduler.advanceAsync(HOUR);
    expect(deliveries(harness)).toEqual([3 * MINUTE + 7 * SECOND]);
  });

  test('fires at each of its ticks', async () => {
    const harness = engineHarness();
    harness.engine.start();
    await create(harness, { cronExpression: '*/7 * * * * *' });
    await harness.scheduler.advanceAsync(MINUTE);
    await harness.settle();
    const seconds = [7, 14, 21, 28, 35, 42, 49, 56, 60];
    expect(deliveries(harness)).toEqual(seconds.map((each) => each * SECOND));
  });

  test('whose next run comes nearer is not overslept', async () => {
    const harness = engineHarness({ schedulerIntervalSecs: 86_400 });
    harness.engine.start();
    const id = await create(harness, { cronExpression: '0 0 23 * * *' });
    await harness.scheduler.advanceAsync(MINUTE);
    await harness.useCases.updateSchedule(id, { cronExpression: '30 2 10 * * *' });
    await harness.scheduler.advanceAsync(HOUR);
    expect(deliveries(harness)).toEqual([2 * MINUTE + 30 * SECOND]);
  });

  test('that is disabled does not fire; enabled again, it starts with the next tick', async () => {
    const harness = engineHarness();
    harness.engine.start();
    const id = await create(harness);
    await harness.useCases.updateSchedule(id, { enabled: false });
    await harness.scheduler.advanceAsync(23 * MINUTE);
    expect(deliveries(harness)).toEqual([]);
    await harness.useCases.updateSchedule(id, { enabled: true });
    await harness.scheduler.advanceAsync(7 * MINUTE);
    await harness.settle();
    expect(deliveries(harness)).toEqual([25 * MINUTE, 30 * MINUTE]);
  });

  test('that is deleted fires no more', async () => {
    const harness = engineHarness();
    harness.engine.start();
    const id = await create(harness);
    await harness.scheduler.advanceAsync(5 * MINUTE);
    await harness.useCases.deleteSchedule(id);
    await harness.scheduler.advanceAsync(HOUR);
    expect(deliveries(harness)).toEqual([5 * MINUTE]);
  });
});

test('after a downtime the missed ticks make one job, at once', async () => {
  const harness = engineHarness();
  await create(harness);
  harness.clock.advance(3 * HOUR + MINUTE);
  harness.engine.start();
  await harness.settle();
  expect(deliveries(harness)).toEqual([3 * HOUR + MINUTE]);
  await harness.scheduler.advanceAsync(4 * MINUTE);
  await harness.settle();
  expect(deliveries(harness)).toEqual([3 * HOUR + MINUTE, 3 * HOUR + 5 * MINUTE]);
});

test('two processes on one store make one job a tick', async () => {
  const harness = engineHarness();
  harness.engine.start();
  harness.engineOf('worker-2', harness.dispatcher).start();
  await create(harness);
  await harness.scheduler.advanceAsync(15 * MINUTE);
  await harness.settle();
  expect(deliveries(harness)).toEqual([5 * MINUTE, 10 * MINUTE, 15 * MINUTE]);
});

test('two hundred and fifty that are due at once all fire at once', async () => {
  const harness = engineHarness({ concurrency: 1000 });
  await harness.queue('reports', { maxConcurrency: 1000 });
  for (let i = 0; i < 250; i += 1) await harness.stores.schedules.create(newSchedule());
  harness.engine.start();
  await harness.scheduler.advanceAsync(0);
  await harness.settle();
  expect(deliveries(harness)).toEqual(Array(250).fill(0));
});
