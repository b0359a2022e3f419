/** Timers. */
export interface Scheduler {
  /** Runs `callback` once, after `delayMs` milliseconds; the returned function cancels it. */
  after(delayMs: number, callback: () => void): () => void;
}
