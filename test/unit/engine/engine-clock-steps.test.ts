import { describe, expect, test } from 'vitest';
import { engineHarness } from '../../support/engine-harness.js';
import { newSchedule } from '../../support/schedules.js';

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;

describe("the system's clock is set back by an hour", () => {
  test('what is delayed waits a tenth longer, not the whole step', async () => {
    const { engine, enqueue, clock, scheduler, dispatcher } = engineHarness();
    engine.start();
    await enqueue({ delayMs: MINUTE });
    await scheduler.advanceAsync(SECOND);
    clock.setNow(clock.now() - HOUR);
    await scheduler.advanceAsync(MINUTE - SECOND);
    expect(dispatcher.attempts).toHaveLength(0);
    await scheduler.advanceAsync(7 * SECOND);
    expect(dispatcher.attempts).toHaveLength(1);
  });

  test('what is enqueued then starts at once, and its lease is as long as ever', async () => {
    const { engine, enqueue, clock, scheduler, dispatcher, job } = engineHarness();
    engine.start();
    await scheduler.advanceAsync(SECOND);
    clock.setNow(clock.now() - HOUR);
    dispatcher.hold();
    const [id] = await enqueue({ timeoutMs: 10 * MINUTE });
    await scheduler.advanceAsync(9 * MINUTE);
    expect(dispatcher.attempts).toHaveLength(1);
    dispatcher.end();
    await scheduler.advanceAsync(0);
    expect(await job(id)).toMatchObject({ status: 'completed', attempt: 1 });
  });

  test('a schedule goes on from tick to tick, and no tick comes twice', async () => {
    const { engine, useCases, clock, scheduler, dispatcher } = engineHarness();
    engine.start();
    await useCases.createSchedule(newSchedule({ cronExpression: '0 * * * * *' }));
    await scheduler.advanceAsync(MINUTE);
    expect(dispatcher.attempts).toHaveLength(1);
    clock.setNow(clock.now() - HOUR);
    // Ten ticks, at intervals of 66 s.
    await scheduler.advanceAsync(11 * MINUTE + SECOND);
    expect(dispatcher.attempts).toHaveLength(11);
  });
});

describe("the system's clock is set forward by an hour", () => {
  test('what is in flight keeps its lease', async () => {
    const { engine, enqueue, clock, scheduler, dispatcher, job } = engineHarness();
    engine.start();
    dispatcher.hold();
    const [id] = await enqueue({ timeoutMs: 5 * MINUTE });
    await scheduler.advanceAsync(SECOND);
    clock.setNow(clock.now() + HOUR);
    await scheduler.advanceAsync(4 * MINUTE);
    dispatcher.end();
    await scheduler.advanceAsync(0);
    expect(await job(id)).toMatchObject({ status: 'completed', attempt: 1 });
    expect(dispatcher.attempts).toHaveLength(1);
  });

  test('what fell due by it starts within the poll interval', async () => {
    const { engine, enqueue, clock, scheduler, dispatcher } = engineHarness({ pollIntervalMs: 500 });
    engine.start();
    await enqueue({ delayMs: 30 * MINUTE });
    await scheduler.advanceAsync(SECOND);
    clock.setNow(clock.now() + HOUR);
    await scheduler.advanceAsync(500);
    expect(dispatcher.attempts).toHaveLength(1);
  });
});
