import * as z from 'zod';
import type { Worker } from '../../domain/worker/worker.js';
import { formatInstant, instant } from './instant.js';
import type { Shape } from './route.js';

export const workerShape = {
  name: 'Worker',
  schema: z.object({
    id: z.string().meta({ description: 'The worker_id of the jobs that it runs.' }),
    self: z.boolean().meta({ description: 'It is the process that answers.' }),
    host: z.string(),
    pid: z.int(),
    version: z.string(),
    slots: z.int().meta({ description: 'Jobs that it runs at once, at most.' }),
    in_flight: z.int().meta({ description: 'Jobs that it ran at its last beat.' }),
    queues: z.array(z.string()).meta({ description: 'Whose jobs it runs; empty: all.' }),
    draining: z.boolean().meta({ description: 'It begins no more jobs until it is resumed.' }),
    stopping: z.boolean().meta({ description: 'It was told to end, and begins no more jobs.' }),
    started_at: instant,
    last_beat_at: instant,
  }),
} satisfies Shape;

export const workerListShape = {
  name: 'WorkerList',
  schema: z.array(workerShape.schema),
} satisfies Shape;

/** @param ownId of the worker in this process; null when it has none */
export function presentWorker(worker: Worker, ownId: string | null): z.infer<typeof workerShape.schema> {
  return {
    id: worker.id,
    self: worker.id === ownId,
    host: worker.host,
    pid: worker.process.pid,
    version: worker.version,
    slots: worker.slots,
    in_flight: worker.inFlight,
    queues: [...worker.queues],
    draining: worker.draining,
    stopping: worker.stopping,
    started_at: formatInstant(worker.startedAt),
    last_beat_at: formatInstant(worker.lastBeatAt),
  };
}
