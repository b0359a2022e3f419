import type { Job, JobState, JobSummary } from '../../domain/job/job.js';

type Kind<Field extends keyof Job> = Field extends keyof JobSummary
  ? NonNullable<Job[Field]> extends string
    ? 'text'
    : NonNullable<Job[Field]> extends number
      ? 'integer'
      : 'boolean'
  : 'long text';

interface ColumnOf<Field extends keyof Job> {
  readonly name: string;
  /** long text: of any length, and not part of a summary. */
  readonly kind: Kind<Field>;
  readonly nullable: null extends Job[Field] ? true : false;
  /** given: told by the enqueue, once and for all. state: replaced at each transition. */
  readonly part: Field extends keyof JobState ? 'state' : 'given';
}

type JobColumns = { readonly [Field in keyof Job]: ColumnOf<Field> };
export type JobColumn = JobColumns[keyof Job];

const given = <K extends JobColumn['kind']>(name: string, kind: K) =>
  ({ name, kind, nullable: false, part: 'given' }) as const;
const state = <K extends JobColumn['kind']>(name: string, kind: K) =>
  ({ name, kind, nullable: false, part: 'state' }) as const;
const orNull = <C extends object>(column: C) => ({ ...column, nullable: true }) as const;

/**
 * The columns of a job, told once: the SQL stores derive their table, their statements, and what they bind and read
 * from it. The compiler sees to it that each field of a job is here, as what it is.
 *
 * They stand in the order of the table. The texts of any length come last: what precedes them is read without walking
 * their overflow pages.
 */
export const JOB_COLUMNS: JobColumns = {
  id: given('id', 'text'),
  queueName: given('queue_name', 'text'),
  status: state('status', 'text'),
  priority: given('priority', 'integer'),
  visibleAt: state('visible_at', 'integer'),
  attempt: state('attempt', 'integer'),
  maxRetries: given('max_retries', 'integer'),
  retryBackoff: orNull(given('retry_backoff', 'text')),
  baseDelayMs: orNull(given('base_delay_ms', 'integer')),
  maxDelayMs: orNull(given('max_delay_ms', 'integer')),
  timeoutMs: given('timeout_ms', 'integer'),
  leaseToken: state('lease_token', 'integer'),
  workerId: orNull(state('worker_id', 'text')),
  startedAt: orNull(state('started_at', 'integer')),
  completedAt: orNull(state('completed_at', 'integer')),
  createdAt: given('created_at', 'integer'),
  updatedAt: state('updated_at', 'integer'),
  scheduleId: orNull(given('schedule_id', 'text')),
  idempotencyKey: orNull(given('idempotency_key', 'text')),
  callbackUrl: given('callback_url', 'text'),
  lastError: orNull(state('last_error', 'text')),
  resultTruncated: state('result_truncated', 'boolean'),
  crashes: state('crashes', 'integer'),
  headers: orNull(given('headers', 'text')),
  payload: given('payload', 'long text'),
  result: orNull(state('result', 'long text')),
};

/** In the order of the table, as are the lists below. */
export const JOB_FIELDS = Object.keys(JOB_COLUMNS).filter(isJobField);
export const SUMMARY_FIELDS = JOB_FIELDS.filter(isSummaryField);
export const STATE_FIELDS = JOB_FIELDS.filter(isStateField);
/** The others are null in a job that was never claimed. */
export const NEW_JOB_FIELDS = JOB_FIELDS.filter(
  (field) => JOB_COLUMNS[field].part === 'given' || !JOB_COLUMNS[field].nullable,
);

/** Makes something of every column, by the field of its job. */
export function mapColumns<T>(make: (column: JobColumn) => T): Readonly<Record<keyof Job, T>> {
  const made: Partial<Record<keyof Job, T>> = {};
  for (const field of JOB_FIELDS) made[field] = make(JOB_COLUMNS[field]);
  // Every field of a job has a column.
  return made as Record<keyof Job, T>;
}

/** The names of the columns, for SQL. */
export function columnNames(fields: readonly (keyof Job)[]): string[] {
  return fields.map((field) => JOB_COLUMNS[field].name);
}

function isJobField(field: string): field is keyof Job {
  return Object.hasOwn(JOB_COLUMNS, field);
}

function isSummaryField(field: keyof Job): field is keyof JobSummary {
  return JOB_COLUMNS[field].kind !== 'long text';
}

function isStateField(field: keyof Job): field is keyof JobState {
  return JOB_COLUMNS[field].part === 'state';
}
