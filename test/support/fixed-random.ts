import type { Random } from '../../src/application/ports/random.js';

/** Gives the values one by one, then the last one for ever. Without values: 0.5, which makes a backoff's jitter nil. */
export class FixedRandom implements Random {
  readonly #values: readonly number[];
  #taken = 0;

  constructor(...values: readonly number[]) {
    this.#values = values;
  }

  next(): number {
    const value = this.#values[Math.min(this.#taken, this.#values.length - 1)];
    this.#taken += 1;
    return value ?? 0.5;
  }
}
