import type { Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';

export interface TimeSources {
  /** The system's clock, epoch milliseconds; anybody may set it. */
  wall(): number;
  /** Milliseconds on a clock that never goes back. */
  monotonic(): number;
}

/** A system's clock that is off by less is being corrected, not set. */
const STEP_MS = 5000;
/** While mininq's time is ahead of the system's clock, a delay takes a tenth longer. */
const SLOWED = 1 / 1.1;

const SYSTEM: TimeSources = { wall: () => Date.now(), monotonic: () => performance.now() };

/**
 * The system's clock, but for the time after it was set back: mininq's time goes on then, a little slower, until the
 * system's clock has caught up, so that nothing waits for the whole step and no tick comes twice (docs/adr/0014).
 */
export class SystemClock implements Clock {
  readonly #logger: Logger;
  readonly #sources: TimeSources;
  #wall: number;
  #monotonic: number;
  #now: number;

  constructor(logger: Logger, sources = SYSTEM) {
    this.#logger = logger;
    this.#sources = sources;
    this.#now = this.#wall = sources.wall();
    this.#monotonic = sources.monotonic();
  }

  now(): number {
    const wall = this.#sources.wall();
    const monotonic = this.#sources.monotonic();
    const elapsed = monotonic - this.#monotonic;
    const stepMs = wall - this.#wall - elapsed;
    this.#wall = wall;
    this.#monotonic = monotonic;
    this.#now = Math.max(wall, this.#now + elapsed * SLOWED);
    if (Math.abs(stepMs) >= STEP_MS) this.#warn(stepMs);
    return Math.floor(this.#now);
  }

  monotonic(): number {
    return this.#sources.monotonic();
  }

  #warn(stepMs: number): void {
    const step = { step_secs: Math.round(stepMs / 1000) };
    if (stepMs > 0) {
      this.#logger.warn("the system's clock went forward: what falls due by it is done now", step);
      return;
    }
    const aheadMs = this.#now - this.#wall;
    this.#logger.warn(
      "the system's clock was set back: mininq's time goes on, a tenth slower, until the clock has caught up; a restart follows it at once",
      { ...step, caught_up_in_secs: Math.ceil(aheadMs / (1 - SLOWED) / 1000) },
    );
  }
}
