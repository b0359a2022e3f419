import type { Ids } from '../../src/application/ports/ids.js';

/** UUIDs of version 7 that differ in a counter: 018d0c5b-c400-7000-8000-000000000001, ...002, and so on. */
export class SequentialIds implements Ids {
  #count = 0;

  next(): string {
    this.#count += 1;
    return `018d0c5b-c400-7000-8000-${this.#count.toString(16).padStart(12, '0')}`;
  }
}
