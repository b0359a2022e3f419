import * as z from 'zod';
import type { QueueStats } from '../../application/ports/queue-store.js';
import { DEFAULT_MAX_CONCURRENCY, type Queue, type QueueChange } from '../../domain/queue/queue.js';
import { BACKOFF_STRATEGIES } from '../../domain/retry/backoff.js';
import * as fields from '../../application/fields.js';
import { formatRetention, parseRetention } from '../../domain/job/retention.js';
import { formatInstant, instant } from './instant.js';
import { HIDDEN } from './hidden.js';
import type { Shape } from './route.js';

const settings = {
  max_concurrency: fields.maxConcurrency,
  rate_limit_rps: fields.rateLimitRps,
  max_depth: fields.maxDepth,
  max_retries: fields.count,
  retry_backoff: fields.retryBackoff,
  base_delay_ms: fields.count,
  max_delay_ms: fields.count,
  retention_completed: fields.retention,
  retention_dead: fields.retention,
  signing_secrets: fields.signingSecrets,
};

const configured = "Default: the configuration's.";
const asConfigured = 'null: the configuration decides.';

export const newQueueShape = {
  name: 'NewQueue',
  schema: fields.object({
    name: fields.queueName,
    max_concurrency: settings.max_concurrency
      .nullish()
      .meta({ default: DEFAULT_MAX_CONCURRENCY, description: 'Jobs that run at once, at most.' }),
    rate_limit_rps: settings.rate_limit_rps
      .nullish()
      .meta({ description: 'Jobs that start per second, at most. Default: no limit.' }),
    max_depth: settings.max_depth.nullish().meta({
      description: 'Jobs that may be pending: then no more are taken. Default: no limit.',
    }),
    max_retries: settings.max_retries.nullish().meta({ description: configured }),
    retry_backoff: settings.retry_backoff.nullish().meta({ description: configured }),
    base_delay_ms: settings.base_delay_ms.nullish().meta({ description: configured }),
    max_delay_ms: settings.max_delay_ms.nullish().meta({ description: configured }),
    retention_completed: settings.retention_completed
      .nullish()
      .meta({ description: `How long completed jobs are kept. ${configured}` }),
    retention_dead: settings.retention_dead
      .nullish()
      .meta({ description: `How long dead jobs are kept. ${configured}` }),
    signing_secrets: settings.signing_secrets
      .nullish()
      .meta({ description: `What signs its deliveries, the newest first. ${configured}` }),
  }),
} satisfies Shape;

export const queueUpdateShape = {
  name: 'QueueUpdate',
  schema: fields.update({
    ...settings,
    rate_limit_rps: settings.rate_limit_rps.nullable().meta({ description: 'null removes the limit.' }),
    max_depth: settings.max_depth.nullable().meta({ description: 'null removes the limit.' }),
    retention_completed: settings.retention_completed.nullable().meta({ description: asConfigured }),
    retention_dead: settings.retention_dead.nullable().meta({ description: asConfigured }),
    signing_secrets: settings.signing_secrets.nullable().meta({ description: asConfigured }),
  }),
} satisfies Shape;

type Settings = Partial<z.infer<typeof newQueueShape.schema>>;

/** What is given, and nothing else. */
export function toQueueSettings(body: Settings): QueueChange {
  const { max_concurrency, rate_limit_rps, max_retries, retry_backoff, base_delay_ms, max_delay_ms } = body;
  const { max_depth, retention_completed, retention_dead, signing_secrets } = body;
  return {
    ...(max_concurrency != null && { maxConcurrency: max_concurrency }),
    ...(rate_limit_rps !== undefined && { rateLimitRps: rate_limit_rps }),
    ...(max_depth !== undefined && { maxDepth: max_depth }),
    ...(max_retries != null && { maxRetries: max_retries }),
    ...(retry_backoff != null && { retryBackoff: retry_backoff }),
    ...(base_delay_ms != null && { baseDelayMs: base_delay_ms }),
    ...(max_delay_ms != null && { maxDelayMs: max_delay_ms }),
    ...(retention_completed !== undefined && { retentionCompletedMs: toMs(retention_completed) }),
    ...(retention_dead !== undefined && { retentionDeadMs: toMs(retention_dead) }),
    ...(signing_secrets !== undefined && { signingSecrets: signing_secrets }),
  };
}

function toMs(retention: string | null): number | null {
  return retention === null ? null : parseRetention(retention);
}

const shared = {
  name: z.string(),
  max_concurrency: z.int(),
  rate_limit_rps: z.number().nullable(),
  max_depth: z.int().nullable(),
  max_retries: z.int(),
  retry_backoff: z.enum(BACKOFF_STRATEGIES),
  base_delay_ms: z.int(),
  max_delay_ms: z.int(),
  retention_completed: z.string().nullable().meta({ description: asConfigured }),
  retention_dead: z.string().nullable().meta({ description: asConfigured }),
  signing_secrets: z
    .array(z.literal(HIDDEN))
    .nullable()
    .meta({ description: `How many there are; none is ever shown. ${asConfigured}` }),
  created_at: instant,
  updated_at: instant,
};

export const queueShape = {
  name: 'Queue',
  schema: z.object({ ...shared, paused: z.literal([0, 1]) }),
} satisfies Shape;

export const queueStatsShape = {
  name: 'QueueStats',
  schema: z.object({
    ...shared,
    paused: z.boolean(),
    pending: z.int(),
    running: z.int(),
    completed: z.int(),
    dead: z.int(),
  }),
} satisfies Shape;

export const queueListShape = { name: 'QueueList', schema: z.array(queueStatsShape.schema) } satisfies Shape;
export const deletedQueueShape = {
  name: 'DeletedQueue',
  schema: z.object({ status: z.literal('deleted'), name: z.string() }),
} satisfies Shape;

export function presentQueue(queue: Queue): z.infer<typeof queueShape.schema> {
  return { ...presentSettings(queue), paused: queue.paused ? 1 : 0, ...presentInstants(queue) };
}

export function presentQueueStats({ queue, counts }: QueueStats): z.infer<typeof queueStatsShape.schema> {
  return {
    ...presentSettings(queue),
    paused: queue.paused,
    pending: counts.pending,
    running: counts.running,
    completed: counts.completed,
    dead: counts.dead,
    ...presentInstants(queue),
  };
}

function presentSettings(queue: Queue) {
  return {
    name: queue.name,
    max_concurrency: queue.maxConcurrency,
    rate_limit_rps: queue.rateLimitRps,
    max_depth: queue.maxDepth,
    max_retries: queue.maxRetries,
    retry_backoff: queue.retryBackoff,
    base_delay_ms: queue.baseDelayMs,
    max_delay_ms: queue.maxDelayMs,
    retention_completed: formatOptional(queue.retentionCompletedMs),
    retention_dead: formatOptional(queue.retentionDeadMs),
    signing_secrets: queue.signingSecrets?.map((): typeof HIDDEN => HIDDEN) ?? null,
  };
}

function presentInstants({ createdAt, updatedAt }: Queue) {
  return { created_at: formatInstant(createdAt), updated_at: formatInstant(updatedAt) };
}

function formatOptional(ms: number | null): string | null {
  return ms === null ? null : formatRetention(ms);
}
