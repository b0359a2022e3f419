import type { RunningJob } from '../../domain/job/job.js';
import { expireLease } from '../../domain/job/transitions.js';
import { backoffMs, type RetryPolicy } from '../../domain/retry/backoff.js';
import { resolveRetryPolicy } from '../../domain/retry/retry-policy.js';
import type { Clock } from '../ports/clock.js';
import type { Events } from '../ports/events.js';
import type { JobStore, Settlement } from '../ports/job-store.js';
import type { Logger } from '../ports/logger.js';
import type { QueueStore } from '../ports/queue-store.js';
import type { Random } from '../ports/random.js';
import type { OwnJobs } from './dispatch-due-jobs.js';
import type { LoopReport } from './loop.js';
import type { Presence } from './presence.js';

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

interface Expiry {
  readonly job: RunningJob;
  readonly settlement: Settlement;
}

/** The answer to a claim, or a result of the last moment, may be on its way: the reaper leaves it this much time. */
export const LEASE_GRACE_MS = 1000;
/** A job that this worker claimed this long ago, and does not run, is none whose claim is still being answered. */
export const DISOWNED_AFTER_MS = 30_000;
const BATCH = 100;

/**
 * Takes back the jobs of this worker that it knows nothing of, when their lease ends or they have run for a while: the
 * answer to the claim was lost, or the result could not be stored. Each counts as a failed attempt. Those of other
 * workers are theirs, for as long as they live: a process whose clock is an hour ahead would take everything from
 * them. A pass is one batch.
 */
export class ReapStaleJobs {
  readonly #ports: ReapPorts;
  readonly #defaults: RetryPolicy;
  readonly #own: OwnJobs;
  readonly #presence: Pick<Presence, 'id'>;

  /**
   * @param defaults for jobs and queues that don't say how to back off
   * @param own what this process still has in flight. When the store was unavailable, the results that wait for it must
   *   not lose against this sweep.
   * @param presence whose jobs they are
   */
  constructor(ports: ReapPorts, defaults: RetryPolicy, own: OwnJobs, presence: Pick<Presence, 'id'>) {
    this.#ports = ports;
    this.#defaults = defaults;
    this.#own = own;
    this.#presence = presence;
  }

  async runOnce(): Promise<ReapReport> {
    const { jobs, clock, events } = this.#ports;
    const workerId = this.#presence.id;
    if (workerId === null) return { reaped: 0, nextRunAt: null };
    const now = clock.now();
    const limit = BATCH + this.#own.inFlight;
    const since = { endedBefore: now - LEASE_GRACE_MS, claimedBefore: now - DISOWNED_AFTER_MS };
    const running = await jobs.runningOf(workerId, since, limit);
    const stale = running.filter((job) => !this.#own.holds(job));
    if (stale.length === 0) return { reaped: 0, nextRunAt: null };
    const expiries = await this.#expiries(stale);
    const outcomes = await jobs.settle(expiries.map(({ settlement }) => settlement));
    const reaped = expiries.filter((_, i) => outcomes[i] === 'applied');
    for (const expiry of reaped) this.#log(expiry);
    if (reaped.length > 0) events.publish({ type: 'jobs_pending' });
    // A full batch of which nothing applied would only come again.
    return { reaped: reaped.length, nextRunAt: running.length === limit && reaped.length > 0 ? now : null };
  }

  async #expiries(stale: readonly RunningJob[]): Promise<Expiry[]> {
    const { queues, clock, random } = this.#ports;
    const names = [...new Set(stale.map(({ queueName }) => queueName))];
    const found = new Map(
      await Promise.all(names.map(async (name) => [name, await queues.get(name)] as const)),
    );
    const expiries: Expiry[] = [];
    for (const job of stale) {
      const policy = resolveRetryPolicy(job, found.get(job.queueName) ?? null, this.#defaults);
      const now = clock.now();
      const retryInMs = backoffMs(policy, job.attempt, random.next());
      const transition = expireLease(job, { retryInMs, disowned: job.visibleAt > now }, now);
      if (transition.kind !== 'changed') continue;
      const failedAttempt = {
        number: job.attempt,
        startedAt: job.startedAt ?? now,
        finishedAt: now,
        statusCode: null,
        error: transition.job.lastError ?? '',
        responseExcerpt: null,
      };
      expiries.push({
        job,
        settlement: { jobId: job.id, leaseToken: job.leaseToken, state: transition.job, failedAttempt },
      });
    }
    return expiries;
  }

  #log({ job, settlement }: Expiry): void {
    this.#ports.logger.warn('lease expired', {
      job_id: job.id,
      queue: job.queueName,
      attempt: job.attempt,
      worker_id: job.workerId,
      status: settlement.state.status,
      error: settlement.state.lastError,
    });
  }
}
