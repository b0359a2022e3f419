import type { Job, JobStatus, JobSummary } from '../../domain/job/job.js';
import type { BackoffStrategy } from '../../domain/retry/backoff.js';

/** The select list of a {@link JobRow}. */
export const JOB_COLUMNS = `id, queue_name, status, priority, payload, callback_url, visible_at, attempt, max_retries,
  retry_backoff, base_delay_ms, max_delay_ms, timeout_ms, idempotency_key, schedule_id, lease_token, worker_id,
  started_at, completed_at, last_error, result, result_truncated, created_at, updated_at`;

/**
 * A job as a statement with `raw()` gives it: the values of JOB_COLUMNS in order. With so many columns the driver takes
 * two to three times as long to make an object of each row.
 */
export type JobRow = readonly [
  id: string,
  queueName: string,
  status: JobStatus,
  priority: number,
  payload: string,
  callbackUrl: string,
  visibleAt: number,
  attempt: number,
  maxRetries: number,
  retryBackoff: BackoffStrategy | null,
  baseDelayMs: number | null,
  maxDelayMs: number | null,
  timeoutMs: number,
  idempotencyKey: string | null,
  scheduleId: string | null,
  leaseToken: number,
  workerId: string | null,
  startedAt: number | null,
  completedAt: number | null,
  lastError: string | null,
  result: string | null,
  resultTruncated: 0 | 1,
  createdAt: number,
  updatedAt: number,
];

/** With the number of the row selected after them: the shortest way to find it again. */
export type NumberedJobRow = readonly [...JobRow, rowid: number];

export function toJob(row: JobRow | NumberedJobRow): Job {
  return {
    id: row[0],
    queueName: row[1],
    status: row[2],
    priority: row[3],
    payload: row[4],
    callbackUrl: row[5],
    visibleAt: row[6],
    attempt: row[7],
    maxRetries: row[8],
    retryBackoff: row[9],
    baseDelayMs: row[10],
    maxDelayMs: row[11],
    timeoutMs: row[12],
    idempotencyKey: row[13],
    scheduleId: row[14],
    leaseToken: row[15],
    workerId: row[16],
    startedAt: row[17],
    completedAt: row[18],
    lastError: row[19],
    result: row[20],
    resultTruncated: row[21] === 1,
    createdAt: row[22],
    updatedAt: row[23],
  };
}

/** The select list of a {@link SummaryRow}: without payload and result, which stand last in a row and are so not read. */
export const SUMMARY_COLUMNS = `id, queue_name, status, priority, callback_url, visible_at, attempt, max_retries,
  retry_backoff, base_delay_ms, max_delay_ms, timeout_ms, idempotency_key, schedule_id, lease_token, worker_id,
  started_at, completed_at, last_error, result_truncated, created_at, updated_at`;

/** A summary as a statement with `raw()` gives it: the values of SUMMARY_COLUMNS in order. */
export type SummaryRow = readonly [
  id: string,
  queueName: string,
  status: JobStatus,
  priority: number,
  callbackUrl: string,
  visibleAt: number,
  attempt: number,
  maxRetries: number,
  retryBackoff: BackoffStrategy | null,
  baseDelayMs: number | null,
  maxDelayMs: number | null,
  timeoutMs: number,
  idempotencyKey: string | null,
  scheduleId: string | null,
  leaseToken: number,
  workerId: string | null,
  startedAt: number | null,
  completedAt: number | null,
  lastError: string | null,
  resultTruncated: 0 | 1,
  createdAt: number,
  updatedAt: number,
];

export function toSummary(row: SummaryRow): JobSummary {
  return {
    id: row[0],
    queueName: row[1],
    status: row[2],
    priority: row[3],
    callbackUrl: row[4],
    visibleAt: row[5],
    attempt: row[6],
    maxRetries: row[7],
    retryBackoff: row[8],
    baseDelayMs: row[9],
    maxDelayMs: row[10],
    timeoutMs: row[11],
    idempotencyKey: row[12],
    scheduleId: row[13],
    leaseToken: row[14],
    workerId: row[15],
    startedAt: row[16],
    completedAt: row[17],
    lastError: row[18],
    resultTruncated: row[19] === 1,
    createdAt: row[20],
    updatedAt: row[21],
  };
}
