import { StoreFailedError, StoreUnavailableError } from '../errors.js';
import type { Clock } from '../ports/clock.js';
import type { Logger } from '../ports/logger.js';
import type { Scheduler } from '../ports/scheduler.js';
import { doublingPauseMs } from './doubling-pause.js';

/** What a pass tells its loop. */
export interface LoopReport {
  /** When another pass is worth while, epoch milliseconds; null: not before the longest sleep is over. */
  readonly nextRunAt: number | null;
}

export interface LoopOptions {
  /** For the log. */
  readonly name: string;
  readonly runOnce: () => Promise<LoopReport>;
  /** The longest sleep between two passes, milliseconds. */
  readonly maxSleepMs: number;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** stopped: not started yet, or stopping. failing: the last pass failed, and the next one is yet to go well. */
export type LoopState = 'stopped' | 'running' | 'failing';

const FIRST_PAUSE_MS = 100;
/** That a store is well again is noticed within this time. */
const LONGEST_PAUSE_MS = 4000;

/**
 * Repeats `runOnce`: sleeps until the instant it names, until it is woken, or for the longest sleep.
 *
 *   stopped ──start──▶ running ──pass done──▶ sleeping ──time or wake──▶ running
 *                         │ pass failed                                    ▲
 *                         └──────────▶ pausing (100 ms, doubling to 4 s) ──┘   not ended by a wake
 *
 * A wake during a pass leads to another pass at once. No exception ends a loop.
 */
export class Loop {
  readonly #options: LoopOptions;
  #stopping = false;
  #woken = false;
  #failures = 0;
  /** When the first of these failures was, on the monotonic clock. */
  #failingSince = 0;
  #running: Promise<void> | undefined;
  /** Ends the present sleep; undefined while a pass runs and while the loop pauses after a failure. */
  #endSleep: (() => void) | undefined;
  #endPause: (() => void) | undefined;

  constructor(options: LoopOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running ??= this.#run();
  }

  wake(): void {
    this.#woken = true;
    this.#endSleep?.();
  }

  /** Begins no further pass; resolves when the present one is over. */
  async stop(): Promise<void> {
    this.#stopping = true;
    this.#endSleep?.();
    this.#endPause?.();
    await this.#running;
  }

  get state(): LoopState {
    if (this.#running === undefined || this.#stopping) return 'stopped';
    return this.#failures > 0 ? 'failing' : 'running';
  }

  /** Since the first pass failed of those that have failed in a row, milliseconds; 0: the last one went well. */
  get failingForMs(): number {
    return this.#failures === 0 ? 0 : this.#options.clock.monotonic() - this.#failingSince;
  }

  async #run(): Promise<void> {
    while (!this.#stopping) {
      this.#woken = false;
      try {
        const { nextRunAt } = await this.#options.runOnce();
        this.#failures = 0;
        await this.#sleep(nextRunAt);
      } catch (error) {
        await this.#pause(error);
      }
    }
  }

  #sleep(until: number | null): Promise<void> {
    const { clock, scheduler, maxSleepMs } = this.#options;
    const wished = until === null ? maxSleepMs : Math.max(0, until - clock.now());
    return new Promise((resolve) => {
      if (this.#stopping || this.#woken) {
        resolve();
        return;
      }
      const end = () => {
        cancel();
        this.#endSleep = undefined;
        resolve();
      };
      const cancel = scheduler.after(Math.min(wished, maxSleepMs), end);
      this.#endSleep = end;
    });
  }

  #pause(error: unknown): Promise<void> {
    const { name, logger, scheduler, clock } = this.#options;
    const pauseMs = doublingPauseMs(this.#failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    if (this.#failures === 0) this.#failingSince = clock.monotonic();
    this.#failures += 1;
    if (error instanceof StoreFailedError) {
      // Why, was logged when it failed. The pause keeps the loop from asking again and again.
    } else if (error instanceof StoreUnavailableError) {
      logger.warn('store unavailable', { loop: name, reason: error.message, next_try_in_ms: pauseMs });
    } else {
      logger.error(`${name} failed, next try in ${pauseMs} ms`, {}, error);
    }
    return new Promise((resolve) => {
      if (this.#stopping) {
        resolve();
        return;
      }
      const end = () => {
        cancel();
        this.#endPause = undefined;
        resolve();
      };
      const cancel = scheduler.after(pauseMs, end);
      this.#endPause = end;
    });
  }
}
