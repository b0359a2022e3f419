import 'reflect-metadata';
import type { RequestListener } from 'node:http';
import { hostname } from 'node:os';
import { Container } from 'inversify';
import type { Config } from './application/config.js';
import { Engine } from './application/engine/engine.js';
import type { Clock } from './application/ports/clock.js';
import type { Dispatcher, Dispatchers } from './application/ports/dispatcher.js';
import type { Events } from './application/ports/events.js';
import type { Ids } from './application/ports/ids.js';
import type { JobQueries } from './application/ports/job-queries.js';
import type { JobStore } from './application/ports/job-store.js';
import type { Logger } from './application/ports/logger.js';
import type { QueueStore } from './application/ports/queue-store.js';
import type { Random } from './application/ports/random.js';
import type { ScheduleStore } from './application/ports/schedule-store.js';
import type { Scheduler } from './application/ports/scheduler.js';
import { createUseCases, type UseCases } from './application/use-cases/use-cases.js';
import { DispatcherRegistry } from './infrastructure/dispatch/dispatcher-registry.js';
import { UndiciHttpDispatcher } from './infrastructure/dispatch/undici-http-dispatcher.js';
import { InProcessEvents } from './infrastructure/events/in-process-events.js';
import { UuidIds } from './infrastructure/ids/uuid-ids.js';
import { PinoLogger } from './infrastructure/logging/pino-logger.js';
import { MemoryData } from './infrastructure/memory/memory-data.js';
import { MemoryJobQueries } from './infrastructure/memory/memory-job-queries.js';
import { MemoryJobStore } from './infrastructure/memory/memory-job-store.js';
import { MemoryQueueStore } from './infrastructure/memory/memory-queue-store.js';
import { MemoryScheduleStore } from './infrastructure/memory/memory-schedule-store.js';
import { SystemRandom } from './infrastructure/random/system-random.js';
import { JobWriter } from './infrastructure/sqlite/job-writer.js';
import { SqliteDatabase } from './infrastructure/sqlite/sqlite-database.js';
import { SqliteJobQueries } from './infrastructure/sqlite/sqlite-job-queries.js';
import { SqliteJobStore } from './infrastructure/sqlite/sqlite-job-store.js';
import { SqliteQueueStore } from './infrastructure/sqlite/sqlite-queue-store.js';
import { SqliteScheduleStore } from './infrastructure/sqlite/sqlite-schedule-store.js';
import { SystemClock } from './infrastructure/time/system-clock.js';
import { SystemScheduler } from './infrastructure/time/system-scheduler.js';
import { Assets } from './interfaces/dashboard/assets.js';
import { createDashboard, type Dashboard } from './interfaces/dashboard/dashboard.js';
import { LiveUpdates } from './interfaces/dashboard/live-updates.js';
import { createHttpApp } from './interfaces/http/http-app.js';
import { createHttpServer } from './interfaces/http/http-server.js';
import { T, token } from './tokens.js';
import { VERSION } from './version.js';

export type { Container } from 'inversify';

/** Shared by the SQLite stores. Not in T, so that users of the library need not have the types of the driver. */
const SQLITE = {
  Database: token<SqliteDatabase>('sqlite.Database'),
  JobWriter: token<JobWriter>('sqlite.JobWriter'),
};

/** Everything that mininq is made of, on its SQLite store. Rebind a token to put your own part in its place. */
export function buildContainer(config: Config): Container {
  const container = new Container({ defaultScope: 'Singleton' });
  container.bind(T.Config).toConstantValue(config);
  bindSurroundings(container);
  bindSqlite(container);
  bindDispatchers(container);
  bindEngine(container);
  bindDashboard(container);
  bindHttp(container);
  return container;
}

