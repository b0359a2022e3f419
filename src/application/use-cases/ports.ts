import type { Clock } from '../ports/clock.js';
import type { Events } from '../ports/events.js';
import type { Ids } from '../ports/ids.js';
import type { JobQueries } from '../ports/job-queries.js';
import type { JobStore } from '../ports/job-store.js';
import type { QueueStore } from '../ports/queue-store.js';
import type { ScheduleStore } from '../ports/schedule-store.js';
import type { Scheduler } from '../ports/scheduler.js';
import type { WorkerStore } from '../ports/worker-store.js';

/** What use cases work with; each takes the part that it needs. */
export interface Ports {
  readonly jobs: JobStore;
  readonly queries: JobQueries;
  readonly queues: QueueStore;
  readonly schedules: ScheduleStore;
  readonly workers: WorkerStore;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly ids: Ids;
  readonly events: Events;
}
