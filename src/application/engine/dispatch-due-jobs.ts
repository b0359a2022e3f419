import { setMaxListeners } from 'node:events';
import type { Job } from '../../domain/job/job.js';
import { planClaim } from '../../domain/queue/claim-plan.js';
import type { Clock } from '../ports/clock.js';
import type { Event, Events } from '../ports/events.js';
import type { JobStore } from '../ports/job-store.js';
import type { Random } from '../ports/random.js';
import type { LoopReport } from './loop.js';
import type { Shortage } from './shortage.js';
import { Slots } from './slots.js';

export interface DispatchOptions {
  readonly jobs: JobStore;
  readonly clock: Clock;
  readonly random: Random;
  readonly events: Events;
  readonly workerId: string;
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

/** Jobs that one pass claims at most, so that thousands of free slots do not make one long transaction. */
const CLAIM_LIMIT = 200;

const CLAIMED: Event = { type: 'jobs_changed' };

/** Fills the free slots with due jobs. A slot is free again when its job is settled, not earlier. */
export class DispatchDueJobs {
  readonly #options: DispatchOptions;
  readonly #slots: Slots;
  readonly #inFlight = new Set<Promise<void>>();
  /** Job id -> lease token of what is in flight. */
  readonly #leases = new Map<string, number>();
  readonly #forcedStop = new AbortController();

  constructor(options: DispatchOptions) {
    this.#options = options;
    this.#slots = new Slots(options.concurrency, options.clock);
    // Every attempt in flight may listen; the runtime would warn from the eleventh on.
    setMaxListeners(0, this.#forcedStop.signal);
  }

  async runOnce(): Promise<DispatchReport> {
    const { jobs, clock, random, events, workerId, queues, shortage } = this.#options;
    const { free } = this.#slots;
    // What is claimed after an abort would be given back at once, and claimed again.
    if (free === 0 || this.#forcedStop.signal.aborted) return { claimed: 0, nextRunAt: null };
    const now = clock.now();
    if (shortage.pauseMs > 0) return { claimed: 0, nextRunAt: now + shortage.pauseMs };
    const slots = Math.min(free, CLAIM_LIMIT);
    const admission = this.#slots.admission();
    const claimed = await jobs.claim({
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
    for (const job of claimed) this.#start(job);
    if (claimed.length > 0) events.publish(CLAIMED);
    return { claimed: claimed.length, nextRunAt: await this.#nextRunAt(free, slots, claimed.length) };
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  /** Is this claim of the job in flight here? Its result may have come in and wait for the store. */
  holds({ id, leaseToken }: Job): boolean {
    return this.#leases.get(id) === leaseToken;
  }

  /** Resolves when nothing is in flight. */
  async drain(): Promise<void> {
    while (this.#inFlight.size > 0) await Promise.all(this.#inFlight);
  }

  /** Interrupts what is in flight, and claims no more. */
  abort(): void {
    this.#forcedStop.abort();
  }

  async #nextRunAt(free: number, slots: number, claimed: number): Promise<number | null> {
    const { jobs, clock, queues } = this.#options;
    if (claimed < slots) return jobs.nextDueAt(clock.now(), queues, this.#slots.admission().queue);
    // With all slots taken, the next one that becomes free wakes the loop.
    return claimed < free ? clock.now() : null;
  }

  #start(job: Job): void {
    const release = this.#slots.take(job);
    const running = this.#options.run(job, this.#forcedStop.signal).then((tookMs) => {
      release(tookMs);
      this.#inFlight.delete(running);
      if (this.holds(job)) this.#leases.delete(job.id);
      this.#options.onFree();
    });
    this.#inFlight.add(running);
    this.#leases.set(job.id, job.leaseToken);
  }
}
