import type { Queue, QueueChange } from '../../domain/queue/queue.js';
import type { JobCounts } from './job-queries.js';

export interface QueueStats {
  readonly queue: Queue;
  readonly counts: JobCounts;
}

export const QUEUE_ORDERS = ['name', 'pending', 'running', 'completed', 'dead'] as const;
/** By name, or the queues with the most jobs of a status first, then by name. */
export type QueueOrder = (typeof QUEUE_ORDERS)[number];

export interface QueueSearch {
  /** Queues whose name contains this text; ASCII letters in either case are the same. Empty: all. */
  readonly text: string;
  readonly order: QueueOrder;
  readonly limit: number;
  readonly offset: number;
}

export interface QueuesFound {
  readonly queues: readonly QueueStats[];
  /** Without the limit. */
  readonly total: number;
}

/** Queues and their settings. Rejects with StoreUnavailableError when the store fails. */
export interface QueueStore {
  /** too_many_queues: there are as many as the store may have. */
  create(queue: Queue): Promise<'created' | 'exists' | 'too_many_queues'>;
  get(name: string): Promise<Queue | null>;
  /** Ordered by name. */
  list(): Promise<Queue[]>;
  search(search: QueueSearch): Promise<QueuesFound>;
  /** Applies `changeQueue` to the stored queue in one step. @returns the changed queue; null when there is none */
  update(name: string, change: QueueChange, now: number): Promise<Queue | null>;
  /** Finished jobs stay. active: it has pending or running jobs, and was left alone. */
  remove(name: string): Promise<'deleted' | 'active' | 'missing'>;
}
