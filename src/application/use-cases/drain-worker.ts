import type { Worker } from '../../domain/worker/worker.js';
import { ok, refuse, type Refused, type Result } from '../errors.js';
import type { Ports } from './ports.js';

/**
 * @param draining true: the worker claims nothing more, and finishes what it has; its process stays up. false: it
 *   claims again
 */
export type DrainWorker = (id: string, draining: boolean) => Promise<Result<Worker>>;

export function drainWorker({ workers, events }: Pick<Ports, 'workers' | 'events'>): DrainWorker {
  return async (id, draining) => {
    const worker = await workers.setDraining(id, draining);
    if (!worker) return workerNotFound(id);
    events.publish({ type: 'workers_changed' });
    return ok(worker);
  };
}

export function workerNotFound(id: string): Refused {
  return refuse('worker_not_found', `Worker ${id} not found; GET /workers lists those that live`);
}
