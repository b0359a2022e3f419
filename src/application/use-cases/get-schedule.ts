import type { Schedule } from '../../domain/schedule/schedule.js';
import { ok, refuse, type Refused, type Result } from '../errors.js';
import type { Ports } from './ports.js';

export type GetSchedule = (id: string) => Promise<Result<Schedule>>;

export function getSchedule({ schedules }: Pick<Ports, 'schedules'>): GetSchedule {
  return async (id) => {
    const schedule = await schedules.get(id);
    return schedule ? ok(schedule) : scheduleNotFound(id);
  };
}

export function scheduleNotFound(id: string): Refused {
  return refuse('schedule_not_found', `Schedule ${id} not found`);
}
