import type { Queue, QueueChange } from '../../domain/queue/queue.js';

/** Queues and their settings. Rejects with StoreUnavailableError when the store fails. */
export interface QueueStore {
  create(queue: Queue): Promise<'created' | 'exists'>;
  get(name: string): Promise<Queue | null>;
  /** Ordered by name. */
  list(): Promise<Queue[]>;
  /** Applies `changeQueue` to the stored queue in one step. @returns the changed queue; null when there is none */
  update(name: string, change: QueueChange, now: number): Promise<Queue | null>;
  /** Finished jobs stay. active: it has pending or running jobs, and was left alone. */
  remove(name: string): Promise<'deleted' | 'active' | 'missing'>;
}
