import type { Scheduler } from '../../src/application/ports/scheduler.js';

/** Runs what is due at once in the next turn of the event loop, and counts the turns; has no other timers. */
export class TurnScheduler implements Scheduler {
  turns = 0;

  after(delayMs: number, callback: () => void): () => void {
    if (delayMs > 0) throw new Error('only timers without a delay are expected');
    this.turns += 1;
    const immediate = setImmediate(callback);
    return () => clearImmediate(immediate);
  }
}
