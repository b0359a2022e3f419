import { ok, refuse, type Result } from '../errors.js';
import { queueNotFound } from './get-queue.js';
import type { Ports } from './ports.js';

/** Deletes a queue that has no pending or running jobs; its finished jobs stay. */
export type DeleteQueue = (name: string) => Promise<Result<{ readonly name: string }>>;

export function deleteQueue({ queues, events }: Pick<Ports, 'queues' | 'events'>): DeleteQueue {
  return async (name) => {
    switch (await queues.remove(name)) {
      case 'deleted':
        events.publish({ type: 'queue_changed' });
        return ok({ name });
      case 'missing':
        return queueNotFound(name);
      case 'active':
        return refuse(
          'queue_active',
          `Queue ${name} still has pending or running jobs; cancel them or wait until they are done`,
        );
    }
  };
}
