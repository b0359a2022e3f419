import type { Clock } from '../ports/clock.js';
import { doublingPauseMs } from './doubling-pause.js';

const FIRST_PAUSE_MS = 1000;
const LONGEST_PAUSE_MS = 60_000;

interface Failing {
  readonly failures: number;
  /** On the monotonic clock. */
  readonly pausedUntil: number;
}

/** The schedules that are left alone now. */
export interface PausedSchedules {
  readonly ids: readonly string[];
  /** When the first pause ends, epoch milliseconds; null when there is none. */
  readonly endsAt: number | null;
}

/**
 * Schedules whose firing failed, and how long each is left alone: 1 s, doubling up to a minute. Kept in memory, because
 * it may be the store that fails.
 */
export class FailingSchedules {
  readonly #clock: Clock;
  readonly #failing = new Map<string, Failing>();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** @returns the milliseconds for which it is left alone now */
  add(id: string): number {
    const failures = this.#failing.get(id)?.failures ?? 0;
    const pauseMs = doublingPauseMs(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
    this.#failing.set(id, { failures: failures + 1, pausedUntil: this.#clock.monotonic() + pauseMs });
    return pauseMs;
  }

  remove(id: string): void {
    this.#failing.delete(id);
  }

  paused(): PausedSchedules {
    const now = this.#clock.monotonic();
    const ids: string[] = [];
    let firstEnd = Infinity;
    for (const [id, { pausedUntil }] of this.#failing) {
      if (pausedUntil > now) {
        ids.push(id);
        firstEnd = Math.min(firstEnd, pausedUntil);
      } else if (pausedUntil + LONGEST_PAUSE_MS < now) {
        // Nobody tried it again: it is disabled or gone.
        this.#failing.delete(id);
      }
    }
    return { ids, endsAt: ids.length === 0 ? null : this.#clock.now() + firstEnd - now };
  }
}
