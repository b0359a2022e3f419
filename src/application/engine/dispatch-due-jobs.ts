import { setMaxListeners } from 'node:events';
import type { Job } from '../../domain/job/job.js';
import { planClaim } from '../../domain/queue/claim-plan.js';
import type { Clock } from '../ports/clock.js';
import type { Event, Events } from '../ports/events.js';
import type { JobStore } from '../ports/job-store.js';
import type { Random } from '../ports/random.js';
import type { LoopReport } from './loop.js';
import type { Presence } from './presence.js';
import type { Shortage } from './shortage.js';
import { Slots } from './slots.js';

export interface DispatchOptions {
  readonly jobs: JobStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  /** Under whose id jobs are claimed. */
  readonly presence: Presence;
  /** Slots: attempts at once in this process. */
  readonly concurrency: number;
  /** Empty: all. */
  readonly queues: readonly string[];
  /** Carries out and settles one job; resolves with the milliseconds that the attempt itself took. Never rejects. */
  readonly run: (job: Job, signal: AbortSignal) => Promise<number>;
  /** Nothing is claimed while it pauses. */
  readonly shortage: Shortage;
  /** Called when slots became free. */
  readonly onFree: () => void;
}

export interface DispatchReport extends LoopReport {
  readonly claimed: number;
}

/** The claims that are in flight in this process. */
export interface OwnJobs {
  readonly inFlight: number;
  /** Is this claim of the job in flight here? Its result may have come in and wait for the store. */
  holds(job: Pick<Job, 'id' | 'leaseToken'>): boolean;
}

/** Jobs that one pass claims at most, so that thousands of free slots do not make one long transaction. */
const CLAIM_LIMIT = 200;

/**
 * After a claim, attempts often end at once, which wakes the loop. When they do not, it asks this much later what is
 * due next: so a drain does not ask at each of its passes.
 */
export const ASK_AFTER_MS = 5;

const NOTHING: DispatchReport = { claimed: 0, nextRunAt: null };
const CLAIMED: Event = { type: 'jobs_changed' };

/** Fills the free slots with due jobs. A slot is free again when its job is settled, not earlier. */
export class DispatchDueJobs implements OwnJobs {
  readonly #options: DispatchOptions;
  readonly #slots: Slots;
  readonly #inFlight = new Set<Promise<void>>();
  /** Job id -> lease token of what is in flight. */
  readonly #leases = new Map<string, number>();
  /** Interrupts what is in flight now. */
  #interruption = newInterruption();

  constructor(options: DispatchOptions) {
    this.#options = options;
    this.#slots = new Slots(options.concurrency, options.clock);
  }

  async runOnce(): Promise<DispatchReport> {
    const { jobs, clock, random, events, presence, queues, shortage } = this.#options;
    const { free } = this.#slots;
    // What is claimed after an abort would be given back at once, and claimed again.
    if (free === 0 || this.#interruption.signal.aborted) return NOTHING;
    const workerId = await presence.join();
    if (presence.isDraining) return NOTHING;
    const now = clock.now();
    if (shortage.pauseMs > 0) return { claimed: 0, nextRunAt: now + shortage.pauseMs };
    const slots = Math.min(free, CLAIM_LIMIT);
    const admission = this.#slots.admission();
    const outcome = await jobs.claim({
      now,
      workerId,
      slots,
      queues,
      plan: (snapshots) => {
        admission.begin();
        return planClaim(snapshots, this.#slots.toShare(slots), now, random.next());
      },
      admission,
    });
    if (outcome.kind === 'lost') presence.lose(workerId);
    if (outcome.kind === 'draining') presence.drain(workerId);
    // Jobs of an id that was lost meanwhile are abandoned, and as good as in other hands.
    if (outcome.kind !== 'claimed' || presence.id !== workerId) return NOTHING;
    const { length } = outcome.jobs;
    for (const job of outcome.jobs) this.#start(job);
    if (length > 0) events.publish(CLAIMED);
    return { claimed: length, nextRunAt: await this.#nextRunAt(free, slots, length) };
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  holds({ id, leaseToken }: Pick<Job, 'id' | 'leaseToken'>): boolean {
    return this.#leases.get(id) === leaseToken;
  }

  /** Resolves when nothing is in flight. */
  async drain(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  /** Interrupts what is in flight; its slots are free as it ends. */
  interrupt(): void {
    const interruption = this.#interruption;
    // After an abort it stays so.
    if (interruption.signal.aborted) return;
    this.#interruption = newInterruption();
    interruption.abort();
  }

  /** Interrupts what is in flight, and claims no more. */
  abort(): void {
    this.#interruption.abort();
  }

  async #nextRunAt(free: number, slots: number, claimed: number): Promise<number | null> {
    const { jobs, clock, queues } = this.#options;
    if (claimed === 0) return jobs.nextDueAt(clock.now(), queues, this.#slots.admission().queue);
    if (claimed < slots) return clock.now() + ASK_AFTER_MS;
    // With all slots taken, the next one that becomes free wakes the loop.
    return claimed < free ? clock.now() : null;
  }

  #start(job: Job): void {
    const release = this.#slots.take(job);
    const running = this.#options.run(job, this.#interruption.signal).then((tookMs) => {
      release(tookMs);
      this.#inFlight.delete(running);
      if (this.holds(job)) this.#leases.delete(job.id);
      this.#options.onFree();
    });
    this.#inFlight.add(running);
    this.#leases.set(job.id, job.leaseToken);
  }
}

function newInterruption(): AbortController {
  const interruption = new AbortController();
  // Every attempt in flight may listen; the runtime would warn from the eleventh on.
  setMaxListeners(0, interruption.signal);
  return interruption;
}
