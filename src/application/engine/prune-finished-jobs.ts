import type { Clock } from '../ports/clock.js';
import type { Events } from '../ports/events.js';
import type { JobStore } from '../ports/job-store.js';
import type { Logger } from '../ports/logger.js';
import type { Retention } from '../../domain/job/retention.js';
import type { LoopReport } from './loop.js';

export interface PrunePorts {
  readonly jobs: JobStore;
  readonly clock: Clock;
  readonly events: Events;
  readonly logger: Logger;
}

export interface PruneReport extends LoopReport {
  readonly deleted: number;
}

/** Jobs a pass: a few milliseconds of work, after which the store serves others. */
const STEP = 200;

/** Deletes completed and dead jobs whose retention is over. A pass is one bounded step. */
export class PruneFinishedJobs {
  readonly #ports: PrunePorts;
  readonly #retention: Retention;
  /** Where the next pass goes on; null: at the first queue. */
  #after: string | null = null;

  /** @param retention for queues that have none of their own */
  constructor(ports: PrunePorts, retention: Retention) {
    this.#ports = ports;
    this.#retention = retention;
  }

  async runOnce(): Promise<PruneReport> {
    const { jobs, clock, events, logger } = this.#ports;
    const now = clock.now();
    const { deleted, next } = await jobs.prune({
      now,
      retention: this.#retention,
      limit: STEP,
      ...(this.#after !== null && { after: this.#after }),
    });
    this.#after = next;
    if (deleted > 0) {
      logger.debug('finished jobs deleted', { count: deleted });
      events.publish({ type: 'jobs_changed' });
    }
    return { deleted, nextRunAt: next === null ? null : now };
  }
}
