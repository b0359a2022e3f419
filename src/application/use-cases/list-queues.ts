import type { QueueStats } from '../ports/queue-store.js';
import type { Ports } from './ports.js';

/** All queues, ordered by name. */
export type ListQueues = () => Promise<QueueStats[]>;

export function listQueues({ queues, queries }: Pick<Ports, 'queues' | 'queries'>): ListQueues {
  return async () => {
    const counts = new Map((await queries.counts()).map((count) => [count.queueName, count]));
    return (await queues.list()).map((queue) => ({
      queue,
      counts: counts.get(queue.name) ?? {
        queueName: queue.name,
        pending: 0,
        delayed: 0,
        running: 0,
        completed: 0,
        dead: 0,
      },
    }));
  };
}
