/** Every error that mininq reports carries one of these codes. The set is part of the interface: codes are added, never changed. */
export const ERROR_CODES = [
  'validation_failed',
  'malformed_json',
  'unauthorized',
  'forbidden',
  'protected',
  'too_many_failures',
  'rate_limited',
  'job_not_found',
  'job_not_pending',
  'job_not_dead',
  'job_not_finished',
  'queue_not_found',
  'queue_exists',
  'queue_active',
  'too_many_queues',
  'queue_full',
  'too_many_jobs',
  'schedule_not_found',
  'worker_not_found',
  'route_not_found',
  'method_not_allowed',
  'payload_too_large',
  'headers_too_large',
  'request_timeout',
  'unsupported_media_type',
  'host_not_allowed',
  'cross_origin',
  'csrf',
  'store_unavailable',
  'not_claiming',
  'internal_error',
] as const;
export type ErrorCode = (typeof ERROR_CODES)[number];

/** Why a request was refused. The message says what is wrong and how to mend it, and is shown to the client. */
export interface Refusal {
  readonly code: ErrorCode;
  readonly message: string;
  /** When it is worth another try; without it, the code says. */
  readonly retryAfterSecs?: number;
}

/** What a use case returns: its value, or why not. */
export type Result<T> = { readonly ok: true; readonly value: T } | Refused;
export interface Refused {
  readonly ok: false;
  readonly refusal: Refusal;
}

export function ok<T>(value: T): Result<T> {
  return { ok: true, value };
}

export function refuse(code: ErrorCode, message: string): Refused {
  return { ok: false, refusal: { code, message } };
}

/** For what would make a queue more than `server.max_queues`. */
export function tooManyQueues(): Refused {
  return refuse(
    'too_many_queues',
    'There are as many queues as server.max_queues allows; name one that exists, delete some, or raise the limit',
  );
}

/** For what would make the pending jobs of a queue more than its `max_depth`. */
export function queueFull(name: string): Refused {
  return refuse(
    'queue_full',
    `Queue ${name} has as many pending jobs as its max_depth allows; try again later, or raise the limit`,
  );
}

/** For what would make a job more than `server.max_jobs`. */
export function tooManyJobs(): Refused {
  return refuse(
    'too_many_jobs',
    'There are as many jobs as server.max_jobs allows; try again later, discard finished ones or keep them for less long, or raise the limit',
  );
}

/** Thrown by a store that cannot do its work now: locked for too long, disk full, connection lost. Worth a retry. */
export class StoreUnavailableError extends Error {
  override readonly name: string = 'StoreUnavailableError';
}

/**
 * Thrown by a store that has failed for good, such as one whose file is damaged: trying again is of no use in this
 * process. The store has told the operator what to do, once; the message is shown to clients.
 */
export class StoreFailedError extends StoreUnavailableError {
  override readonly name = 'StoreFailedError';
}

/** Thrown at start for what the operator has to mend; the message is one line, shown without a stack. */
export class StartupError extends Error {
  override readonly name = 'StartupError';
}
