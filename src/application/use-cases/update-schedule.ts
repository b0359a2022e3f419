import { cronOf, isActive, type Schedule, type ScheduleChange } from '../../domain/schedule/schedule.js';
import { ok, tooManyQueues, type Result } from '../errors.js';
import { scheduleNotFound } from './get-schedule.js';
import type { Ports } from './ports.js';
import { firstTick } from './schedule-ticks.js';

/**
 * Changes the given fields. The next run is computed anew when the expression, its time zone or its dialect changes, and when the
 * schedule is enabled again: ticks that passed while it was disabled are not made up for. A schedule that was stopped
 * by an error goes on then. Simultaneous changes are made one after the other.
 */
export type UpdateSchedule = (id: string, change: ScheduleChange) => Promise<Result<Schedule>>;

export function updateSchedule({
  schedules,
  clock,
  events,
}: Pick<Ports, 'schedules' | 'clock' | 'events'>): UpdateSchedule {
  return async (id, change) => {
    const now = clock.now();
    const updated = await schedules.update(id, (schedule) => revise(schedule, change, now));
    if (updated === null) return scheduleNotFound(id);
    if (updated === 'too_many_queues') return tooManyQueues();
    if (updated.ok) events.publish({ type: 'schedule_changed' });
    return updated;
  };
}

function revise(schedule: Schedule, change: ScheduleChange, now: number): Result<Schedule> {
  // Later than the change before, even within its millisecond: it is how the scheduler sees that there was one.
  const updatedAt = Math.max(now, schedule.updatedAt + 1);
  const changed: Schedule = { ...schedule, ...change, updatedAt };
  if (!movesNextRun(schedule, change)) return ok(changed);
  const nextRunAt = firstTick(cronOf(changed), now);
  if (!nextRunAt.ok) return nextRunAt;
  return ok({ ...changed, nextRunAt: nextRunAt.value, stoppedAt: null, stoppedError: null });
}

function movesNextRun(schedule: Schedule, change: ScheduleChange): boolean {
  const enables = change.enabled === true && !isActive(schedule);
  const { cronExpression, timezone, cronDialect } = change;
  return [cronExpression, timezone, cronDialect].some((part) => part !== undefined) || enables;
}
