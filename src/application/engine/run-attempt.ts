import type { Job } from '../../domain/job/job.js';
import { parseJobHeaders } from '../../domain/job/job-headers.js';
import type { FailedAttempt, Outcome } from '../../domain/job/outcome.js';
import {
  failPermanently,
  failTransiently,
  release,
  succeed,
  type Transition,
} from '../../domain/job/transitions.js';
import { retryDelayMs, type RetryPolicy } from '../../domain/retry/backoff.js';
import { resolveRetryPolicy } from '../../domain/retry/retry-policy.js';
import type { Clock } from '../ports/clock.js';
import type { Dispatchers } from '../ports/dispatcher.js';
import type { Event, Events } from '../ports/events.js';
import type { JobStore, Settlement } from '../ports/job-store.js';
import type { Logger } from '../ports/logger.js';
import type { QueueStore } from '../ports/queue-store.js';
import type { Random } from '../ports/random.js';
import type { Scheduler } from '../ports/scheduler.js';
import type { QueueSecrets } from './queue-secrets.js';
import type { Shortage } from './shortage.js';
import { untilAvailable } from './until-available.js';

export interface RunAttemptPorts {
  readonly jobs: JobStore;
  readonly queues: QueueStore;
  readonly dispatchers: Dispatchers;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly random: Random;
  readonly events: Events;
  readonly logger: Logger;
}

/** How long past its timeout a dispatcher may hold a slot before the attempt is given up on. */
export const OVERRUN_MS = 1000;

const SETTLED: Event = { type: 'jobs_changed' };

type Failed = Extract<Outcome, { kind: 'failed' }>;

/**
 * Carries out one claimed job and settles it: dispatch, outcome, transition, store. Attempts that end in the same turn
 * of the event loop are settled together, as the store groups its writes.
 */
export class RunAttempt {
  readonly #ports: RunAttemptPorts;
  readonly #defaults: RetryPolicy;
  readonly #shortage: Shortage;
  readonly #secrets: QueueSecrets;

  /**
   * @param defaults for jobs and queues that don't say how to back off
   * @param shortage is told which attempts could be made
   * @param secrets of the queues, to sign with
   */
  constructor(ports: RunAttemptPorts, defaults: RetryPolicy, shortage: Shortage, secrets: QueueSecrets) {
    this.#ports = ports;
    this.#defaults = defaults;
    this.#shortage = shortage;
    this.#secrets = secrets;
  }

