import { setTimeout as delay } from 'node:timers/promises';

/**
 * Waits until the condition gives something other than false, null or undefined; looks again every few milliseconds.
 * @throws with what was waited for, when it takes longer than the deadline
 */
export async function eventually<T>(
  what: string,
  condition: () => T | Promise<T>,
  deadlineMs = 20_000,
): Promise<NonNullable<T>> {
  const end = performance.now() + deadlineMs;
  for (;;) {
    const value = await condition();
    if (value !== false && value !== null && value !== undefined) return value;
    if (performance.now() > end) throw new Error(`not within ${deadlineMs} ms: ${what}`);
    await delay(10);
  }
}
