import type { RunningJob } from '../../domain/job/job.js';
import { loseWorker } from '../../domain/job/transitions.js';
import type { Clock } from '../ports/clock.js';
import type { Events } from '../ports/events.js';
import type { AbandonedJob, JobStore, Settlement } from '../ports/job-store.js';
import type { Logger } from '../ports/logger.js';
import type { Random } from '../ports/random.js';
import type { WorkerStore } from '../ports/worker-store.js';
import type { OwnJobs } from './dispatch-due-jobs.js';
import type { LoopReport } from './loop.js';

export interface RecoverPorts {
  readonly jobs: JobStore;
  readonly workers: WorkerStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  readonly logger: Logger;
}

export interface RecoverReport extends LoopReport {
  readonly recovered: number;
}

const BATCH = 100;
/**
 * Jobs that share a process with one that takes it down have crashes too. From the second on they come again one after
 * the other, within this time, so that those which are innocent are done when the guilty one strikes again.
 */
export const SPREAD_MS = 2500;

/** Takes back the jobs of workers that died: the attempt does not count, the crash does. A pass is one batch. */
export class RecoverAbandonedJobs {
  readonly #ports: RecoverPorts;
  readonly #maxCrashes: number;
  readonly #own: OwnJobs;

  /**
   * @param maxCrashes with so many a job is dead
   * @param own what this process still has in flight, under an id that was declared dead: it gives that back itself
   */
  constructor(ports: RecoverPorts, maxCrashes: number, own: OwnJobs) {
    this.#ports = ports;
    this.#maxCrashes = maxCrashes;
    this.#own = own;
  }

  async runOnce(): Promise<RecoverReport> {
    const { jobs, workers, clock, events } = this.#ports;
    const limit = BATCH + this.#own.inFlight;
    const found = await jobs.abandoned(limit);
    const abandoned = found.filter(({ job }) => !this.#own.holds(job));
    if (found.length === 0) await workers.bury();
    if (abandoned.length === 0) return { recovered: 0, nextRunAt: null };
    const now = clock.now();
    const settlements = abandoned.map((each) => this.#settlement(each, now));
    const outcomes = await jobs.settle(settlements);
    let recovered = 0;
    for (const [i, { job }] of abandoned.entries()) {
      if (outcomes[i] !== 'applied') continue;
      recovered += 1;
      this.#log(job, settlements[i]);
    }
    if (recovered > 0) events.publish({ type: 'jobs_pending' });
    // Another pass finds the rest, or that there is none; one of which nothing applied would only come again.
    return { recovered, nextRunAt: recovered > 0 ? now : null };
  }

  #settlement({ job, stopping }: AbandonedJob, now: number): Settlement {
    const retryInMs = job.crashes === 0 ? 0 : Math.round(this.#ports.random.next() * SPREAD_MS);
    const transition = loseWorker(job, { stopping, maxCrashes: this.#maxCrashes, retryInMs }, now);
    if (transition.kind !== 'changed') throw new Error('a running job can lose its worker');
    return { jobId: job.id, leaseToken: job.leaseToken, state: transition.job, failedAttempt: null };
  }

  #log(job: RunningJob, settlement: Settlement | undefined): void {
    const { logger } = this.#ports;
    const fields = {
      job_id: job.id,
      queue: job.queueName,
      worker_id: job.workerId,
      crashes: settlement?.state.crashes,
      status: settlement?.state.status,
    };
    logger.warn('job recovered from a worker that died', fields);
    if (settlement?.state.status === 'dead') {
      logger.warn('job dead', { ...fields, error: settlement.state.lastError });
    }
  }
}
