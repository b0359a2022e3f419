import type { Worker } from '../../domain/worker/worker.js';
import type { Clock } from '../ports/clock.js';
import type { Events } from '../ports/events.js';
import type { Logger } from '../ports/logger.js';
import type { Processes } from '../ports/processes.js';
import type { WorkerStore } from '../ports/worker-store.js';
import type { LoopReport } from './loop.js';
import type { Presence } from './presence.js';

export interface WatchPorts {
  readonly workers: WorkerStore;
  readonly processes: Processes;
  readonly clock: Clock;
  readonly events: Events;
  readonly logger: Logger;
}

export interface WatchReport extends LoopReport {
  /** Workers that this pass declared dead. */
  readonly dead: number;
}

export const WATCH_INTERVAL_MS = 1000;
/** A worker that does not beat for this long is dead. */
export const SILENCE_MS = 15_000;
/** What one look adds to a silence at most: a process that was itself stopped between two looks watched nobody. */
const LONGEST_STEP_MS = 2 * WATCH_INTERVAL_MS;

interface Silence {
  /** The number of the last beat that was seen. */
  readonly beats: number;
  /** For how long it has been watched, and did not grow. */
  readonly lastsMs: number;
}

/**
 * Finds out which workers are dead, this one included. The wall clocks of two processes are never compared: a beat is a
 * number, and silence is what this process measures on its own monotonic clock. On the same machine a process that has
 * ended is dead at once.
 */
export class WatchWorkers {
  readonly #ports: WatchPorts;
  readonly #presence: Presence;
  readonly #onGone: () => void;
  #silences = new Map<string, Silence>();
  #lookedAt: number | undefined;

  /** @param onGone called when a worker is not there any more: it may have left jobs behind */
  constructor(ports: WatchPorts, presence: Presence, onGone: () => void) {
    this.#ports = ports;
    this.#presence = presence;
    this.#onGone = onGone;
  }

  async runOnce(): Promise<WatchReport> {
    const ownId = this.#presence.id;
    const workers = await this.#ports.workers.list();
    if (ownId !== null) this.#presence.see(ownId, workers.find(({ id }) => id === ownId) ?? null);
    const before = this.#silences;
    this.#listen(workers);
    let dead = 0;
    for (const worker of workers) {
      if (worker.id !== ownId && (await this.#isDeclaredDead(worker))) dead += 1;
    }
    const isGone = [...before.keys()].some((id) => !this.#silences.has(id));
    if (dead > 0 || isGone) {
      this.#onGone();
      this.#ports.events.publish({ type: 'workers_changed' });
    }
    return { dead, nextRunAt: null };
  }

  #listen(workers: readonly Worker[]): void {
    const now = this.#ports.clock.monotonic();
    const stepMs = Math.min(now - (this.#lookedAt ?? now), LONGEST_STEP_MS);
    this.#lookedAt = now;
    const silences = new Map<string, Silence>();
    for (const { id, beats } of workers) {
      const known = this.#silences.get(id);
      // While a lock or a full disk keeps this process from beating, it keeps the others from it as well.
      const lasts = known?.beats === beats && this.#presence.isHeard;
      silences.set(id, { beats, lastsMs: lasts ? known.lastsMs + stepMs : 0 });
    }
    this.#silences = silences;
  }

  async #isDeclaredDead({ id, host, process: identity, beats }: Worker): Promise<boolean> {
    const { workers, processes, logger } = this.#ports;
    const hasEnded = processes.hasEnded(identity);
    if (!hasEnded && (this.#silences.get(id)?.lastsMs ?? 0) < SILENCE_MS) return false;
    if ((await workers.declareDead(id, beats)) !== 'declared') return false;
    const reason = hasEnded ? 'its process has ended' : `no beat for ${SILENCE_MS / 1000} s`;
    logger.warn('worker lost', { worker_id: id, host, pid: identity.pid, reason });
    return true;
  }
}
