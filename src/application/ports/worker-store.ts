import type { Worker } from '../../domain/worker/worker.js';

export interface Beat {
  readonly id: string;
  /** From the first one on, what the worker leaves when it dies is no crash. */
  readonly stopping: boolean;
  readonly inFlight: number;
  /** Epoch milliseconds, for people: no two clocks are compared. */
  readonly now: number;
}

/**
 * The workers that share the store. A worker that is not here is dead, and the jobs that it ran are abandoned
 * (JobStore.abandoned): of one that was declared dead, the store remembers whether it was stopping or draining until
 * its jobs are recovered. Each method is one atomic step; rejects with StoreUnavailableError when the store fails.
 */
export interface WorkerStore {
  /**
   * The id must never have been registered before.
   * @param formerId of the same process, which was declared dead under it: it drains as it did there
   * @returns the worker as it is registered
   */
  register(worker: Worker, formerId: string | null): Promise<Worker>;
  /** Says that the worker lives: its `beats` grow by one. lost: it was declared dead. */
  beat(beat: Beat): Promise<'alive' | 'lost'>;
  /** The longest running first. */
  list(): Promise<Worker[]>;
  get(id: string): Promise<Worker | null>;
  /** A worker that drains claims nothing more. @returns the worker as it is now; null when there is none */
  setDraining(id: string, draining: boolean): Promise<Worker | null>;
  /**
   * Removes a worker that is thought to be dead; what it was doing is remembered until `bury`.
   * @param beats as they were when it was judged: a beat since then proves that it lives, and it stays
   */
  declareDead(id: string, beats: number): Promise<'declared' | 'alive' | 'missing'>;
  /** Forgets the dead that have left no running jobs behind. */
  bury(): Promise<void>;
  /** Removes a worker that has ended in an orderly way. */
  remove(id: string): Promise<void>;
}
