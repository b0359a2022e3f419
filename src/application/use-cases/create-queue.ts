import { newQueue, type Queue, type QueueSettings } from '../../domain/queue/queue.js';
import { queueDefaults, type JobDefaults } from '../config.js';
import { ok, refuse, tooManyQueues, type Result } from '../errors.js';
import type { Ports } from './ports.js';

/** Settings that are left out take the configuration's defaults. */
export type CreateQueue = (name: string, settings: Partial<QueueSettings>) => Promise<Result<Queue>>;

export function createQueue(
  { queues, clock, events }: Pick<Ports, 'queues' | 'clock' | 'events'>,
  defaults: JobDefaults,
): CreateQueue {
  return async (name, settings) => {
    const queue = newQueue(name, { ...queueDefaults(defaults), ...settings }, clock.now());
    const outcome = await queues.create(queue);
    if (outcome === 'too_many_queues') return tooManyQueues();
    if (outcome === 'exists') {
      return refuse(
        'queue_exists',
        `Queue ${name} already exists; change it with PUT /queues/${encodeURIComponent(name)}`,
      );
    }
    events.publish({ type: 'queue_changed' });
    return ok(queue);
  };
}
