/** The state of a queue's rate limit. */
export interface TokenBucket {
  readonly tokens: number;
  /** Epoch milliseconds at which `tokens` was right. */
  readonly refilledAt: number;
}

/** Tokens that a bucket holds at most, by the manual's "Rate Limiter": one second's worth, but never under one. */
export function bucketCapacity(ratePerSecond: number): number {
  return Math.max(1, ratePerSecond);
}

export function fullBucket(ratePerSecond: number, now: number): TokenBucket {
  return { tokens: bucketCapacity(ratePerSecond), refilledAt: now };
}

/**
 * The bucket at `now`. A clock that went back adds nothing, and refilling goes on from the new time; if it went back by
 * little, once the old time is reached again.
 */
export function refill(bucket: TokenBucket, ratePerSecond: number, now: number): TokenBucket {
  const elapsedMs = now - bucket.refilledAt;
  if (elapsedMs < 0 && !isAhead(bucket.refilledAt, now)) return bucket;
  const gained = (Math.max(0, elapsedMs) * ratePerSecond) / 1000;
  return { tokens: Math.min(bucketCapacity(ratePerSecond), bucket.tokens + gained), refilledAt: now };
}

/** Was the clock set back since `time`, by more than its readings may be out of order? */
export function isAhead(time: number, now: number): boolean {
  return time - now > DISORDER_MS;
}

/** Whole jobs that may start now. */
export function availableTokens(bucket: TokenBucket, ratePerSecond: number, now: number): number {
  return Math.floor(refill(bucket, ratePerSecond, now).tokens + ROUNDING);
}

/** The bucket after `count` jobs started; `count` is at most `availableTokens`. */
export function spend(bucket: TokenBucket, ratePerSecond: number, count: number, now: number): TokenBucket {
  const { tokens, refilledAt } = refill(bucket, ratePerSecond, now);
  return { tokens: Math.max(0, tokens - count), refilledAt };
}

/** The earliest whole millisecond at which a job may start; `now` when it may already. */
export function nextTokenAt(bucket: TokenBucket, ratePerSecond: number, now: number): number {
  const { tokens, refilledAt } = refill(bucket, ratePerSecond, now);
  const missing = 1 - ROUNDING - tokens;
  return missing <= 0 ? now : refilledAt + Math.ceil((missing * 1000) / ratePerSecond);
}

// Refilling in many small steps sums to a hair under the whole token that one step gives. Without this allowance a
// bucket woken at the very millisecond of its next token could find 0.9999999 and sleep once more.
const ROUNDING = 1e-9;

// Readings of the clock reach the store out of order: a process reads it, then waits for the others' transactions. To
// start again from each late reading would give the tokens of the time between to both sides. This is twice what a
// store waits, and a real step back of the clock delays the next token by no more than this.
const DISORDER_MS = 10_000;