/** Puts the memory store in the place of SQLite. */
export function useMemoryStore(container: Container): void {
  for (const store of [T.JobStore, T.JobQueries, T.QueueStore, T.ScheduleStore]) container.unbind(store);
  const data = new MemoryData();
  container.bind(T.JobStore).toConstantValue(new MemoryJobStore(data));
  container.bind(T.JobQueries).toConstantValue(new MemoryJobQueries(data));
  container.bind(T.QueueStore).toConstantValue(new MemoryQueueStore(data));
  container.bind(T.ScheduleStore).toConstantValue(new MemoryScheduleStore(data));
}

function bindSurroundings(container: Container): void {
  container.bind(T.Clock).toResolvedValue(() => new SystemClock());
  container.bind(T.Scheduler).toResolvedValue(() => new SystemScheduler());
  container.bind(T.Ids).toResolvedValue(() => new UuidIds());
  container.bind(T.Random).toResolvedValue(() => new SystemRandom());
  container
    .bind(T.Logger)
    .toResolvedValue(
      ({ logging }: Config) => new PinoLogger({ ...logging, color: process.stdout.isTTY }),
      [T.Config],
    );
  container.bind(T.Events).toResolvedValue((logger: Logger) => new InProcessEvents(logger), [T.Logger]);
  // The host's name helps operators; that two starts never share an id is the UUID's doing.
  container
    .bind(T.WorkerId)
    .toResolvedValue((ids: Ids) => `${hostname()}:${process.pid}:${ids.next()}`, [T.Ids]);
}

function bindSqlite(container: Container): void {
  container
    .bind(SQLITE.Database)
    .toResolvedValue(
      ({ server }: Config, scheduler: Scheduler, logger: Logger) =>
        new SqliteDatabase(server.dbPath, server.durability, { scheduler, logger }),
      [T.Config, T.Scheduler, T.Logger],
    );
  container
    .bind(SQLITE.JobWriter)
    .toResolvedValue((db: SqliteDatabase) => new JobWriter(db), [SQLITE.Database]);
  container
    .bind(T.JobStore)
    .toResolvedValue(
      (db: SqliteDatabase, writer: JobWriter) => new SqliteJobStore(db, writer),
      [SQLITE.Database, SQLITE.JobWriter],
    );
  container
    .bind(T.JobQueries)
    .toResolvedValue((db: SqliteDatabase) => new SqliteJobQueries(db), [SQLITE.Database]);
  container
    .bind(T.QueueStore)
    .toResolvedValue((db: SqliteDatabase) => new SqliteQueueStore(db), [SQLITE.Database]);
  container
    .bind(T.ScheduleStore)
    .toResolvedValue(
      (db: SqliteDatabase, writer: JobWriter) => new SqliteScheduleStore(db, writer),
      [SQLITE.Database, SQLITE.JobWriter],
    );
}

function bindDispatchers(container: Container): void {
  container.bind(T.HttpDispatcher).toResolvedValue(
    ({ worker, defaults }: Config, clock: Clock) =>
      new UndiciHttpDispatcher({
        retryStatuses: defaults.retryStatuses,
        maxResultBytes: defaults.maxResultBytes,
        // As many as there are slots: an origin is limited by its queue, not here.
        connectionsPerOrigin: worker.concurrency,
        version: VERSION,
        clock,
      }),
    [T.Config, T.Clock],
  );
  container
    .bind(T.Dispatchers)
    .toResolvedValue((http: Dispatcher) => new DispatcherRegistry({ http, https: http }), [T.HttpDispatcher]);
}

function bindEngine(container: Container): void {
  container
    .bind(T.Engine)
    .toResolvedValue(
      (
        config: Config,
        workerId: string,
        jobs: JobStore,
        queues: QueueStore,
        schedules: ScheduleStore,
        dispatchers: Dispatchers,
        clock: Clock,
        scheduler: Scheduler,
        ids: Ids,
        random: Random,
        events: Events,
        logger: Logger,
      ) =>
        new Engine(
          { jobs, queues, schedules, dispatchers, clock, scheduler, ids, random, events, logger },
          config,
          workerId,
        ),
      [
        T.Config,
        T.WorkerId,
        T.JobStore,
        T.QueueStore,
        T.ScheduleStore,
        T.Dispatchers,
        T.Clock,
        T.Scheduler,
        T.Ids,
        T.Random,
        T.Events,
        T.Logger,
      ],
    );
}

