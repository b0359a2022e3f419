import type { Scheduler } from './ports/scheduler.js';

/** Lets everything else that waits have its turn: for work of many steps, none of which may take long. */
export function nextTurn(scheduler: Scheduler): Promise<void> {
  return new Promise((resolve) => {
    scheduler.after(0, resolve);
  });
}
