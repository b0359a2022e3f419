import type { Clock } from '../../src/application/ports/clock.js';

/** A clock that stands still until it is moved. */
export class FakeClock implements Clock {
  #now: number;
  #monotonic = 0;

  /** @param now epoch milliseconds; 2024-01-15T10:00:00Z unless given */
  constructor(now = Date.UTC(2024, 0, 15, 10)) {
    this.#now = now;
  }

  now(): number {
    return this.#now;
  }

  monotonic(): number {
    return this.#monotonic;
  }

  /** Time passes: both readings move on by `ms` milliseconds. */
  advance(ms: number): void {
    this.#now += ms;
    this.#monotonic += ms;
  }

  /** Somebody sets the wall clock, possibly back; no time passes. */
  setNow(now: number): void {
    this.#now = now;
  }

  /** For what depends on the durations alone. */
  setMonotonic(monotonic: number): void {
    this.#monotonic = monotonic;
  }
}