/** The dashboard's files, read when the server starts. */
const ASSETS = token<Assets>('dashboard.Assets');
const DASHBOARD = token<Dashboard>('dashboard.Dashboard');

function bindDashboard(container: Container): void {
  container.bind(ASSETS).toResolvedValue(() => new Assets());
  container
    .bind(T.LiveUpdates)
    .toResolvedValue(
      (
        assets: Assets,
        events: Events,
        queries: JobQueries,
        clock: Clock,
        scheduler: Scheduler,
        logger: Logger,
      ) => new LiveUpdates({ build: assets.build, events, queries, clock, scheduler, logger }),
      [ASSETS, T.Events, T.JobQueries, T.Clock, T.Scheduler, T.Logger],
    );
  container.bind(DASHBOARD).toResolvedValue(
    (
      { server, defaults }: Config,
      assets: Assets,
      liveUpdates: LiveUpdates,
      useCases: UseCases,
      engine: Engine,
      dispatchers: Dispatchers,
      clock: Clock,
      logger: Logger,
    ) =>
      createDashboard({
        useCases,
        engineStatus: () => engine.status,
        liveUpdates,
        assets,
        schemes: dispatchers.schemes,
        defaults,
        maxBodyBytes: server.maxBodyBytes,
        version: VERSION,
        clock,
        logger,
      }),
    [T.Config, ASSETS, T.LiveUpdates, T.UseCases, T.Engine, T.Dispatchers, T.Clock, T.Logger],
  );
}

function bindHttp(container: Container): void {
  container
    .bind(T.UseCases)
    .toResolvedValue(
      (
        { defaults }: Config,
        jobs: JobStore,
        queries: JobQueries,
        queues: QueueStore,
        schedules: ScheduleStore,
        clock: Clock,
        scheduler: Scheduler,
        ids: Ids,
        events: Events,
      ) =>
        createUseCases(
          { jobs, queries, queues, schedules, clock, scheduler, ids, events },
          defaults,
          VERSION,
        ),
      [
        T.Config,
        T.JobStore,
        T.JobQueries,
        T.QueueStore,
        T.ScheduleStore,
        T.Clock,
        T.Scheduler,
        T.Ids,
        T.Events,
      ],
    );
  container.bind(T.HttpApp).toResolvedValue(
    (
      { server, logging }: Config,
      useCases: UseCases,
      engine: Engine,
      dispatchers: Dispatchers,
      clock: Clock,
      ids: Ids,
      logger: Logger,
      dashboard: Dashboard,
    ) =>
      createHttpApp({
        useCases,
        engineStatus: () => engine.status,
        schemes: dispatchers.schemes,
        hosts: [server.host, ...server.allowedHosts],
        maxBodyBytes: server.maxBodyBytes,
        version: VERSION,
        clock,
        ids,
        logger,
        dashboard,
        logRequests: logging.level === 'debug' || logging.level === 'trace',
      }),
    [T.Config, T.UseCases, T.Engine, T.Dispatchers, T.Clock, T.Ids, T.Logger, DASHBOARD],
  );
  container.bind(T.HttpServer).toResolvedValue(
    (ids: Ids, scheduler: Scheduler, logger: Logger) => {
      // Resolved late, so that the server can take its port before the store is opened.
      let app: RequestListener | undefined;
      const late: RequestListener = (request, response) =>
        (app ??= container.get(T.HttpApp))(request, response);
      return createHttpServer({ app: late, ids, scheduler, logger });
    },
    [T.Ids, T.Scheduler, T.Logger],
  );
}
