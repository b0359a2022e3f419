/** The ranges of the values that users give, over the API and in the configuration alike. */
export const INT32_MAX = 2_147_483_647;
export const INT32_MIN = -2_147_483_648;
/** A hundred years: the furthest a job can be delayed, in milliseconds. */
export const DELAY_MS_MAX = 3_155_760_000_000;
export const CALLBACK_URL_MAX = 2048;
export const IDEMPOTENCY_KEY_MAX = 255;
export const CRON_EXPRESSION_MAX = 256;
export const RATE_LIMIT_MIN = 0.000_1;
export const RATE_LIMIT_MAX = 1_000_000;
export const LIST_LIMIT_DEFAULT = 50;
export const LIST_LIMIT_MAX = 1000;
/** Characters of payloads and results, after which a page of jobs ends. */
export const LIST_TEXT_MAX = 8_388_608;
export const ATTEMPTS_LIMIT_DEFAULT = 100;
/** Of its failed attempts a job keeps so many of the first and so many of the last. */
export const FAILED_ATTEMPTS_KEPT = 50;
export const BATCH_MAX = 1000;

/**
 * Queue names: 1 to 128 printable ASCII characters without a space at either end, because the name travels in the
 * X-Mininq-Queue header; "." and ".." are out, as clients resolve them away in URLs.
 */
export const QUEUE_NAME = /^(?!\.{1,2}$)[\x21-\x7e](?:[\x20-\x7e]{0,126}[\x21-\x7e])?$/;
