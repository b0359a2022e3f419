import type { Outcome } from './outcome.js';

/** An answer to a webhook, its body already read up to the cap. */
export interface WebhookResponse {
  readonly statusCode: number;
  readonly body: string;
  readonly bodyTruncated: boolean;
  /** The Retry-After header as it came, or null. */
  readonly retryAfter: string | null;
}

/** Characters of a failed answer that are kept with the attempt. */
export const RESPONSE_EXCERPT_LENGTH = 2048;

/**
 * What an HTTP answer means for the job.
 *
 *   2xx                          succeeded
 *   3xx                          transient; a redirect is never followed
 *   5xx, and `retryStatuses`     transient (408, 425, 429 are HTTP's own "try again": RFC 9110, 8470, 6585)
 *   other 4xx                    permanent
 *   anything else                transient: no such final status exists
 *
 * @param retryStatuses 4xx codes that are transient; empty restores the letter of the manual
 * @param now epoch milliseconds, to understand a Retry-After that is a date
 */
export function webhookOutcome(
  response: WebhookResponse,
  retryStatuses: readonly number[],
  now: number,
): Outcome {
  const { statusCode } = response;
  if (statusCode >= 200 && statusCode < 300) {
    return { kind: 'succeeded', result: response.body, resultTruncated: response.bodyTruncated };
  }
  const clientError = statusCode >= 400 && statusCode < 500;
  return {
    kind: 'failed',
    permanent: clientError && !retryStatuses.includes(statusCode),
    error: describe(statusCode),
    statusCode,
    responseExcerpt: excerptOf(response.body),
    retryAfterMs: statusCode === 429 || statusCode === 503 ? parseRetryAfter(response.retryAfter, now) : null,
  };
}

/** The first part of an answer, for the record; null when it is empty. */
export function excerptOf(body: string): string | null {
  const cut = body.slice(0, RESPONSE_EXCERPT_LENGTH);
  // Half of a character outside the BMP is no text that a store could keep.
  const whole = cut.length < body.length && /[\ud800-\udbff]$/.test(cut) ? cut.slice(0, -1) : cut;
  return whole === '' ? null : whole;
}

function describe(statusCode: number): string {
  if (statusCode >= 300 && statusCode < 400) return `HTTP ${statusCode}: redirects are not followed`;
  return `HTTP ${statusCode}`;
}

/**
 * The three forms of RFC 9110, 5.6.7, the last of them (asctime) in UTC without saying so. Date.parse alone would take
 * far more for a date, and that one for local time.
 */
const HTTP_DATE =
  /^[A-Z][a-z]{2,8}(?:, \d{1,2}[ -][A-Z][a-z]{2}[ -]\d{2,4} [\d:]{8} GMT| [A-Z][a-z]{2} [ \d]?\d [\d:]{8} \d{4})$/;

/**
 * Milliseconds until the instant that a Retry-After header names, as whole seconds or as an HTTP date (RFC 9110,
 * 10.2.3); null when the header is absent or makes no sense, 0 when the instant has passed.
 */
export function parseRetryAfter(header: string | null, now: number): number | null {
  if (header === null) return null;
  const text = header.trim();
  if (/^\d{1,12}$/.test(text)) return Number(text) * 1000;
  if (!HTTP_DATE.test(text)) return null;
  const at = Date.parse(text.endsWith('GMT') ? text : `${text} GMT`);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}
