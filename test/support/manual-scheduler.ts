import { setImmediate } from 'node:timers/promises';
import type { Scheduler } from '../../src/application/ports/scheduler.js';
import type { FakeClock } from './fake-clock.js';

interface Timer {
  readonly dueAt: number;
  readonly callback: () => void;
}

/** Timers that run only when the test moves time on. They go by the clock's monotonic reading. */
export class ManualScheduler implements Scheduler {
  readonly #clock: FakeClock;
  /** In the order in which they were set, which is the order among equals. */
  readonly #timers = new Set<Timer>();

  constructor(clock: FakeClock) {
    this.#clock = clock;
  }

  /** How many timers are waiting. */
  get pending(): number {
    return this.#timers.size;
  }

  /** Milliseconds until the next timer is due; null when none is waiting. */
  get nextDelayMs(): number | null {
    const next = this.#next();
    return next === null ? null : Math.max(0, next.dueAt - this.#clock.monotonic());
  }

  after(delayMs: number, callback: () => void): () => void {
    const timer = { dueAt: this.#clock.monotonic() + Math.max(0, delayMs), callback };
    this.#timers.add(timer);
    return () => {
      this.#timers.delete(timer);
    };
  }

  /** Moves the clock on by `ms`; runs what falls due on the way, in order, each at its own instant. */
  advance(ms: number): void {
    const end = this.#clock.monotonic() + ms;
    while (this.#fireNext(end));
    this.#moveTo(end);
  }

  /**
   * The same, for callbacks that start asynchronous work: after each, and before the first, the event loop turns once,
   * so that timers that the work sets within the time run as well.
   */
  async advanceAsync(ms: number): Promise<void> {
    const end = this.#clock.monotonic() + ms;
    do await setImmediate();
    while (this.#fireNext(end));
    this.#moveTo(end);
  }

  #fireNext(end: number): boolean {
    const next = this.#next();
    if (next === null || next.dueAt > end) return false;
    this.#timers.delete(next);
    this.#moveTo(next.dueAt);
    next.callback();
    return true;
  }

  #next(): Timer | null {
    let next: Timer | null = null;
    for (const timer of this.#timers) {
      if (next === null || timer.dueAt < next.dueAt) next = timer;
    }
    return next;
  }

  #moveTo(monotonic: number): void {
    this.#clock.advance(Math.max(0, monotonic - this.#clock.monotonic()));
  }
}
