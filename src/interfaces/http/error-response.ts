import * as z from 'zod';
import { ERROR_CODES, type ErrorCode, type Refusal } from '../../application/errors.js';
import type { HttpResponse } from './http-types.js';
import { sendJson } from './json-response.js';

/** The status of each error. That a job is not dead is documented as 404, not 409. */
export const ERROR_STATUS = {
  validation_failed: 400,
  malformed_json: 400,
  unauthorized: 401,
  forbidden: 403,
  protected: 403,
  too_many_failures: 429,
  rate_limited: 429,
  job_not_found: 404,
  job_not_pending: 409,
  job_not_dead: 404,
  job_not_finished: 409,
  queue_not_found: 404,
  queue_exists: 409,
  queue_active: 409,
  too_many_queues: 409,
  queue_full: 429,
  too_many_jobs: 429,
  schedule_not_found: 404,
  worker_not_found: 404,
  route_not_found: 404,
  method_not_allowed: 405,
  payload_too_large: 413,
  headers_too_large: 431,
  request_timeout: 408,
  unsupported_media_type: 415,
  host_not_allowed: 421,
  cross_origin: 403,
  csrf: 403,
  store_unavailable: 503,
  not_claiming: 503,
  internal_error: 500,
} as const satisfies Record<ErrorCode, number>;

/** Seconds, for what passes by itself. Finished jobs are cleaned up less often than pending ones are begun. */
const RETRY_AFTER: Readonly<Partial<Record<ErrorCode, number>>> = {
  queue_full: 5,
  too_many_jobs: 60,
  store_unavailable: 1,
  not_claiming: 1,
};

/** The body of every answer that is not 2xx. */
export const errorObject = z.object({
  error: z.string().meta({ description: 'What is wrong and how to mend it, for people.' }),
  status: z.int().meta({ description: 'The status of the answer.' }),
  code: z.enum(ERROR_CODES).meta({ description: 'What is wrong, for programs.' }),
  request_id: z.string().meta({ description: 'Also in the X-Request-Id header; look for it in the log.' }),
});

export function presentError({ code, message }: Refusal, requestId: string): z.infer<typeof errorObject> {
  return { error: message, status: ERROR_STATUS[code], code, request_id: requestId };
}

/** Browsers ask for a user and a password when they see Basic. */
const CHALLENGES = ['Bearer realm="mininq"', 'Basic realm="mininq", charset="UTF-8"'];

export function sendError(response: HttpResponse, refusal: Refusal): void {
  if (refusal.code === 'unauthorized') response.setHeader('WWW-Authenticate', CHALLENGES);
  const retryAfter = refusal.retryAfterSecs ?? RETRY_AFTER[refusal.code];
  if (retryAfter !== undefined) response.setHeader('Retry-After', String(retryAfter));
  sendJson(response, ERROR_STATUS[refusal.code], presentError(refusal, response.locals.requestId));
}
