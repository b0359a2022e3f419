import { describe, expect, test } from 'vitest';
import { validate, version } from 'uuid';
import { FakeClock } from '../../support/fake-clock.js';
import { FixedRandom } from '../../support/fixed-random.js';
import { ManualScheduler } from '../../support/manual-scheduler.js';
import { SequentialIds } from '../../support/sequential-ids.js';

// The doubles stand in for adapters in most tests, so what they promise is checked once.

describe('FakeClock', () => {
  test('moves both readings on, and the wall clock alone when it is set', () => {
    const clock = new FakeClock(1000);
    clock.advance(5);
    clock.setNow(100);
    expect([clock.now(), clock.monotonic()]).toEqual([100, 5]);
    clock.setMonotonic(70);
    expect([clock.now(), clock.monotonic()]).toEqual([100, 70]);
  });
});

describe('ManualScheduler', () => {
  test('runs what is due in order, each at its own instant', () => {
    const clock = new FakeClock(0);
    const scheduler = new ManualScheduler(clock);
    const ran: string[] = [];
    const note = (name: string) => () => ran.push(`${name} at ${clock.now()}`);
    scheduler.after(20, note('late'));
    scheduler.after(10, note('first'));
    scheduler.after(10, note('second'));
    scheduler.after(31, note('not yet'));
    expect([scheduler.pending, scheduler.nextDelayMs]).toEqual([4, 10]);
    scheduler.advance(30);
    expect(ran).toEqual(['first at 10', 'second at 10', 'late at 20']);
    expect([clock.now(), scheduler.pending, scheduler.nextDelayMs]).toEqual([30, 1, 1]);
  });

  test('runs timers that timers set, within the time', () => {
    const clock = new FakeClock(0);
    const scheduler = new ManualScheduler(clock);
    const ran: number[] = [];
    const again = (): void => {
      ran.push(clock.now());
      scheduler.after(10, again);
    };
    scheduler.after(10, again);
    scheduler.advance(35);
    expect(ran).toEqual([10, 20, 30]);
  });

  test('runs timers that asynchronous work sets, within the time', async () => {
    const clock = new FakeClock(0);
    const scheduler = new ManualScheduler(clock);
    const ran: number[] = [];
    const again = async (): Promise<void> => {
      await Promise.resolve();
      ran.push(clock.now());
      scheduler.after(10, start);
    };
    const start = (): void => {
      again().catch(() => undefined);
    };
    scheduler.after(10, start);
    await scheduler.advanceAsync(35);
    expect(ran).toEqual([10, 20, 30]);
  });

  test('forgets a cancelled timer; a negative delay is due at once', () => {
    const scheduler = new ManualScheduler(new FakeClock());
    const ran: string[] = [];
    scheduler.after(0, () => ran.push('cancelled'))();
    scheduler.after(-5, () => ran.push('at once'));
    expect(scheduler.pending).toBe(1);
    scheduler.advance(0);
    expect(ran).toEqual(['at once']);
    expect(scheduler.nextDelayMs).toBeNull();
  });
});

describe('SequentialIds', () => {
  test('gives ascending UUIDs of version 7', () => {
    const source = new SequentialIds();
    const ids = Array.from({ length: 300 }, () => source.next());
    expect(ids.every((id) => validate(id) && version(id) === 7)).toBe(true);
    expect(ids.toSorted()).toEqual(ids);
    expect(ids[16]).toBe('018d0c5b-c400-7000-8000-000000000011');
  });
});

describe('FixedRandom', () => {
  test('gives its values, then the last one', () => {
    const random = new FixedRandom(0.1, 0.9);
    expect([random.next(), random.next(), random.next()]).toEqual([0.1, 0.9, 0.9]);
    expect(new FixedRandom().next()).toBe(0.5);
  });
});
