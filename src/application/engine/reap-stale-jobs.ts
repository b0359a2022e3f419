import type { Job } from '../../domain/job/job.js';
import { expireLease, LEASE_EXPIRED_ERROR } from '../../domain/job/transitions.js';
import { backoffMs, type RetryPolicy } from '../../domain/retry/backoff.js';
import { resolveRetryPolicy } from '../../domain/retry/retry-policy.js';
import type { Clock } from '../ports/clock.js';
import type { Events } from '../ports/events.js';
import type { JobStore, Settlement } from '../ports/job-store.js';
import type { Logger } from '../ports/logger.js';
import type { QueueStore } from '../ports/queue-store.js';
import type { Random } from '../ports/random.js';
import type { LoopReport } from './loop.js';

export interface ReapPorts {
  readonly jobs: JobStore;
  readonly queues: QueueStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  readonly logger: Logger;
}

export interface ReapReport extends LoopReport {
  readonly reaped: number;
}

/**
 * A lease ends with its attempt's timeout, so a result that came in at the last moment may still be on its way to the
 * store, maybe from another process. The reaper leaves it this much time.
 */
export const LEASE_GRACE_MS = 1000;
const BATCH = 100;

/** Takes jobs from workers that vanished or stalled: each counts as a failed attempt. A pass is one batch. */
export class ReapStaleJobs {
  readonly #ports: ReapPorts;
  readonly #defaults: RetryPolicy;

  constructor(ports: ReapPorts, defaults: RetryPolicy) {
    this.#ports = ports;
    this.#defaults = defaults;
  }

  async runOnce(): Promise<ReapReport> {
    const { jobs, clock, events } = this.#ports;
    const now = clock.now();
    const stale = await jobs.expired(now - LEASE_GRACE_MS, BATCH);
    if (stale.length === 0) return { reaped: 0, nextRunAt: null };
    const outcomes = await jobs.settle(await this.#settlements(stale));
    const reaped = outcomes.filter((outcome) => outcome === 'applied').length;
    if (reaped > 0) events.publish({ type: 'jobs_pending' });
    // A full batch of which nothing applied would only come again.
    return { reaped, nextRunAt: stale.length === BATCH && reaped > 0 ? now : null };
  }

  async #settlements(stale: readonly Job[]): Promise<Settlement[]> {
    const { queues, clock, random, logger } = this.#ports;
    const settlements: Settlement[] = [];
    for (const job of stale) {
      const policy = resolveRetryPolicy(job, await queues.get(job.queueName), this.#defaults);
      const now = clock.now();
      const transition = expireLease(job, { retryInMs: backoffMs(policy, job.attempt, random.next()) }, now);
      if (transition.kind !== 'changed') continue;
      logger.warn('lease expired', {
        job_id: job.id,
        queue: job.queueName,
        attempt: job.attempt,
        worker_id: job.workerId,
        status: transition.state.status,
      });
      settlements.push({
        jobId: job.id,
        leaseToken: job.leaseToken,
        state: transition.state,
        failedAttempt: {
          number: job.attempt,
          startedAt: job.startedAt ?? now,
          finishedAt: now,
          statusCode: null,
          error: LEASE_EXPIRED_ERROR,
          responseExcerpt: null,
        },
      });
    }
    return settlements;
  }
}