  /**
   * @param signal aborted when the process is forced to stop, or loses its leases: the attempt is then given back
   * @returns milliseconds that the attempt itself took, without the storing of its outcome
   */
  async run(job: Job, signal: AbortSignal): Promise<number> {
    const { clock, events, logger, jobs } = this.#ports;
    const begunAt = clock.monotonic();
    let tookMs = 0;
    try {
      const outcome = await this.#dispatch(job, signal);
      tookMs = clock.monotonic() - begunAt;
      if (outcome.kind === 'not_sent') this.#shortage.met(outcome.reason);
      else if (outcome.kind !== 'interrupted') this.#shortage.passed();
      const { settlement, describe } = await this.#settlement(job, outcome, signal);
      const [settled] = await untilAvailable(() => jobs.settle([settlement]), this.#ports, signal);
      if (settled === 'applied') {
        describe(clock.monotonic() - begunAt);
        events.publish(SETTLED);
      } else {
        logger.warn('result dropped: the lease was lost', { ...about(job), outcome: outcome.kind });
      }
    } catch (error) {
      // The lease runs out, and the job is delivered again.
      logger.error('result could not be stored', about(job), error);
    }
    return tookMs;
  }

  async #dispatch(job: Job, signal: AbortSignal): Promise<Outcome> {
    const dispatcher = this.#ports.dispatchers.forUrl(job.callbackUrl);
    if (!dispatcher) return failed(true, 'no dispatcher is registered for the scheme of callback_url');
    let signingSecrets: readonly string[] | null;
    try {
      signingSecrets = await this.#secrets.of(job.queueName);
    } catch {
      return { kind: 'not_sent', reason: 'the signing secrets of the queue cannot be read' };
    }
    const attempt = {
      jobId: job.id,
      queueName: job.queueName,
      number: job.attempt,
      url: job.callbackUrl,
      payload: job.payload,
      headers: parseJobHeaders(job.headers),
      signingSecrets,
      timeoutMs: job.timeoutMs,
    };
    let cancel = (): void => undefined;
    const overrun = new Promise<Outcome>((resolve) => {
      cancel = this.#ports.scheduler.after(job.timeoutMs + OVERRUN_MS, () =>
        resolve(failed(false, `timeout: the dispatcher did not end within ${job.timeoutMs} ms`)),
      );
    });
    try {
      return await Promise.race([dispatcher.dispatch(attempt, signal), overrun]);
    } catch (error) {
      // Many a client rejects when its signal is aborted. That must not cost the job an attempt.
      if (signal.aborted) return { kind: 'interrupted' };
      this.#ports.logger.error('dispatcher failed', about(job), error);
      return failed(false, 'internal: the dispatcher failed; see the log');
    } finally {
      cancel();
    }
  }

  async #settlement(
    job: Job,
    outcome: Outcome,
    signal: AbortSignal,
  ): Promise<{ settlement: Settlement; describe: (durationMs: number) => void }> {
    const { clock, logger } = this.#ports;
    const now = clock.now();
    switch (outcome.kind) {
      case 'succeeded': {
        const { result, resultTruncated } = outcome;
        const success = succeed(job, { leaseToken: job.leaseToken, result, resultTruncated }, now);
        const describe = (durationMs: number) => logger.debug('job completed', about(job, durationMs));
        return { settlement: settle(job, success, null), describe };
      }
      case 'interrupted': {
        const settlement = settle(job, release(job, { leaseToken: job.leaseToken }, now), null);
        return { settlement, describe: () => logger.info('attempt given back', about(job)) };
      }
      case 'not_sent': {
        const settlement = settle(job, release(job, { leaseToken: job.leaseToken }, now), null);
        // The pause has its line in the log; one a job and a pause would be many.
        return { settlement, describe: () => logger.debug('attempt given back', about(job)) };
      }
      case 'failed': {
        const transition = outcome.permanent
          ? failPermanently(job, { leaseToken: job.leaseToken, error: outcome.error }, now)
          : await this.#failTransiently(job, outcome, now, signal);
        const settlement = settle(job, transition, this.#failedAttempt(job, outcome, now));
        return { settlement, describe: (durationMs) => this.#logFailure(job, settlement, durationMs) };
      }
    }
  }

  async #failTransiently(job: Job, outcome: Failed, now: number, signal: AbortSignal): Promise<Transition> {
    const { queues, random } = this.#ports;
    const queue = await untilAvailable(() => queues.get(job.queueName), this.#ports, signal);
    const policy = resolveRetryPolicy(job, queue, this.#defaults);
    const retryInMs = retryDelayMs(policy, job.attempt, random.next(), outcome.retryAfterMs);
    return failTransiently(job, { leaseToken: job.leaseToken, error: outcome.error, retryInMs }, now);
  }

  #failedAttempt(job: Job, outcome: Failed, now: number): FailedAttempt {
    return {
      number: job.attempt,
      startedAt: job.startedAt ?? now,
      finishedAt: now,
      statusCode: outcome.statusCode,
      error: outcome.error,
      responseExcerpt: outcome.responseExcerpt,
    };
  }

  #logFailure(job: Job, { state }: Settlement, durationMs: number): void {
    const fields = { ...about(job, durationMs), error: state.lastError };
    if (state.status === 'dead') this.#ports.logger.warn('job dead', fields);
    else
      this.#ports.logger.info('attempt failed', {
        ...fields,
        retry_in_ms: state.visibleAt - state.updatedAt,
      });
  }
}

function settle(job: Job, transition: Transition, failedAttempt: FailedAttempt | null): Settlement {
  // A job that was just claimed accepts each of these events; the store checks the lease as it is by then.
  if (transition.kind !== 'changed') throw new Error(`a claimed job refused its outcome: ${transition.kind}`);
  return { jobId: job.id, leaseToken: job.leaseToken, state: transition.job, failedAttempt };
}

function failed(permanent: boolean, error: string): Outcome {
  return { kind: 'failed', permanent, error, statusCode: null, responseExcerpt: null, retryAfterMs: null };
}

/** What a line about a job carries; without a duration when that says nothing. */
function about({ id, queueName, attempt }: Job, durationMs?: number) {
  const duration_ms = durationMs === undefined ? undefined : Math.round(durationMs);
  return { job_id: id, queue: queueName, attempt, duration_ms };
}
