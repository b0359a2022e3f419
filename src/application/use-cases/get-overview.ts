import type { JobQueries, MinuteThroughput } from '../ports/job-queries.js';
import type { QueuesFound } from '../ports/queue-store.js';
import { MINUTE_MS, startOfMinute } from '../throughput.js';
import { uptimeOf, withTotal, type Metrics } from './get-metrics.js';
import type { Ports } from './ports.js';

/** What there is to see at a glance. All of it is read without a scan, however many jobs and queues there are. */
export interface Overview extends Pick<Metrics, 'uptimeSecs' | 'version' | 'jobs' | 'schedules'> {
  /** How many there are, and those with the most pending jobs. */
  readonly queues: QueuesFound;
  /** When the job fell due that has been ready for longest, epoch milliseconds; null when none is ready. */
  readonly oldestReadyAt: number | null;
  /** One a minute of the last hour, the oldest first; the last one is the present minute. */
  readonly throughput: readonly MinuteThroughput[];
  /** The sums of the throughput: jobs that completed, attempts that failed. */
  readonly lastHour: { readonly completed: number; readonly failed: number };
}

export type GetOverview = () => Promise<Overview>;

const MINUTES = 60;
const BUSIEST_QUEUES = 5;

/** @param version of the program */
export function getOverview(
  { queues, queries, schedules, clock }: Pick<Ports, 'queues' | 'queries' | 'schedules' | 'clock'>,
  version: string,
): GetOverview {
  const uptimeSecs = uptimeOf(clock);
  return async () => {
    const throughput = await throughputOfHour(queries, clock.now());
    return {
      uptimeSecs: uptimeSecs(),
      version,
      jobs: withTotal(await queries.totals()),
      queues: await queues.search({ text: '', order: 'pending', limit: BUSIEST_QUEUES, offset: 0 }),
      schedules: await schedules.counts(),
      oldestReadyAt: await queries.oldestReadyAt(),
      throughput,
      lastHour: {
        completed: throughput.reduce((sum, { completed }) => sum + completed, 0),
        failed: throughput.reduce((sum, { failed }) => sum + failed, 0),
      },
    };
  };
}

/** The store knows only the minutes in which something happened. */
async function throughputOfHour(queries: JobQueries, now: number): Promise<MinuteThroughput[]> {
  const first = startOfMinute(now) - (MINUTES - 1) * MINUTE_MS;
  const known = new Map((await queries.throughput(first)).map((entry) => [entry.minute, entry]));
  return Array.from({ length: MINUTES }, (_, index) => {
    const minute = first + index * MINUTE_MS;
    return known.get(minute) ?? { minute, completed: 0, failed: 0 };
  });
}
