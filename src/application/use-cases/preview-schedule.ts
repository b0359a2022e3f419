import { ok, type Result } from '../errors.js';
import type { Ports } from './ports.js';
import { upcomingTicks } from './schedule-ticks.js';

/** Epoch milliseconds, in order. */
export interface SchedulePreview {
  readonly ticks: readonly number[];
}

/**
 * The next `count` ticks of an expression, fewer when it ends; refuses what createSchedule would.
 * @param count >= 1; each takes a search, so keep it small
 */
export type PreviewSchedule = (
  expression: string,
  timezone: string,
  count: number,
) => Promise<Result<SchedulePreview>>;

export function previewSchedule({ clock }: Pick<Ports, 'clock'>): PreviewSchedule {
  return (expression, timezone, count) => {
    const ticks = upcomingTicks(expression, timezone, clock.now(), count);
    return Promise.resolve(ticks.ok ? ok({ ticks: ticks.value }) : ticks);
  };
}
