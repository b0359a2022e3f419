import * as z from 'zod';
import type { CallbackRules } from '../../application/callback-rules.js';
import type { NewSchedule } from '../../application/use-cases/create-schedule.js';
import { DEFAULT_QUEUE } from '../../domain/queue/queue.js';
import { CRON_DIALECTS } from '../../domain/schedule/cron-fields.js';
import { cronNote } from '../../domain/schedule/cron-note.js';
import { cronOf, isActive, type Schedule, type ScheduleChange } from '../../domain/schedule/schedule.js';
import * as fields from '../../application/fields.js';
import { formatInstant, formatOptionalInstant, instant } from './instant.js';
import type { Shape } from './route.js';

export const DEFAULT_TIMEZONE = 'UTC';

const cronExpression = fields.cronExpression.meta({
  description: 'second minute hour day-of-month month day-of-week [year]',
  examples: ['0 */5 * * * *'],
});

/** @param callbacks what a callback_url may be */
export function newScheduleShape(callbacks: CallbackRules) {
  const schema = fields.object({
    cron_expression: cronExpression,
    timezone: fields.timezone.nullish().meta({
      default: DEFAULT_TIMEZONE,
      description: 'IANA name of the zone whose clock the schedule follows.',
    }),
    cron_dialect: fields.cronDialect.nullish().meta({ description: "Default: the configuration's." }),
    callback_url: fields.callbackUrl(callbacks),
    queue_name: fields.queueName.nullish().meta({ default: DEFAULT_QUEUE }),
    payload: fields.payload.nullish().meta({ default: {} }),
    max_retries: fields.count.nullish().meta({ description: "Default: the configuration's." }),
    timeout_ms: fields.timeoutMs.nullish().meta({ description: "Default: the configuration's." }),
    enabled: fields.enabled.nullish().meta({ default: true }),
  });
  return { name: 'NewSchedule', schema } satisfies Shape;
}

/** @param callbacks what a callback_url may be */
export function scheduleUpdateShape(callbacks: CallbackRules) {
  const schema = fields.update({
    cron_expression: cronExpression,
    timezone: fields.timezone,
    cron_dialect: fields.cronDialect,
    callback_url: fields.callbackUrl(callbacks),
    queue_name: fields.queueName,
    payload: fields.payload,
    max_retries: fields.count,
    timeout_ms: fields.timeoutMs,
    enabled: fields.enabled,
  });
  return { name: 'ScheduleUpdate', schema } satisfies Shape;
}

/** @param payload its text; null when there is none */
export function toNewSchedule(
  body: z.infer<ReturnType<typeof newScheduleShape>['schema']>,
  payload: string | null,
): NewSchedule {
  return {
    cronExpression: body.cron_expression,
    timezone: body.timezone ?? DEFAULT_TIMEZONE,
    cronDialect: body.cron_dialect ?? null,
    callbackUrl: body.callback_url,
    queueName: body.queue_name ?? DEFAULT_QUEUE,
    payload: payload ?? '{}',
    maxRetries: body.max_retries ?? null,
    timeoutMs: body.timeout_ms ?? null,
    enabled: body.enabled ?? true,
  };
}

/** @param payload its text; null when there is none */
export function toScheduleChange(
  body: z.infer<ReturnType<typeof scheduleUpdateShape>['schema']>,
  payload: string | null,
): ScheduleChange {
  return {
    ...(body.cron_expression !== undefined && { cronExpression: body.cron_expression }),
    ...(body.timezone !== undefined && { timezone: body.timezone }),
    ...(body.cron_dialect !== undefined && { cronDialect: body.cron_dialect }),
    ...(body.callback_url !== undefined && { callbackUrl: body.callback_url }),
    ...(body.queue_name !== undefined && { queueName: body.queue_name }),
    ...(payload !== null && { payload }),
    ...(body.max_retries !== undefined && { maxRetries: body.max_retries }),
    ...(body.timeout_ms !== undefined && { timeoutMs: body.timeout_ms }),
    ...(body.enabled !== undefined && { enabled: body.enabled }),
  };
}

export const scheduleShape = {
  name: 'Schedule',
  schema: z.object({
    id: z.string(),
    queue_name: z.string(),
    cron_expression: z.string(),
    timezone: z.string(),
    cron_dialect: z.enum(CRON_DIALECTS),
    cron_note: z.string().nullable().meta({
      description:
        'What the dialect decides about numbers of weekdays and about two day fields; null: nothing.',
    }),
    callback_url: z.string(),
    payload: z.string().meta({ description: 'JSON text, byte for byte as it was sent.' }),
    max_retries: z.int(),
    timeout_ms: z.int(),
    enabled: z.literal([0, 1]).meta({ description: '0: it is disabled, or stopped by an error.' }),
    last_run_at: instant.nullable(),
    next_run_at: instant
      .nullable()
      .meta({ description: 'null: the expression never comes due again, or the schedule is stopped.' }),
    stopped_at: instant.nullable().meta({ description: 'When it was found that it cannot be fired.' }),
    stopped_error: z.string().nullable().meta({ description: 'Why it cannot be fired.' }),
    created_at: instant,
    updated_at: instant,
  }),
} satisfies Shape;

export const scheduleListShape = {
  name: 'ScheduleList',
  schema: z.array(scheduleShape.schema),
} satisfies Shape;
export const deletedScheduleShape = {
  name: 'DeletedSchedule',
  schema: z.object({ status: z.literal('deleted'), id: z.string() }),
} satisfies Shape;

export function presentSchedule(schedule: Schedule): z.infer<typeof scheduleShape.schema> {
  return {
    id: schedule.id,
    queue_name: schedule.queueName,
    cron_expression: schedule.cronExpression,
    timezone: schedule.timezone,
    cron_dialect: schedule.cronDialect,
    cron_note: cronNote(cronOf(schedule)),
    callback_url: schedule.callbackUrl,
    payload: schedule.payload,
    max_retries: schedule.maxRetries,
    timeout_ms: schedule.timeoutMs,
    enabled: isActive(schedule) ? 1 : 0,
    last_run_at: formatOptionalInstant(schedule.lastRunAt),
    next_run_at: formatOptionalInstant(schedule.nextRunAt),
    stopped_at: formatOptionalInstant(schedule.stoppedAt),
    stopped_error: schedule.stoppedError,
    created_at: formatInstant(schedule.createdAt),
    updated_at: formatInstant(schedule.updatedAt),
  };
}
