import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import { doublingPauseMs } from './doubling-pause.js';

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 10_000;

/**
 * What is known of a shortage in this process, such as of file descriptors, for which attempts cannot be made. Nothing
 * is claimed for a while then; the while doubles up to 10 s as long as no attempt gets through.
 */
export class Shortage {
  readonly #clock: Clock;
  readonly #logger: Logger;
  #pauses = 0;
  /** Both on the monotonic clock. */
  #since = 0;
  #pauseEndsAt = Number.NEGATIVE_INFINITY;

  constructor({ clock, logger }: { readonly clock: Clock; readonly logger: Logger }) {
    this.#clock = clock;
    this.#logger = logger;
  }

  /** Milliseconds until jobs may be claimed; 0: now. */
  get pauseMs(): number {
    return Math.max(0, this.#pauseEndsAt - this.#clock.monotonic());
  }

  /** How long it has lasted, milliseconds; 0 when jobs may be claimed. */
  get lastsMs(): number {
    return this.pauseMs === 0 ? 0 : this.#clock.monotonic() - this.#since;
  }

  /** An attempt could not be made. */
  met(reason: string): void {
    // One of those that were claimed together.
    if (this.pauseMs > 0) return;
    const now = this.#clock.monotonic();
    if (now - this.#pauseEndsAt > LONGEST_PAUSE_MS) this.#pauses = 0;
    if (this.#pauses === 0) this.#since = now;
    const pauseMs = doublingPauseMs(this.#pauses, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    this.#pauses += 1;
    this.#pauseEndsAt = now + pauseMs;
    this.#logger.warn('attempts cannot be made and are given back', { reason, next_try_in_ms: pauseMs });
  }

  /** An attempt was made, and what it held is free again. */
  passed(): void {
    this.#pauses = 0;
  }
}
