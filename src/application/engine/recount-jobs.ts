import type { Clock } from '../ports/clock.js';
import type { JobStore } from '../ports/job-store.js';
import type { LoopReport } from './loop.js';

/** Has the store compare its counts with its jobs: all at the start, later those that it found to be wrong. */
export class RecountJobs {
  readonly #ports: { readonly jobs: JobStore; readonly clock: Clock };

  constructor(ports: { readonly jobs: JobStore; readonly clock: Clock }) {
    this.#ports = ports;
  }

  async runOnce(): Promise<LoopReport> {
    const { jobs, clock } = this.#ports;
    return { nextRunAt: (await jobs.recount()) ? clock.now() : null };
  }
}
