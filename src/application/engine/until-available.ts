import { StoreFailedError, StoreUnavailableError } from '../errors.js';
import type { Logger } from '../ports/logger.js';
import type { Scheduler } from '../ports/scheduler.js';
import { doublingPauseMs } from './doubling-pause.js';

const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 4000;

/**
 * Does the work, again and again while the store is unavailable: a result that has come in must not be lost to a lock
 * or a full disk. Gives up, with the store's error, when that is for good, or when the signal is aborted.
 */
export async function untilAvailable<T>(
  work: () => Promise<T>,
  { scheduler, logger }: { scheduler: Scheduler; logger: Logger },
  signal: AbortSignal,
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      return await work();
    } catch (error) {
      if (!(error instanceof StoreUnavailableError) || error instanceof StoreFailedError || signal.aborted) {
        throw error;
      }
      const pauseMs = doublingPauseMs(failures, FIRST_PAUSE_MS, LONGEST_PAUSE_MS);
      logger.warn('store unavailable', { reason: error.message, next_try_in_ms: pauseMs });
      await pause(pauseMs, scheduler, signal);
    }
  }
}

function pause(ms: number, scheduler: Scheduler, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    const end = () => {
      cancel();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const cancel = scheduler.after(ms, end);
    signal.addEventListener('abort', end);
  });
}
