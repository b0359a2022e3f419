import type { Clock } from '../ports/clock.js';
import type { JobStore } from '../ports/job-store.js';
import type { LoopReport } from './loop.js';

export interface RecountPorts {
  readonly jobs: Pick<JobStore, 'recount'>;
  readonly clock: Clock;
}

/** What waits at a start has the machine to itself for this long: to count a job takes a fiftieth of delivering it. */
export const RECOUNT_DELAY_MS = 10_000;

/** Has the store compare its counts with its jobs: all after the start, later those that it found to be wrong. */
export class RecountJobs {
  readonly #ports: RecountPorts;
  #beginsAt: number | undefined;

  constructor(ports: RecountPorts) {
    this.#ports = ports;
  }

  async runOnce(): Promise<LoopReport> {
    const { jobs, clock } = this.#ports;
    this.#beginsAt ??= clock.now() + RECOUNT_DELAY_MS;
    if (clock.now() < this.#beginsAt) return { nextRunAt: this.#beginsAt };
    return { nextRunAt: (await jobs.recount()) ? clock.now() : null };
  }
}
