import { LIST_LIMIT_MAX } from '../limits.js';
import type { QueueSearch, QueuesFound } from '../ports/queue-store.js';
import type { Ports } from './ports.js';

/** Some of the queues, and how many there are in all; a limit over LIST_LIMIT_MAX counts as that. */
export type ListQueuePage = (search: QueueSearch) => Promise<QueuesFound>;

export function listQueuePage({ queues }: Pick<Ports, 'queues'>): ListQueuePage {
  return (search) => queues.search({ ...search, limit: Math.min(search.limit, LIST_LIMIT_MAX) });
}
