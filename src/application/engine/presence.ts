import type { Worker } from '../../domain/worker/worker.js';
import type { Clock } from '../ports/clock.js';
import type { Events } from '../ports/events.js';
import type { Ids } from '../ports/ids.js';
import type { Logger } from '../ports/logger.js';
import type { Processes } from '../ports/processes.js';
import type { WorkerStore } from '../ports/worker-store.js';
import type { LoopReport } from './loop.js';

export interface PresencePorts {
  readonly workers: WorkerStore;
  readonly processes: Processes;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly events: Events;
  readonly logger: Logger;
}

export interface PresenceOptions {
  /** Of the program. */
  readonly version: string;
  readonly slots: number;
  /** Empty: all. */
  readonly queues: readonly string[];
  readonly inFlight: () => number;
  /** Called when this worker finds itself declared dead: its leases are somebody else's to give. */
  readonly onLost: () => void;
  /** Called when this worker need not drain any more. */
  readonly onResumed: () => void;
}

export const BEAT_INTERVAL_MS = 5000;
/** A worker whose last beat is longer ago than this is in no position to judge others. */
const BEAT_OVERDUE_MS = BEAT_INTERVAL_MS + 2000;

/**
 * This process among the workers of the store. It registers under a new id, says every few seconds that it lives, and
 * when it was declared dead all the same (stopped, paged out, the store locked) it goes on under another id.
 *
 *   nobody ──join──▶ registered ──beat──▶ registered
 *      ▲                 │
 *      └── declared dead, or leave
 */
export class Presence {
  readonly #ports: PresencePorts;
  readonly #options: PresenceOptions;
  #id: string | null = null;
  /** Under which it was declared dead last. */
  #formerId: string | null = null;
  #isStopping = false;
  #joining: Promise<string> | undefined;
  #isDraining = false;
  /** On the monotonic clock. */
  #beatenAt = Number.NEGATIVE_INFINITY;

  constructor(ports: PresencePorts, options: PresenceOptions) {
    this.#ports = ports;
    this.#options = options;
  }

  /** The id under which this process is registered; null: under none now. */
  get id(): string | null {
    return this.#id;
  }

  get isDraining(): boolean {
    return this.#isDraining;
  }

  /** Whether this worker itself gets through to the store. */
  get isHeard(): boolean {
    return this.#ports.clock.monotonic() - this.#beatenAt <= BEAT_OVERDUE_MS;
  }

  /** Registers, unless this process is registered. @returns the id */
  join(): Promise<string> {
    if (this.#id !== null) return Promise.resolve(this.#id);
    this.#joining ??= this.#register().finally(() => {
      this.#joining = undefined;
    });
    return this.#joining;
  }

  /** One beat. */
  async runOnce(): Promise<LoopReport> {
    const id = this.#id;
    if (id === null) {
      await this.join();
    } else {
      const { workers, clock, events } = this.#ports;
      const beat = {
        id,
        stopping: this.#isStopping,
        inFlight: this.#options.inFlight(),
        now: clock.now(),
      };
      if ((await workers.beat(beat)) === 'lost') this.lose(id);
      else this.#beatenAt = clock.monotonic();
      events.publish({ type: 'workers_changed' });
    }
    return { nextRunAt: null };
  }

  /**
   * Takes note of how this worker stands in the store.
   * @param id under which it was registered when the store was read
   * @param worker null: it is not there
   */
  see(id: string, worker: Worker | null): void {
    if (worker === null) {
      this.lose(id);
    } else if (id === this.#id) {
      const isResumed = this.#isDraining && !worker.draining;
      this.#isDraining = worker.draining;
      if (isResumed) this.#options.onResumed();
    }
  }

  /** The worker with this id was told to drain. */
  drain(id: string): void {
    if (id === this.#id) this.#isDraining = true;
  }

  /** The worker with this id is not registered any more. */
  lose(id: string): void {
    if (id !== this.#id) return;
    this.#id = null;
    this.#formerId = id;
    this.#ports.logger.warn('declared dead: going on as another worker', { worker_id: id });
    this.#options.onLost();
  }

  /**
   * Says that this worker is to end, so that whoever finds it killed before that counts no crash. Not worth failing
   * for: the next beats say it again.
   */
  async announceStop(): Promise<void> {
    this.#isStopping = true;
    if (this.#id === null) return;
    try {
      await this.runOnce();
    } catch (error) {
      this.#ports.logger.warn('the stop was not announced', { reason: String(error) });
    }
  }

  /** Ends in an orderly way. That nothing is left of this worker is not worth failing for: others find it gone. */
  async leave(): Promise<void> {
    const id = this.#id;
    if (id === null) return;
    this.#id = null;
    try {
      await this.#ports.workers.remove(id);
    } catch (error) {
      this.#ports.logger.warn('not removed from the workers', { worker_id: id, reason: String(error) });
    }
  }

  async #register(): Promise<string> {
    const { workers, processes, clock, ids, events } = this.#ports;
    const { host, pid, space, birth } = processes.self;
    const { version, slots, queues, inFlight } = this.#options;
    // The host and the pid help operators; that an id is never used again is the UUID's doing.
    const id = `${host}:${pid}:${ids.next()}`;
    const now = clock.now();
    const worker = {
      id,
      host,
      process: { pid, space, birth },
      version,
      slots,
      queues,
      inFlight: inFlight(),
      // Whoever drains a process means it, whatever its id.
      draining: this.#isDraining,
      stopping: this.#isStopping,
      beats: 1,
      lastBeatAt: now,
      startedAt: now,
    };
    this.#isDraining = (await workers.register(worker, this.#formerId)).draining;
    this.#id = id;
    this.#beatenAt = clock.monotonic();
    events.publish({ type: 'workers_changed' });
    return id;
  }
}
