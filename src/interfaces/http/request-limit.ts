import type { Clock } from '../../application/ports/clock.js';
import { fullBucket, nextTokenAt, refill, spend, type TokenBucket } from '../../domain/queue/token-bucket.js';

/** How many requests somebody may make: a bucket that holds a second's worth. */
export class RequestLimit {
  readonly #perSecond: number;
  readonly #clock: Clock;
  #bucket: TokenBucket;

  constructor(perSecond: number, clock: Clock) {
    this.#perSecond = perSecond;
    this.#clock = clock;
    this.#bucket = fullBucket(perSecond, clock.monotonic());
  }

  /** Counts a request, unless it is one too many. @returns milliseconds until there is room for it; 0: it counts */
  take(): number {
    const now = this.#clock.monotonic();
    this.#bucket = refill(this.#bucket, this.#perSecond, now);
    const waitMs = nextTokenAt(this.#bucket, this.#perSecond, now) - now;
    if (waitMs === 0) this.#bucket = spend(this.#bucket, this.#perSecond, 1, now);
    return waitMs;
  }
}
