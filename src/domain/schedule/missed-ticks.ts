import type { Cron } from './cron.js';
import { nextTick } from './cron.js';

/**
 * Where a schedule goes on after it fired, so that all the ticks missed while nobody looked make one job: the tick
 * that is due stands for them, and the next one is the first in the future.
 *
 * Later than `dueAt` as well as `now`, because a clock that was set back must not fire a tick again.
 * @param dueAt the schedule's stored next_run_at that is being fired, epoch milliseconds
 * @param now epoch milliseconds
 * @returns the new next_run_at in epoch milliseconds; null when the expression has no further tick
 */
export function nextRunAfterFiring(cron: Cron, dueAt: number, now: number): number | null {
  return nextTick(cron, Math.max(dueAt, now));
}
