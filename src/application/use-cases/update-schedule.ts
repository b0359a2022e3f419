import type { Schedule, ScheduleChange } from '../../domain/schedule/schedule.js';
import { ok, type Result } from '../errors.js';
import { scheduleNotFound } from './get-schedule.js';
import type { Ports } from './ports.js';
import { firstTick } from './schedule-ticks.js';

/**
 * Changes the given fields. The next run is computed anew when the expression or its time zone changes, and when the
 * schedule is enabled again: ticks that passed while it was disabled are not made up for.
 */
export type UpdateSchedule = (
  id: string,
  change: Omit<ScheduleChange, 'nextRunAt'>,
) => Promise<Result<Schedule>>;

export function updateSchedule({
  schedules,
  clock,
  events,
}: Pick<Ports, 'schedules' | 'clock' | 'events'>): UpdateSchedule {
  return async (id, change) => {
    const now = clock.now();
    const current = await schedules.get(id);
    if (!current) return scheduleNotFound(id);

    let complete: ScheduleChange = change;
    if (movesNextRun(current, change)) {
      const { cronExpression, timezone } = { ...current, ...change };
      const nextRunAt = firstTick(cronExpression, timezone, now);
      if (!nextRunAt.ok) return nextRunAt;
      complete = { ...change, nextRunAt: nextRunAt.value };
    }
    const schedule = await schedules.update(id, complete, now);
    if (!schedule) return scheduleNotFound(id);
    events.publish({ type: 'schedule_changed' });
    return ok(schedule);
  };
}

function movesNextRun(current: Schedule, change: ScheduleChange): boolean {
  const enables = change.enabled === true && !current.enabled;
  return change.cronExpression !== undefined || change.timezone !== undefined || enables;
}
