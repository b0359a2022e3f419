import { v7 } from 'uuid';
import type { Ids } from '../../application/ports/ids.js';

export class UuidIds implements Ids {
  /**
   * The library counts up within a millisecond, and from the latest one when the clock goes back, so the order holds
   * over all instances in the process.
   */
  next(): string {
    return v7();
  }
}
