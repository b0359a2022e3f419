import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';
import type { Ids } from '../../application/ports/ids.js';

const RANDOM_BYTES = 16;
/** For many ids at a time: to ask the system for those of each id would take longer than all the rest. */
const pool = Buffer.alloc(256 * RANDOM_BYTES);
let used = pool.length;

/** Of the latest id in this process: its millisecond, and its number within it. */
let msecs = 0;
let seq = 0;

export class UuidIds implements Ids {
  /**
   * Counts up within a millisecond, from a random start, and from the latest one when the clock goes back (RFC 9562,
   * 6.2, method 1), so the order holds over all instances in the process.
   */
  next(): string {
    const random = randomBytes();
    const now = Date.now();
    if (now > msecs) {
      msecs = now;
      // Half of the range is left to count in.
      seq = random.readUInt32BE() >>> 1;
    } else {
      seq = (seq + 1) >>> 0;
      if (seq === 0) msecs += 1;
    }
    // The library takes its last bytes from these; the first four are free for the start above.
    return v7({ random, msecs, seq });
  }
}

function randomBytes(): Buffer {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += RANDOM_BYTES;
  return pool.subarray(used - RANDOM_BYTES, used);
}
