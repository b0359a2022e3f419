import type { Schedule } from '../../domain/schedule/schedule.js';
import type { CronDialect } from '../../domain/schedule/cron-fields.js';
import type { JobDefaults } from '../config.js';
import { ok, tooManyQueues, type Result } from '../errors.js';
import type { Ports } from './ports.js';
import { firstTick } from './schedule-ticks.js';

export interface NewSchedule {
  readonly cronExpression: string;
  readonly timezone: string;
  /** null: the configuration's default. */
  readonly cronDialect: CronDialect | null;
  readonly callbackUrl: string;
  readonly queueName: string;
  /** JSON text of an object. */
  readonly payload: string;
  /** null: the configuration's default. */
  readonly maxRetries: number | null;
  readonly timeoutMs: number | null;
  readonly enabled: boolean;
}

export type CreateSchedule = (request: NewSchedule) => Promise<Result<Schedule>>;

export function createSchedule(
  { schedules, clock, ids, events }: Pick<Ports, 'schedules' | 'clock' | 'ids' | 'events'>,
  defaults: JobDefaults,
): CreateSchedule {
  return async (request) => {
    const now = clock.now();
    const { cronExpression, timezone } = request;
    const cronDialect = request.cronDialect ?? defaults.cronDialect;
    const nextRunAt = firstTick({ expression: cronExpression, timezone, dialect: cronDialect }, now);
    if (!nextRunAt.ok) return nextRunAt;
    const schedule: Schedule = {
      ...request,
      id: ids.next(),
      cronDialect,
      maxRetries: request.maxRetries ?? defaults.maxRetries,
      timeoutMs: request.timeoutMs ?? defaults.timeoutMs,
      lastRunAt: null,
      nextRunAt: nextRunAt.value,
      stoppedAt: null,
      stoppedError: null,
      createdAt: now,
      updatedAt: now,
    };
    if ((await schedules.create(schedule)) === 'too_many_queues') return tooManyQueues();
    events.publish({ type: 'schedule_changed' });
    return ok(schedule);
  };
}
