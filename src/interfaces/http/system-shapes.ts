import * as z from 'zod';
import type { Metrics } from '../../application/use-cases/get-metrics.js';
import type { Shape } from './route.js';

export const healthShape = {
  name: 'Health',
  schema: z.object({ status: z.literal('ok'), version: z.string() }),
} satisfies Shape;

export const metricsShape = {
  name: 'Metrics',
  schema: z.object({
    uptime_secs: z.int(),
    version: z.string(),
    jobs: z.object({
      total: z.int(),
      pending: z.int(),
      running: z.int(),
      completed: z.int(),
      dead: z.int(),
    }),
    queues: z.array(
      z.object({
        name: z.string(),
        paused: z.boolean(),
        depth: z.int().meta({ description: 'Pending jobs.' }),
        in_flight: z.int().meta({ description: 'Running jobs.' }),
      }),
    ),
    schedules: z.object({ total: z.int(), enabled: z.int() }),
  }),
} satisfies Shape;

export const openApiShape = {
  name: 'OpenApi',
  schema: z.looseObject({ openapi: z.string() }),
} satisfies Shape;

export function presentMetrics(metrics: Metrics): z.infer<typeof metricsShape.schema> {
  const { total, pending, running, completed, dead } = metrics.jobs;
  return {
    uptime_secs: metrics.uptimeSecs,
    version: metrics.version,
    jobs: { total, pending, running, completed, dead },
    queues: metrics.queues.map(({ queue, counts }) => ({
      name: queue.name,
      paused: queue.paused,
      depth: counts.pending,
      in_flight: counts.running,
    })),
    schedules: { total: metrics.schedules.total, enabled: metrics.schedules.enabled },
  };
}
