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

/** The bucket at `now`. A clock that went back adds nothing, and refilling goes on from the new time. */
export function refill(bucket: TokenBucket, ratePerSecond: number, now: number): TokenBucket {
  const elapsedMs = Math.max(0, now - bucket.refilledAt);
  const tokens = Math.min(bucketCapacity(ratePerSecond), bucket.tokens + (elapsedMs * ratePerSecond) / 1000);
  return { tokens, refilledAt: now };
}

/** Whole jobs that may start now. */
export function availableTokens(bucket: TokenBucket, ratePerSecond: number, now: number): number {
  return Math.floor(refill(bucket, ratePerSecond, now).tokens + ROUNDING);
}

/** The bucket after `count` jobs started; `count` is at most `availableTokens`. */
export function spend(bucket: TokenBucket, ratePerSecond: number, count: number, now: number): TokenBucket {
  const refilled = refill(bucket, ratePerSecond, now);
  return { tokens: Math.max(0, refilled.tokens - count), refilledAt: now };
}

/** The earliest whole millisecond at which a job may start; `now` when it may already. */
export function nextTokenAt(bucket: TokenBucket, ratePerSecond: number, now: number): number {
  const missing = 1 - refill(bucket, ratePerSecond, now).tokens;
  return missing <= ROUNDING ? now : now + Math.ceil((missing * 1000) / ratePerSecond);
}

// Refilling in many small steps sums to a hair under the whole token that one step gives. Without this allowance a
// bucket woken at the very millisecond of its next token could find 0.9999999 and sleep once more.
const ROUNDING = 1e-9;
