import { afterEach, describe, expect, test, vi } from 'vitest';
import { SystemClock } from '../../../src/infrastructure/time/system-clock.js';

afterEach(() => {
  vi.useRealTimers();
});

describe('SystemClock', () => {
  test('reads the wall clock in epoch milliseconds', () => {
    vi.useFakeTimers({ now: Date.UTC(2024, 0, 15, 10) });
    expect(new SystemClock().now()).toBe(1_705_312_800_000);
  });

  test('measures durations on a clock that setting the time does not touch', () => {
    vi.useFakeTimers({ now: Date.UTC(2024, 0, 15, 10) });
    const clock = new SystemClock();
    const start = clock.monotonic();
    vi.setSystemTime(Date.UTC(2020, 0, 1));
    vi.advanceTimersByTime(250);
    expect(clock.monotonic() - start).toBe(250);
  });
});
