import * as z from 'zod';
import type { CallbackRules } from '../../application/callback-rules.js';
import { BATCH_MAX, LIST_LIMIT_DEFAULT, LIST_LIMIT_MAX } from '../../application/limits.js';
import type { Page } from '../../application/ports/job-queries.js';
import { newJobFields, type EnqueueJob } from '../../application/use-cases/enqueue-jobs.js';
import type { FindFilter } from '../../application/use-cases/find-filter.js';
import { JOB_STATUSES, type Job } from '../../domain/job/job.js';
import { parseJobHeaders } from '../../domain/job/job-headers.js';
import { DEFAULT_QUEUE } from '../../domain/queue/queue.js';
import { BACKOFF_STRATEGIES } from '../../domain/retry/backoff.js';
import * as fields from '../../application/fields.js';
import { formatInstant, formatOptionalInstant, instant } from './instant.js';
import { HIDDEN } from './hidden.js';
import type { Shape } from './route.js';

const ID = /^[\da-f]{8}(?:-[\da-f]{4}){3}-[\da-f]{12}$/;

/** @param callbacks what a callback_url may be */
export function newJobShape(callbacks: CallbackRules) {
  const job = newJobFields(callbacks);
  const schema = fields.object({
    callback_url: job.callbackUrl.meta({ description: 'Where the job is delivered to, by POST.' }),
    queue_name: job.queueName
      .nullish()
      .meta({ default: DEFAULT_QUEUE, description: 'Made if it does not exist.' }),
    priority: job.priority.nullish().meta({ default: 0, description: 'Higher runs first within its queue.' }),
    payload: fields.payload.nullish().meta({ default: {}, description: 'The body of the delivery.' }),
    max_retries: job.maxRetries.nullish().meta({ description: "Default: the queue's." }),
    retry_backoff: job.retryBackoff.nullish().meta({ description: "Default: the queue's." }),
    base_delay_ms: job.baseDelayMs.nullish().meta({ description: "Default: the queue's." }),
    max_delay_ms: job.maxDelayMs.nullish().meta({ description: "Default: the queue's." }),
    timeout_ms: job.timeoutMs.nullish().meta({ description: "Default: the configuration's." }),
    idempotency_key: job.idempotencyKey
      .nullish()
      .meta({ description: 'A job that has this key already is returned in place of a new one.' }),
    delay_ms: job.delayMs
      .nullish()
      .meta({ default: 0, description: 'How long the job waits before it is due.' }),
    headers: job.headers
      .nullish()
      .meta({ description: 'What the deliveries carry beside the headers of mininq itself.' }),
  });
  return { name: 'NewJob', schema } satisfies Shape;
}

type NewJob = z.infer<ReturnType<typeof newJobShape>['schema']>;

export function newJobBatchShape(newJob: ReturnType<typeof newJobShape>) {
  const error = `must be an array of 1 to ${BATCH_MAX} jobs`;
  const jobs = z.array(newJob.schema, { error }).min(1, { error }).max(BATCH_MAX, { error });
  return { name: 'NewJobBatch', schema: fields.object({ jobs }) } satisfies Shape;
}

/** @param payload its text; null when there is none */
export function toEnqueueJob(body: NewJob, payload: string | null): EnqueueJob {
  return {
    callbackUrl: body.callback_url,
    queueName: body.queue_name ?? DEFAULT_QUEUE,
    priority: body.priority ?? 0,
    payload: payload ?? '{}',
    maxRetries: body.max_retries ?? null,
    retryBackoff: body.retry_backoff ?? null,
    baseDelayMs: body.base_delay_ms ?? null,
    maxDelayMs: body.max_delay_ms ?? null,
    timeoutMs: body.timeout_ms ?? null,
    idempotencyKey: body.idempotency_key ?? null,
    delayMs: body.delay_ms ?? 0,
    headers: body.headers ?? null,
  };
}

export const jobId = fields.pattern(ID, 'the id of a job');

/** What lists and bulk actions choose jobs by. */
export const jobFilterFields = {
  queue: fields.queueName,
  status: fields.choice(JOB_STATUSES),
  schedule_id: fields.pattern(ID, 'the id of a schedule'),
  search: fields.search,
};

export const jobListQuery = fields.object(
  {
    queue: jobFilterFields.queue.optional().meta({ description: 'Only jobs of this queue.' }),
    status: jobFilterFields.status.optional().meta({ description: 'Only jobs in this status.' }),
    schedule_id: jobFilterFields.schedule_id
      .optional()
      .meta({ description: 'Only jobs that this schedule made.' }),
    search: jobFilterFields.search.optional().meta({
      description:
        'The job with this id, else the job with this idempotency key, else jobs whose callback URL contains this.',
    }),
    limit: fields.digits(1, LIST_LIMIT_MAX, true).optional().meta({
      default: LIST_LIMIT_DEFAULT,
      description: 'Jobs at most; more than the maximum counts as that.',
    }),
    offset: fields
      .digits(0, Number.MAX_SAFE_INTEGER, false)
      .optional()
      .meta({ default: 0, description: 'Jobs to skip. To page through many jobs, use before.' }),
    before: jobId.optional().meta({
      description: 'Only jobs older than this one: give the last id of a page to get the next.',
    }),
  },
  'query parameter',
);

