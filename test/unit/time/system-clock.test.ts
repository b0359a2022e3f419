import { afterEach, describe, expect, test, vi } from 'vitest';
import { SystemClock } from '../../../src/infrastructure/time/system-clock.js';
import { FakeClock } from '../../support/fake-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { silentLogger } from '../../support/silent-logger.js';

const HOUR = 3_600_000;

/** The clock, and a system's clock under it that anybody may set. */
function settable() {
  const system = new FakeClock();
  const logger = new RecordingLogger();
  const clock = new SystemClock(logger, { wall: () => system.now(), monotonic: () => system.monotonic() });
  return { system, clock, logger, start: system.now() };
}

describe('of the system', () => {
  afterEach(() => {
    vi.useRealTimers();
  });

  test('reads the wall clock in epoch milliseconds', () => {
    vi.useFakeTimers({ now: Date.UTC(2024, 0, 15, 10) });
    expect(new SystemClock(silentLogger).now()).toBe(1_705_312_800_000);
  });

  test('measures durations on a clock that setting the time does not touch', () => {
    vi.useFakeTimers({ now: Date.UTC(2024, 0, 15, 10) });
    const clock = new SystemClock(silentLogger);
    const start = clock.monotonic();
    vi.setSystemTime(Date.UTC(2020, 0, 1));
    vi.advanceTimersByTime(250);
    expect(clock.monotonic() - start).toBe(250);
  });
});

describe('a clock that nobody sets', () => {
  test('is followed to the millisecond, however often it is read', () => {
    const { system, clock, logger, start } = settable();
    for (let ms = 1; ms <= 1000; ms += 1) {
      system.setMonotonic(ms - 0.4);
      expect(clock.now()).toBe(start + ms - 1);
      system.setNow(start + ms);
      system.setMonotonic(ms);
      expect(clock.now()).toBe(start + ms);
    }
    expect(logger.lines).toEqual([]);
  });

  test('is followed over a long time without a look', () => {
    const { system, clock, logger, start } = settable();
    system.advance(1000 * HOUR);
    expect(clock.now()).toBe(start + 1000 * HOUR);
    expect(logger.lines).toEqual([]);
  });
});

test('a clock that is set forward is followed at once, with one warning', () => {
  const { system, clock, logger, start } = settable();
  system.advance(1000);
  system.setNow(system.now() + HOUR);
  expect([clock.now(), clock.now()]).toEqual([start + HOUR + 1000, start + HOUR + 1000]);
  system.advance(1000);
  expect(clock.now()).toBe(start + HOUR + 2000);
  expect(logger.lines).toMatchObject([{ level: 'warn', fields: { step_secs: 3600 } }]);
  expect(logger.lines[0]?.message).toContain('forward');
});

describe('a clock that is set back', () => {
  test('time goes on a tenth slower, until the clock has caught up', () => {
    const { system, clock, logger, start } = settable();
    system.setNow(start - HOUR);
    expect(clock.now()).toBe(start);
    system.advance(1100);
    expect(clock.now()).toBe(start + 1000);
    // It takes eleven times the step: the clock gains one eleventh of the time that passes.
    system.advance(11 * HOUR - 1100 - 11);
    expect(clock.now()).toBe(system.now() + 1);
    system.advance(11);
    expect(clock.now()).toBe(system.now());
    system.advance(HOUR);
    expect(clock.now()).toBe(system.now());
    expect(logger.lines).toMatchObject([
      { level: 'warn', fields: { step_secs: -3600, caught_up_in_secs: 11 * 3600 } },
    ]);
    expect(logger.lines[0]?.message).toContain('set back');
  });

  test('never goes back between two looks, nor stands still', () => {
    const { system, clock, start } = settable();
    let last = clock.now();
    for (let second = 1; second <= 100; second += 1) {
      system.setNow(system.now() - 10_000);
      system.advance(1000);
      expect(clock.now()).toBeGreaterThan(last);
      last = clock.now();
    }
    expect(last).toBeGreaterThanOrEqual(start + 90_000);
  });

  test('and then forward again: what is left of the step is gone at once', () => {
    const { system, clock, start } = settable();
    system.setNow(start - HOUR);
    clock.now();
    system.advance(60_000);
    clock.now();
    system.setNow(start + 60_000);
    expect(clock.now()).toBe(start + 60_000);
  });

  test('by less than seconds, as a time service may do, is not worth a word', () => {
    const { system, clock, logger, start } = settable();
    system.setNow(start - 4000);
    expect(clock.now()).toBe(start);
    system.setNow(start + 900);
    expect(clock.now()).toBe(start + 900);
    expect(logger.lines).toEqual([]);
  });
});
