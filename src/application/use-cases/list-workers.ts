import type { Worker } from '../../domain/worker/worker.js';
import type { Ports } from './ports.js';

/** The longest running first. */
export type ListWorkers = () => Promise<readonly Worker[]>;

export function listWorkers({ workers }: Pick<Ports, 'workers'>): ListWorkers {
  return () => workers.list();
}
