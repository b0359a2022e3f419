import type { Queue, QueueChange } from '../../domain/queue/queue.js';
import { ok, type Result } from '../errors.js';
import { queueNotFound } from './get-queue.js';
import type { Ports } from './ports.js';

/** Changes the given settings, pause and resume among them. Running jobs go on under the settings they began with. */
export type UpdateQueue = (name: string, change: QueueChange) => Promise<Result<Queue>>;

export function updateQueue({
  queues,
  clock,
  events,
}: Pick<Ports, 'queues' | 'clock' | 'events'>): UpdateQueue {
  return async (name, change) => {
    const queue = await queues.update(name, change, clock.now());
    if (!queue) return queueNotFound(name);
    events.publish({ type: 'queue_changed' });
    return ok(queue);
  };
}
