export const BACKOFF_STRATEGIES = ['exponential', 'linear', 'fixed'] as const;
export type BackoffStrategy = (typeof BACKOFF_STRATEGIES)[number];

/** How long to wait between the attempts of a job. */
export interface RetryPolicy {
  readonly retryBackoff: BackoffStrategy;
  /** Milliseconds, >= 0. */
  readonly baseDelayMs: number;
  /** Milliseconds, >= 0; no delay is longer. */
  readonly maxDelayMs: number;
}

/** The share of the delay by which jitter lengthens or shortens it, at most; never beyond the cap. */
export const JITTER = 0.3;

/**
 * The delay before jitter and cap, by the manual's table "Retry Strategies".
 * @param attempt number of the attempt that failed, from 1
 */
export function rawBackoffMs(policy: RetryPolicy, attempt: number): number {
  switch (policy.retryBackoff) {
    case 'exponential':
      // 2^1023 is the largest finite power: beyond it a base of 0 would make 0 * Infinity = NaN.
      return policy.baseDelayMs * 2 ** Math.min(attempt - 1, 1023);
    case 'linear':
      return policy.baseDelayMs * attempt;
    case 'fixed':
      return policy.baseDelayMs;
  }
}

/**
 * Milliseconds to wait after a failed attempt: the strategy's delay with jitter of +/-30 %. What the cap takes from the
 * upper end it does not take from the spread: at and beyond the cap, delays lie between 70 % and 100 % of it, so that
 * jobs which failed together do not come back together.
 * @param attempt number of the attempt that failed, from 1
 * @param random a number in [0, 1)
 */
export function backoffMs(policy: RetryPolicy, attempt: number, random: number): number {
  const raw = rawBackoffMs(policy, attempt);
  const shortest = Math.min(raw, policy.maxDelayMs) * (1 - JITTER);
  const longest = Math.min(raw * (1 + JITTER), policy.maxDelayMs);
  return between(shortest, longest, random);
}

/**
 * The delay when the receiver said when to come back (RFC 9110, Retry-After): never earlier than the backoff, never
 * later than the policy's cap. Below the cap it is not spread: the receiver chose the instant, and the limits of the
 * queue hold then as ever. The cap is not an instant that it chose, so there the delay lies between 70 % and 100 % of it.
 * @param retryAfterMs what the receiver asked for, or null when it asked for nothing
 */
export function retryDelayMs(
  policy: RetryPolicy,
  attempt: number,
  random: number,
  retryAfterMs: number | null,
): number {
  const backoff = backoffMs(policy, attempt, random);
  if (retryAfterMs === null) return backoff;
  const { maxDelayMs } = policy;
  return retryAfterMs < maxDelayMs
    ? Math.max(backoff, retryAfterMs)
    : between(maxDelayMs * (1 - JITTER), maxDelayMs, random);
}

function between(shortest: number, longest: number, random: number): number {
  return Math.round(shortest + (longest - shortest) * random);
}
