import type { Clock } from '../ports/clock.js';
import type { Events } from '../ports/events.js';
import type { JobStore } from '../ports/job-store.js';
import type { Logger } from '../ports/logger.js';
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

const DAY_MS = 86_400_000;
/** Jobs a pass: a few milliseconds of work, after which the store serves others. */
const STEP = 200;

/** Deletes completed and dead jobs that finished before the retention period. A pass is one bounded step. */
export class PruneFinishedJobs {
  readonly #ports: PrunePorts;
  readonly #retentionDays: number;

  constructor(ports: PrunePorts, retentionDays: number) {
    this.#ports = ports;
    this.#retentionDays = retentionDays;
  }

  async runOnce(): Promise<PruneReport> {
    const { jobs, clock, events, logger } = this.#ports;
    const now = clock.now();
    const { deleted, more } = await jobs.prune({
      completedBefore: now - this.#retentionDays * DAY_MS,
      limit: STEP,
    });
    if (deleted > 0) {
      logger.debug('finished jobs deleted', { count: deleted });
      events.publish({ type: 'jobs_changed' });
    }
    return { deleted, nextRunAt: more ? now : null };
  }
}
