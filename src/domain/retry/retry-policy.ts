import type { RetryPolicy } from './backoff.js';

type Nullable<T> = { readonly [K in keyof T]: T[K] | null };

/** Who decides on retries, each setting by itself: the job, else its queue, else the configuration. */
export function resolveRetryPolicy(
  job: Nullable<RetryPolicy>,
  queue: RetryPolicy | null,
  defaults: RetryPolicy,
): RetryPolicy {
  const fallback = queue ?? defaults;
  return {
    retryBackoff: job.retryBackoff ?? fallback.retryBackoff,
    baseDelayMs: job.baseDelayMs ?? fallback.baseDelayMs,
    maxDelayMs: job.maxDelayMs ?? fallback.maxDelayMs,
  };
}
