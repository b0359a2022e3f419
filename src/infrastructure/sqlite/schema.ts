import { sql } from 'drizzle-orm';
import {
  index,
  integer,
  real,
  sqliteTable,
  text,
  uniqueIndex,
  type SQLiteColumnBuilderBase,
} from 'drizzle-orm/sqlite-core';
import { BACKOFF_STRATEGIES } from '../../domain/retry/backoff.js';
import { CRON_DIALECTS } from '../../domain/schedule/cron-fields.js';
import { mapColumns, type JobColumn } from '../sql/job-columns.js';

/*
 * Instants are epoch milliseconds. After a change here: `npm run db:generate`, read the migration, commit both.
 */

export const queues = sqliteTable('queues', {
  name: text('name').primaryKey(),
  maxConcurrency: integer('max_concurrency').notNull(),
  rateLimitRps: real('rate_limit_rps'),
  maxRetries: integer('max_retries').notNull(),
  retryBackoff: text('retry_backoff', { enum: BACKOFF_STRATEGIES }).notNull(),
  baseDelayMs: integer('base_delay_ms').notNull(),
  maxDelayMs: integer('max_delay_ms').notNull(),
  paused: integer('paused', { mode: 'boolean' }).notNull(),
  /** The token bucket, kept here so that the limit holds across restarts and processes. */
  tokens: real('tokens'),
  tokensAt: integer('tokens_at'),
  /** How long finished jobs are kept; null: as the configuration says. */
  retentionCompletedMs: integer('retention_completed_ms'),
  retentionDeadMs: integer('retention_dead_ms'),
  /** A JSON array; null: as the configuration says. */
  signingSecrets: text('signing_secrets', { mode: 'json' }).$type<readonly string[]>(),
  createdAt: integer('created_at').notNull(),
  updatedAt: integer('updated_at').notNull(),
  maxDepth: integer('max_depth'),
});

function sqliteColumn({ name, kind, nullable }: JobColumn): SQLiteColumnBuilderBase {
  const column = builder(name, kind);
  if (name === 'id') return column.primaryKey();
  return nullable ? column : column.notNull();
}

function builder(name: string, kind: JobColumn['kind']) {
  switch (kind) {
    case 'text':
    case 'long text':
      return text(name);
    case 'integer':
      return integer(name);
    case 'boolean':
      return integer(name, { mode: 'boolean' });
  }
}

export const jobs = sqliteTable(
  'jobs',
  {
    ...mapColumns(sqliteColumn),
    /** Pending and known to be due; see idx_jobs_ready. */
    ready: integer('ready', { mode: 'boolean' }).notNull(),
  },
  (t) => [
    // Every index ends in the row's number, by itself: rows are numbered in the order of their insertion, which
    // within one process is that of the ids, and a number takes an eighth of the room of one.
    //
    // The order of a claim. The documented idx_jobs_poll has visible_at before priority, which would make every
    // claim sort all visible rows of the queue; here due jobs are marked ready, and a claim reads a prefix.
    index('idx_jobs_ready')
      .on(t.queueName, sql`${t.priority} desc`)
      .where(sql`ready = 1`),
    index('idx_jobs_delayed')
      .on(t.visibleAt)
      .where(sql`status = 'pending' and ready = 0`),
    index('idx_jobs_delayed_queue')
      .on(t.queueName, t.visibleAt)
      .where(sql`status = 'pending' and ready = 0`),
    index('idx_jobs_reaper')
      .on(t.visibleAt)
      .where(sql`status = 'running'`),
    uniqueIndex('idx_jobs_idempotency')
      .on(t.idempotencyKey)
      .where(sql`idempotency_key is not null`),
    index('idx_jobs_finished')
      .on(t.queueName, t.status, t.completedAt)
      .where(sql`completed_at is not null`),
    // For lists. Without the running jobs, which are few and found by idx_jobs_reaper, each job moves from one place
    // to another once in its life instead of twice.
    index('idx_jobs_queue_status')
      .on(t.queueName, t.status)
      .where(sql`status <> 'running'`),
    index('idx_jobs_status')
      .on(t.status)
      .where(sql`status <> 'running'`),
    index('idx_jobs_schedule')
      .on(t.scheduleId)
      .where(sql`schedule_id is not null`),
  ],
);

