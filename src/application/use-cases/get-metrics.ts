import type { JobCounts } from '../ports/job-queries.js';
import type { QueueStats } from './get-queue.js';
import { listQueues } from './list-queues.js';
import type { Ports } from './ports.js';

export interface Metrics {
  /** Whole seconds since the start. */
  readonly uptimeSecs: number;
  readonly version: string;
  readonly jobs: Omit<JobCounts, 'queueName'> & { readonly total: number };
  readonly queues: readonly QueueStats[];
  readonly schedules: { readonly total: number; readonly enabled: number };
}

export type GetMetrics = () => Promise<Metrics>;

/** @param version of the program */
export function getMetrics(
  { queues, queries, schedules, clock }: Pick<Ports, 'queues' | 'queries' | 'schedules' | 'clock'>,
  version: string,
): GetMetrics {
  const startedAt = clock.monotonic();
  return async () => ({
    uptimeSecs: Math.floor((clock.monotonic() - startedAt) / 1000),
    version,
    jobs: sum(await queries.counts()),
    queues: await listQueues({ queues, queries })(),
    schedules: await schedules.counts(),
  });
}

/** Over all queues, those included that were deleted and left finished jobs behind. */
function sum(counts: readonly JobCounts[]): Metrics['jobs'] {
  const jobs = { pending: 0, running: 0, completed: 0, dead: 0 };
  for (const { pending, running, completed, dead } of counts) {
    jobs.pending += pending;
    jobs.running += running;
    jobs.completed += completed;
    jobs.dead += dead;
  }
  return { total: jobs.pending + jobs.running + jobs.completed + jobs.dead, ...jobs };
}
