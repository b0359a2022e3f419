import { changeQueue, type Queue, type QueueChange } from '../../domain/queue/queue.js';
import type { QueueSearch, QueuesFound, QueueStore } from '../../application/ports/queue-store.js';
import { lowerAscii } from '../../application/lower-ascii.js';
import type { MemoryData } from './memory-data.js';

export class MemoryQueueStore implements QueueStore {
  readonly #data: MemoryData;

  constructor(data: MemoryData) {
    this.#data = data;
  }

  create(queue: Queue): Promise<'created' | 'exists' | 'too_many_queues'> {
    if (this.#data.queues.has(queue.name)) return Promise.resolve('exists');
    if (!this.#data.admits([queue.name])) return Promise.resolve('too_many_queues');
    this.#data.queues.set(queue.name, queue);
    return Promise.resolve('created');
  }

  get(name: string): Promise<Queue | null> {
    return Promise.resolve(this.#data.queues.get(name) ?? null);
  }

  list(): Promise<Queue[]> {
    return Promise.resolve([...this.#data.queues.values()].sort((a, b) => (a.name < b.name ? -1 : 1)));
  }

  search({ text, order, limit, offset }: QueueSearch): Promise<QueuesFound> {
    const wanted = lowerAscii(text);
    const matching = [...this.#data.queues.values()]
      .filter(({ name }) => lowerAscii(name).includes(wanted))
      .map((queue) => ({ queue, counts: { queueName: queue.name, ...this.#data.count(queue.name) } }))
      .sort(
        (a, b) =>
          (order === 'name' ? 0 : b.counts[order] - a.counts[order]) ||
          (a.queue.name < b.queue.name ? -1 : 1),
      );
    return Promise.resolve({ queues: matching.slice(offset, offset + limit), total: matching.length });
  }

  update(name: string, change: QueueChange, now: number): Promise<Queue | null> {
    const queue = this.#data.queues.get(name);
    if (!queue) return Promise.resolve(null);
    const changed = changeQueue(queue, change, now);
    this.#data.queues.set(name, changed);
    return Promise.resolve(changed);
  }

  remove(name: string): Promise<'deleted' | 'active' | 'missing'> {
    const active = [...this.#data.jobs.values()].some(
      ({ queueName, status }) => queueName === name && (status === 'pending' || status === 'running'),
    );
    if (active) return Promise.resolve('active');
    return Promise.resolve(this.#data.queues.delete(name) ? 'deleted' : 'missing');
  }
}