export const failedAttempts = sqliteTable(
  'failed_attempts',
  {
    id: integer('id').primaryKey(),
    jobId: text('job_id')
      .notNull()
      .references(() => jobs.id, { onDelete: 'cascade' }),
    number: integer('number').notNull(),
    startedAt: integer('started_at').notNull(),
    finishedAt: integer('finished_at').notNull(),
    statusCode: integer('status_code'),
    error: text('error').notNull(),
    responseExcerpt: text('response_excerpt'),
    /** Failed attempts of the job that lay between the row before and this one, and were deleted. */
    omittedBefore: integer('omitted_before').notNull().default(0),
  },
  (t) => [index('idx_failed_attempts_job').on(t.jobId)],
);

/**
 * Jobs by queue and status, kept up to date by every write, so that nothing ever counts rows. It outlives its queue,
 * as finished jobs do.
 */
export const jobCounts = sqliteTable(
  'job_counts',
  {
    queueName: text('queue_name').primaryKey(),
    ready: integer('ready').notNull(),
    delayed: integer('delayed').notNull(),
    running: integer('running').notNull(),
    completed: integer('completed').notNull(),
    dead: integer('dead').notNull(),
    /** When the queue gains its next token; null when it may have one, or needs none. See ClaimableQueues. */
    nextTokenAt: integer('next_token_at'),
  },
  (t) => [
    // A claim reads those without an instant, in the order of their names; the others wait in the order of it.
    index('idx_job_counts_ready')
      .on(t.nextTokenAt, t.queueName)
      .where(sql`ready > 0`),
    index('idx_job_counts_delayed')
      .on(t.queueName)
      .where(sql`delayed > 0`),
  ],
);

/** What happened in each minute of the last day, kept up to date by every write as job_counts is. */
export const throughput = sqliteTable('throughput', {
  /** When it began. */
  minute: integer('minute').primaryKey(),
  completed: integer('completed').notNull(),
  failed: integer('failed').notNull(),
});

/** The processes that work on this file. One that is gone from here is dead, and its running jobs are abandoned. */
export const workers = sqliteTable('workers', {
  id: text('id').primaryKey(),
  host: text('host').notNull(),
  pid: integer('pid').notNull(),
  pidSpace: text('pid_space'),
  processBirth: text('process_birth'),
  version: text('version').notNull(),
  slots: integer('slots').notNull(),
  /** A JSON array of names; empty: all. */
  queues: text('queues', { mode: 'json' }).$type<readonly string[]>().notNull(),
  inFlight: integer('in_flight').notNull(),
  draining: integer('draining', { mode: 'boolean' }).notNull(),
  stopping: integer('stopping', { mode: 'boolean' }).notNull().default(false),
  /** Declared dead; the row stays until its jobs are recovered. */
  dead: integer('dead', { mode: 'boolean' }).notNull().default(false),
  beats: integer('beats').notNull(),
  lastBeatAt: integer('last_beat_at').notNull(),
  startedAt: integer('started_at').notNull(),
});

export const schedules = sqliteTable(
  'schedules',
  {
    id: text('id').primaryKey(),
    queueName: text('queue_name').notNull(),
    cronExpression: text('cron_expression').notNull(),
    timezone: text('timezone').notNull(),
    callbackUrl: text('callback_url').notNull(),
    payload: text('payload').notNull(),
    maxRetries: integer('max_retries').notNull(),
    timeoutMs: integer('timeout_ms').notNull(),
    enabled: integer('enabled', { mode: 'boolean' }).notNull(),
    lastRunAt: integer('last_run_at'),
    nextRunAt: integer('next_run_at'),
    createdAt: integer('created_at').notNull(),
    updatedAt: integer('updated_at').notNull(),
    stoppedAt: integer('stopped_at'),
    stoppedError: text('stopped_error'),
    cronDialect: text('cron_dialect', { enum: CRON_DIALECTS }).notNull().default('crontab'),
  },
  (t) => [
    index('idx_schedules_next_run')
      .on(t.enabled, t.nextRunAt)
      .where(sql`enabled = 1`),
  ],
);
