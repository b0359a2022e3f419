import { LIST_LIMIT_MAX } from '../limits.js';
import type { ScheduleSearch, SchedulesFound } from '../ports/schedule-store.js';
import type { Ports } from './ports.js';

/** Some of the schedules, and how many there are in all; a limit over LIST_LIMIT_MAX counts as that. */
export type ListSchedulePage = (search: ScheduleSearch) => Promise<SchedulesFound>;

export function listSchedulePage({ schedules }: Pick<Ports, 'schedules'>): ListSchedulePage {
  return (search) => schedules.search({ ...search, limit: Math.min(search.limit, LIST_LIMIT_MAX) });
}
