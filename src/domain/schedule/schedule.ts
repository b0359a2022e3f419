import type { NewJob } from '../job/job.js';
import type { CronSpec } from './cron.js';
import type { CronDialect } from './cron-fields.js';

/** A cron template: each tick makes one job. Instants are epoch milliseconds. */
export interface Schedule {
  /** UUID v7. */
  readonly id: string;
  readonly queueName: string;
  readonly cronExpression: string;
  /** IANA name, such as Europe/Berlin. */
  readonly timezone: string;
  /** How the expression is read; a schedule keeps it, whatever becomes of the configuration. */
  readonly cronDialect: CronDialect;
  readonly callbackUrl: string;
  /** JSON text. */
  readonly payload: string;
  readonly maxRetries: number;
  readonly timeoutMs: number;
  /** As the client wants it; see {@link isActive}. */
  readonly enabled: boolean;
  readonly lastRunAt: number | null;
  /** null: the expression has no further tick, or the schedule is stopped. */
  readonly nextRunAt: number | null;
  /** When it was found that it cannot be fired; null: it can. */
  readonly stoppedAt: number | null;
  /** Why it cannot be fired; null exactly when `stoppedAt` is. */
  readonly stoppedError: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
}

export type ScheduleChange = Partial<
  Pick<
    Schedule,
    | 'queueName'
    | 'cronExpression'
    | 'timezone'
    | 'cronDialect'
    | 'callbackUrl'
    | 'payload'
    | 'maxRetries'
    | 'timeoutMs'
    | 'enabled'
  >
>;

export function cronOf({ cronExpression, timezone, cronDialect }: Schedule): CronSpec {
  return { expression: cronExpression, timezone, dialect: cronDialect };
}

/** Does it fire when it is due? */
export function isActive({ enabled, stoppedAt }: Schedule): boolean {
  return enabled && stoppedAt === null;
}

/** The job that the schedule makes, due at once. @param id of the job */
export function scheduledJob(schedule: Schedule, id: string, now: number): NewJob {
  return {
    id,
    queueName: schedule.queueName,
    priority: 0,
    payload: schedule.payload,
    callbackUrl: schedule.callbackUrl,
    headers: null,
    maxRetries: schedule.maxRetries,
    retryBackoff: null,
    baseDelayMs: null,
    maxDelayMs: null,
    timeoutMs: schedule.timeoutMs,
    idempotencyKey: null,
    scheduleId: schedule.id,
    createdAt: now,
    visibleAt: now,
  };
}
