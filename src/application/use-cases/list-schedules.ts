import type { Schedule } from '../../domain/schedule/schedule.js';
import type { Ports } from './ports.js';

/** All schedules, newest first. */
export type ListSchedules = () => Promise<Schedule[]>;

export function listSchedules({ schedules }: Pick<Ports, 'schedules'>): ListSchedules {
  return () => schedules.list();
}