export type JobListQuery = z.infer<typeof jobListQuery>;

type GivenFilter = {
  [Name in keyof typeof jobFilterFields]?: z.infer<(typeof jobFilterFields)[Name]> | null | undefined;
};

/** What is given, and nothing else. */
export function toFindFilter({ queue, status, schedule_id, search }: GivenFilter): FindFilter {
  return {
    ...(queue != null && { queue }),
    ...(status != null && { status }),
    ...(schedule_id != null && { scheduleId: schedule_id }),
    ...(search != null && { search }),
  };
}

export function toPage({ limit, offset, before }: JobListQuery): Page {
  return {
    limit: limit ?? LIST_LIMIT_DEFAULT,
    offset: offset ?? 0,
    ...(before !== undefined && { before }),
  };
}

const ofQueue = 'null: the queue decides.';

export const jobShape = {
  name: 'Job',
  schema: z.object({
    id: z.string(),
    queue_name: z.string(),
    status: z.enum(JOB_STATUSES),
    priority: z.int(),
    payload: z.string().meta({ description: 'JSON text, byte for byte as it was sent.' }),
    callback_url: z.string(),
    headers: z
      .record(z.string(), z.literal(HIDDEN))
      .nullable()
      .meta({ description: 'The names that were given; no value is ever shown.' }),
    visible_at: instant.meta({ description: 'Pending: when it is due. Running: when its lease ends.' }),
    attempt: z.int().meta({ description: 'Deliveries begun since the job was created or retried by hand.' }),
    max_retries: z.int(),
    retry_backoff: z.enum(BACKOFF_STRATEGIES).nullable().meta({ description: ofQueue }),
    base_delay_ms: z.int().nullable().meta({ description: ofQueue }),
    max_delay_ms: z.int().nullable().meta({ description: ofQueue }),
    timeout_ms: z.int(),
    idempotency_key: z.string().nullable(),
    schedule_id: z.string().nullable().meta({ description: 'The schedule that made the job.' }),
    worker_id: z.string().nullable(),
    started_at: instant.nullable(),
    completed_at: instant.nullable(),
    last_error: z.string().nullable(),
    result: z.string().nullable().meta({ description: "The receiver's answer." }),
    result_truncated: z.boolean().meta({ description: 'The answer was longer than what is kept of it.' }),
    crashes: z.int().meta({
      description: 'How often its worker died during a delivery; such deliveries do not count as attempts.',
    }),
    created_at: instant,
    updated_at: instant,
  }),
} satisfies Shape;

export const jobListShape = { name: 'JobList', schema: z.array(jobShape.schema) } satisfies Shape;
export const jobBatchShape = {
  name: 'JobBatch',
  schema: z.object({ jobs: jobListShape.schema }),
} satisfies Shape;
export const cancelledShape = {
  name: 'CancelledJob',
  schema: z.object({ status: z.literal('cancelled'), id: z.string() }),
} satisfies Shape;

export const discardedShape = {
  name: 'DiscardedJob',
  schema: z.object({ status: z.literal('discarded'), id: z.string() }),
} satisfies Shape;

export function presentJob(job: Job): z.infer<typeof jobShape.schema> {
  return {
    id: job.id,
    queue_name: job.queueName,
    status: job.status,
    priority: job.priority,
    payload: job.payload,
    callback_url: job.callbackUrl,
    headers: hiddenHeaders(job),
    visible_at: formatInstant(job.visibleAt),
    attempt: job.attempt,
    max_retries: job.maxRetries,
    retry_backoff: job.retryBackoff,
    base_delay_ms: job.baseDelayMs,
    max_delay_ms: job.maxDelayMs,
    timeout_ms: job.timeoutMs,
    idempotency_key: job.idempotencyKey,
    schedule_id: job.scheduleId,
    worker_id: job.workerId,
    started_at: formatOptionalInstant(job.startedAt),
    completed_at: formatOptionalInstant(job.completedAt),
    last_error: job.lastError,
    result: job.result,
    result_truncated: job.resultTruncated,
    crashes: job.crashes,
    created_at: formatInstant(job.createdAt),
    updated_at: formatInstant(job.updatedAt),
  };
}

function hiddenHeaders({ headers }: Job): Record<string, typeof HIDDEN> | null {
  if (headers === null) return null;
  return Object.fromEntries(Object.keys(parseJobHeaders(headers)).map((name) => [name, HIDDEN]));
}
