import { afterEach, describe, expect, test, vi } from 'vitest';
import { SystemScheduler } from '../../../src/infrastructure/time/system-scheduler.js';

const DAY = 86_400_000;

afterEach(() => {
  // In this order: what was spied on is a fake.
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** A callback set under fake time. */
function set(delayMs: number): { readonly callback: () => void; readonly cancel: () => void } {
  vi.useFakeTimers();
  const setTimeout = vi.spyOn(globalThis, 'setTimeout');
  const callback = vi.fn();
  const cancel = new SystemScheduler().after(delayMs, callback);
  // A longer one would run at once, and again and again.
  expect(setTimeout.mock.lastCall?.[1]).toBeLessThan(2 ** 31);
  return { callback, cancel };
}

describe('SystemScheduler', () => {
  test.each([
    { delayMs: 100, early: 99, rest: 1 },
    { delayMs: 1.5, early: 1, rest: 1 },
    { delayMs: 2_147_483_647, early: 2_147_483_646, rest: 1 },
    { delayMs: 2_147_483_648, early: 2_147_483_647, rest: 1 },
    { delayMs: 100 * DAY, early: 100 * DAY - 1, rest: 1 },
  ])('runs once after $delayMs ms, and not before', ({ delayMs, early, rest }) => {
    const { callback } = set(delayMs);
    vi.advanceTimersByTime(early);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(rest);
    expect(callback).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(200 * DAY);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test.each([0, -1, -Infinity])('runs at once, but not within the call, after %d ms', (delayMs) => {
    const { callback } = set(delayMs);
    expect(callback).not.toHaveBeenCalled();
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test('waits for the rest when setTimeout is early', () => {
    vi.useFakeTimers();
    const clock = vi.spyOn(performance, 'now');
    clock.mockReturnValue(1000);
    const callback = vi.fn();
    new SystemScheduler().after(50, callback);
    clock.mockReturnValue(1049.7);
    vi.advanceTimersByTime(50);
    expect(callback).not.toHaveBeenCalled();
    clock.mockReturnValue(1050.1);
    vi.advanceTimersByTime(1);
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test.each([
    { name: 'before it is due', passed: 50 },
    { name: 'in a later link of a long delay', passed: 60 * DAY },
  ])('cancels $name', ({ passed }) => {
    const { callback, cancel } = set(passed + 1);
    vi.advanceTimersByTime(passed);
    cancel();
    vi.advanceTimersByTime(200 * DAY);
    expect(callback).not.toHaveBeenCalled();
    expect(vi.getTimerCount()).toBe(0);
  });

  test('may be cancelled after it ran', () => {
    const { callback, cancel } = set(1);
    vi.advanceTimersByTime(1);
    cancel();
    cancel();
    expect(callback).toHaveBeenCalledTimes(1);
  });

  test('keeps the process alive until it ran or was cancelled', () => {
    const timers = (): number => process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const before = timers();
    const cancel = new SystemScheduler().after(DAY, () => undefined);
    expect(timers()).toBe(before + 1);
    cancel();
    expect(timers()).toBe(before);
  });
});
