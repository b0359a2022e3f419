import { ok, type Result } from '../errors.js';
import { scheduleNotFound } from './get-schedule.js';
import type { Ports } from './ports.js';

/** Deletes a schedule; the jobs that it made stay. */
export type DeleteSchedule = (id: string) => Promise<Result<{ readonly id: string }>>;

export function deleteSchedule({ schedules, events }: Pick<Ports, 'schedules' | 'events'>): DeleteSchedule {
  return async (id) => {
    if ((await schedules.remove(id)) === 'missing') return scheduleNotFound(id);
    events.publish({ type: 'schedule_changed' });
    return ok({ id });
  };
}
