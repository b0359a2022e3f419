import type { Clock } from '../ports/clock.js';
import type { JobCounts } from '../ports/job-queries.js';
import type { QueueStats } from '../ports/queue-store.js';
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
  const uptimeSecs = uptimeOf(clock);
  return async () => ({
    uptimeSecs: uptimeSecs(),
    version,
    jobs: withTotal(await queries.totals()),
    queues: await listQueues({ queues, queries })(),
    schedules: await schedules.counts(),
  });
}

/** Whole seconds since this was called, whenever the returned function is. */
export function uptimeOf(clock: Clock): () => number {
  const startedAt = clock.monotonic();
  return () => Math.floor((clock.monotonic() - startedAt) / 1000);
}

export function withTotal(jobs: Omit<JobCounts, 'queueName'>): Metrics['jobs'] {
  return { ...jobs, total: jobs.pending + jobs.running + jobs.completed + jobs.dead };
}
