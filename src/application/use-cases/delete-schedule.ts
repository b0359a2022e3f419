import { ok, type Result } from '../errors.js';
import { scheduleNotFound } from './get-schedule.js';
import type { Ports } from './ports.js';

/** Deletes a schedule; the jobs that it made stay. */
export type DeleteSchedule = (id: string) => Promise<Result<{ readonly id: string }>>;

export function deleteSchedule({ schedules }: Pick<Ports, 'schedules'>): DeleteSchedule {
  return async (id) => ((await schedules.remove(id)) === 'deleted' ? ok({ id }) : scheduleNotFound(id));
}
