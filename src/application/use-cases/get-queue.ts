import { ok, refuse, type Refused, type Result } from '../errors.js';
import type { QueueStats } from '../ports/queue-store.js';
import type { Ports } from './ports.js';

export type GetQueue = (name: string) => Promise<Result<QueueStats>>;

export function getQueue({ queues, queries }: Pick<Ports, 'queues' | 'queries'>): GetQueue {
  return async (name) => {
    const queue = await queues.get(name);
    return queue ? ok({ queue, counts: await queries.countsOf(name) }) : queueNotFound(name);
  };
}

export function queueNotFound(name: string): Refused {
  return refuse('queue_not_found', `Queue ${name} not found`);
}
