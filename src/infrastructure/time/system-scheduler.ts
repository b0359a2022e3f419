import type { Scheduler } from '../../application/ports/scheduler.js';

/** The longest delay that setTimeout keeps; it runs a longer one after 1 ms. */
export const TIMEOUT_MAX_MS = 2_147_483_647;

/**
 * Timers of the process; a pending one keeps the process alive. Never early: setTimeout counts from the loop's cached
 * time and may run a fraction of a millisecond too soon, so what is left then is waited for as well.
 */
export class SystemScheduler implements Scheduler {
  after(delayMs: number, callback: () => void): () => void {
    const dueAt = performance.now() + Math.max(0, delayMs);
    let timer: NodeJS.Timeout;
    const wait = (remainingMs: number): void => {
      // Rounded up, as setTimeout drops fractions.
      timer = setTimeout(wake, Math.min(Math.ceil(remainingMs), TIMEOUT_MAX_MS));
    };
    const wake = (): void => {
      const remainingMs = dueAt - performance.now();
      if (remainingMs > 0) wait(remainingMs);
      else callback();
    };
    wait(Math.max(0, delayMs));
    return () => clearTimeout(timer);
  }
}
