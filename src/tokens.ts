import type { RequestListener } from 'node:http';
import type { ServiceIdentifier } from 'inversify';
import type { Config } from './application/config.js';
import type { Engine } from './application/engine/engine.js';
import type { Clock } from './application/ports/clock.js';
import type { Dispatcher, Dispatchers } from './application/ports/dispatcher.js';
import type { Events } from './application/ports/events.js';
import type { Ids } from './application/ports/ids.js';
import type { JobQueries } from './application/ports/job-queries.js';
import type { JobStore } from './application/ports/job-store.js';
import type { Logger } from './application/ports/logger.js';
import type { QueueStore } from './application/ports/queue-store.js';
import type { Random } from './application/ports/random.js';
import type { Processes } from './application/ports/processes.js';
import type { ScheduleStore } from './application/ports/schedule-store.js';
import type { Scheduler } from './application/ports/scheduler.js';
import type { WorkerStore } from './application/ports/worker-store.js';
import type { UseCases } from './application/use-cases/use-cases.js';
import type { LiveUpdates } from './interfaces/dashboard/live-updates.js';
import type { Access } from './interfaces/http/access.js';
import type { HttpServer } from './interfaces/http/http-server.js';

// The cast ties each token to its type, so that the container checks what is bound and injected.
export const token = <T>(name: string) => Symbol.for(`mininq.${name}`) as ServiceIdentifier<T>;

/** What can be had from the container, and rebound in it. */
export const T = {
  Config: token<Config>('Config'),
  Clock: token<Clock>('Clock'),
  Scheduler: token<Scheduler>('Scheduler'),
  Ids: token<Ids>('Ids'),
  Random: token<Random>('Random'),
  Processes: token<Processes>('Processes'),
  Logger: token<Logger>('Logger'),
  Events: token<Events>('Events'),
  JobStore: token<JobStore>('JobStore'),
  JobQueries: token<JobQueries>('JobQueries'),
  QueueStore: token<QueueStore>('QueueStore'),
  ScheduleStore: token<ScheduleStore>('ScheduleStore'),
  WorkerStore: token<WorkerStore>('WorkerStore'),
  /** Delivers to http and https. */
  HttpDispatcher: token<Dispatcher>('HttpDispatcher'),
  /** By scheme; rebind it to add dispatchers of your own. */
  Dispatchers: token<Dispatchers>('Dispatchers'),
  UseCases: token<UseCases>('UseCases'),
  Engine: token<Engine>('Engine'),
  Access: token<Access>('Access'),
  LiveUpdates: token<LiveUpdates>('LiveUpdates'),
  HttpApp: token<RequestListener>('HttpApp'),
  HttpServer: token<HttpServer>('HttpServer'),
};
