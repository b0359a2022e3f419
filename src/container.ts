import 'reflect-metadata';
import type { RequestListener } from 'node:http';
import { Container, type ServiceIdentifier } from 'inversify';
import type { Config } from './application/config.js';
import type { CallbackRules } from './application/callback-rules.js';
import { Engine } from './application/engine/engine.js';
import { Redaction } from './application/redaction.js';
import { createUseCases } from './application/use-cases/use-cases.js';
import { EgressPolicy, hostAndPort } from './domain/egress/egress-policy.js';
import { DispatcherRegistry } from './infrastructure/dispatch/dispatcher-registry.js';
import { proxyAt } from './infrastructure/dispatch/proxy.js';
import { TlsContexts } from './infrastructure/dispatch/tls-contexts.js';
import { readTlsFiles } from './infrastructure/dispatch/tls-files.js';
import { UndiciHttpDispatcher } from './infrastructure/dispatch/undici-http-dispatcher.js';
import { EncryptedJobQueries } from './infrastructure/encryption/encrypted-job-queries.js';
import { EncryptedJobStore } from './infrastructure/encryption/encrypted-job-store.js';
import { EncryptedScheduleStore } from './infrastructure/encryption/encrypted-schedule-store.js';
import { JobCipher } from './infrastructure/encryption/job-cipher.js';
import { ValueCipher } from './infrastructure/encryption/value-cipher.js';
import { InProcessEvents } from './infrastructure/events/in-process-events.js';
import { UuidIds } from './infrastructure/ids/uuid-ids.js';
import { PinoLogger } from './infrastructure/logging/pino-logger.js';
import { MemoryData } from './infrastructure/memory/memory-data.js';
import { MemoryJobQueries } from './infrastructure/memory/memory-job-queries.js';
import { MemoryJobStore } from './infrastructure/memory/memory-job-store.js';
import { MemoryQueueStore } from './infrastructure/memory/memory-queue-store.js';
import { MemoryScheduleStore } from './infrastructure/memory/memory-schedule-store.js';
import { MemoryWorkerStore } from './infrastructure/memory/memory-worker-store.js';
import { openFilesLimit, shareOpenFiles, type OpenFilesShare } from './infrastructure/process/open-files.js';
import { SystemProcesses } from './infrastructure/process/system-processes.js';
import { SystemRandom } from './infrastructure/random/system-random.js';
import { JobLimit } from './infrastructure/sqlite/job-limit.js';
import { JobWriter, type Limits } from './infrastructure/sqlite/job-writer.js';
import { QueueLimit } from './infrastructure/sqlite/queue-limit.js';
import { SqliteDatabase } from './infrastructure/sqlite/sqlite-database.js';
import { SqliteJobQueries } from './infrastructure/sqlite/sqlite-job-queries.js';
import { SqliteJobStore } from './infrastructure/sqlite/sqlite-job-store.js';
import { SqliteQueueStore } from './infrastructure/sqlite/sqlite-queue-store.js';
import { SqliteScheduleStore } from './infrastructure/sqlite/sqlite-schedule-store.js';
import { SqliteWorkerStore } from './infrastructure/sqlite/sqlite-worker-store.js';
import { SystemClock } from './infrastructure/time/system-clock.js';
import { SystemScheduler } from './infrastructure/time/system-scheduler.js';
import { Assets } from './interfaces/dashboard/assets.js';
import { createDashboard, type Dashboard } from './interfaces/dashboard/dashboard.js';
import { LiveUpdates } from './interfaces/dashboard/live-updates.js';
import { Access } from './interfaces/http/access.js';
import { createHttpApp } from './interfaces/http/http-app.js';
import { createHttpServer } from './interfaces/http/http-server.js';
import { T, token } from './tokens.js';
import { VERSION } from './version.js';

export type { Container } from 'inversify';

/** Shared by the SQLite stores. Not in T, so that users of the library need not have the types of the driver. */
const SQLITE = {
  Database: token<SqliteDatabase>('sqlite.Database'),
  JobWriter: token<JobWriter>('sqlite.JobWriter'),
  Limits: token<Limits>('sqlite.Limits'),
};

/** What the interfaces take as a callback_url, and where the deliveries go. */
const EGRESS = token<EgressPolicy>('egress.Policy');
const CALLBACKS = token<CallbackRules>('egress.CallbackRules');

/** What encrypts, and what of it concerns jobs. */
const CIPHERS = token<{ readonly values: ValueCipher; readonly jobs: JobCipher }>('encryption.Ciphers');

/** Between the HTTP server and the deliveries. */
const OPEN_FILES = token<OpenFilesShare>('process.OpenFiles');

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
  const stores = [T.JobStore, T.JobQueries, T.QueueStore, T.ScheduleStore, T.WorkerStore];
  for (const store of stores) container.unbind(store);
  const { maxQueues, maxJobs } = container.get(T.Config).server;
  const data = new MemoryData(maxQueues, maxJobs ?? Infinity);
  container.bind(T.JobStore).toConstantValue(new MemoryJobStore(data));
  container.bind(T.JobQueries).toConstantValue(new MemoryJobQueries(data));
  container.bind(T.QueueStore).toConstantValue(new MemoryQueueStore(data));
  container.bind(T.ScheduleStore).toConstantValue(new MemoryScheduleStore(data));
  container.bind(T.WorkerStore).toConstantValue(new MemoryWorkerStore(data));
}

/** Parts by name, as their tokens give them. */
type Tokens = Readonly<Record<string, ServiceIdentifier>>;
type Parts<Of extends Tokens> = {
  readonly [Name in keyof Of]: Of[Name] extends ServiceIdentifier<infer Part> ? Part : never;
};

/** Binds what is made of other parts. @param make gets each part under the name that its token has in `tokens` */
function bind<Part, Of extends Tokens>(
  container: Container,
  token: ServiceIdentifier<Part>,
  tokens: Of,
  make: (parts: Parts<Of>) => Part,
): void {
  const names = Object.keys(tokens);
  const partsOf = (values: readonly unknown[]) =>
    // Each value is what the token in the same place gives.
    Object.fromEntries(names.map((name, i) => [name, values[i]])) as Parts<Of>;
  container
    .bind(token)
    .toResolvedValue((...values: unknown[]) => make(partsOf(values)), Object.values(tokens));
}

function bindSurroundings(container: Container): void {
  bind(container, T.Clock, { logger: T.Logger }, ({ logger }) => new SystemClock(logger));
  bind(container, T.Scheduler, {}, () => new SystemScheduler());
  bind(container, T.Ids, {}, () => new UuidIds());
  bind(container, T.Random, {}, () => new SystemRandom());
  bind(container, T.Processes, {}, () => new SystemProcesses());
  bind(
    container,
    T.Logger,
    { config: T.Config },
    ({ config: { logging, privacy } }) =>
      new PinoLogger({
        ...logging,
        redaction: new Redaction(privacy.redact),
        terminal: process.stdout.isTTY,
      }),
  );
  bind(container, T.Events, { logger: T.Logger }, ({ logger }) => new InProcessEvents(logger));
  bind(container, OPEN_FILES, { config: T.Config }, ({ config }) =>
    shareOpenFiles(openFilesLimit(), config.worker.concurrency),
  );
}

function bindSqlite(container: Container): void {
  const db = { db: SQLITE.Database };
  const writing = { ...db, writer: SQLITE.JobWriter, limits: SQLITE.Limits };
  bind(
    container,
    SQLITE.Database,
    { config: T.Config, scheduler: T.Scheduler, logger: T.Logger },
    ({ config: { server }, ...ports }) => {
      const database = new SqliteDatabase(server.dbPath, server.durability, ports);
      ports.logger.info('database opened', { db: server.dbPath });
      return database;
    },
  );
  bind(container, SQLITE.JobWriter, db, ({ db }) => new JobWriter(db));
  bind(container, SQLITE.Limits, { ...db, config: T.Config }, ({ db, config: { server } }) => ({
    queues: new QueueLimit(db.connection, server.maxQueues),
    jobs: new JobLimit(db, server.maxJobs ?? Infinity),
  }));
  bind(container, CIPHERS, { config: T.Config, logger: T.Logger }, ({ config: { privacy }, logger }) => {
    const values = new ValueCipher(privacy.encryptionKeys, logger);
    return { values, jobs: new JobCipher(values) };
  });
  bind(
    container,
    T.JobStore,
    { ...writing, ciphers: CIPHERS },
    ({ db, writer, limits, ciphers }) =>
      new EncryptedJobStore(new SqliteJobStore(db, writer, limits), ciphers.jobs),
  );
  bind(
    container,
    T.JobQueries,
    { ...db, ciphers: CIPHERS },
    ({ db, ciphers }) => new EncryptedJobQueries(new SqliteJobQueries(db), ciphers.jobs),
  );
  bind(container, T.QueueStore, writing, ({ db, limits }) => new SqliteQueueStore(db, limits.queues));
  bind(
    container,
    T.ScheduleStore,
    { ...writing, ciphers: CIPHERS },
    ({ db, writer, limits, ciphers }) =>
      new EncryptedScheduleStore(new SqliteScheduleStore(db, writer, limits), ciphers.values, ciphers.jobs),
  );
  bind(container, T.WorkerStore, db, ({ db }) => new SqliteWorkerStore(db));
}

function bindDispatchers(container: Container): void {
  bind(container, EGRESS, { config: T.Config }, ({ config }) => new EgressPolicy(config.egress));
  bind(container, CALLBACKS, { dispatchers: T.Dispatchers, egress: EGRESS }, ({ dispatchers, egress }) => ({
    schemes: dispatchers.schemes,
    egress,
  }));
  bind(
    container,
    T.HttpDispatcher,
    { config: T.Config, egress: EGRESS, clock: T.Clock, openFiles: OPEN_FILES, logger: T.Logger },
    ({ config: { worker, defaults, signing, egress: settings }, egress, clock, openFiles, logger }) => {
      const proxy = settings.proxy === null ? null : proxyAt(settings.proxy.reveal());
      if (proxy !== null) {
        logger.info('deliveries go through a proxy', { proxy: hostAndPort(proxy.endpoint) });
      }
      return new UndiciHttpDispatcher({
        egress,
        proxy,
        tls: new TlsContexts(readTlsFiles(settings.tls)),
        retryStatuses: defaults.retryStatuses,
        maxResultBytes: defaults.maxResultBytes,
        signingSecrets: signing.secrets.map((secret) => secret.reveal()),
        // As many as there are slots: an origin is limited by its queue, not here.
        connectionsPerOrigin: worker.concurrency,
        maxIdleConnections: openFiles.idleDeliveries,
        version: VERSION,
        clock,
      });
    },
  );
  bind(
    container,
    T.Dispatchers,
    { http: T.HttpDispatcher },
    ({ http }) => new DispatcherRegistry({ http, https: http }),
  );
}

function bindEngine(container: Container): void {
  bind(
    container,
    T.Engine,
    {
      config: T.Config,
      jobs: T.JobStore,
      queues: T.QueueStore,
      schedules: T.ScheduleStore,
      workers: T.WorkerStore,
      processes: T.Processes,
      dispatchers: T.Dispatchers,
      clock: T.Clock,
      scheduler: T.Scheduler,
      ids: T.Ids,
      random: T.Random,
      events: T.Events,
      logger: T.Logger,
    },
    ({ config, ...ports }) => new Engine(ports, config, VERSION),
  );
}

/** The dashboard's files, read when the server starts. */
const ASSETS = token<Assets>('dashboard.Assets');
const DASHBOARD = token<Dashboard>('dashboard.Dashboard');

function bindDashboard(container: Container): void {
  bind(container, ASSETS, {}, () => new Assets());
  bind(
    container,
    T.LiveUpdates,
    {
      assets: ASSETS,
      events: T.Events,
      queries: T.JobQueries,
      clock: T.Clock,
      scheduler: T.Scheduler,
      logger: T.Logger,
    },
    ({ assets, ...ports }) => new LiveUpdates({ build: assets.build, ...ports }),
  );
  bind(
    container,
    DASHBOARD,
    {
      config: T.Config,
      assets: ASSETS,
      liveUpdates: T.LiveUpdates,
      useCases: T.UseCases,
      engine: T.Engine,
      callbacks: CALLBACKS,
      clock: T.Clock,
      logger: T.Logger,
    },
    ({ config: { server, defaults, privacy }, engine, ...parts }) =>
      createDashboard({
        ...parts,
        engineStatus: () => engine.status,
        defaults,
        redaction: new Redaction(privacy.redact),
        maxBodyBytes: server.maxBodyBytes,
        version: VERSION,
      }),
  );
}

function bindHttp(container: Container): void {
  bind(
    container,
    T.UseCases,
    {
      config: T.Config,
      jobs: T.JobStore,
      queries: T.JobQueries,
      queues: T.QueueStore,
      schedules: T.ScheduleStore,
      workers: T.WorkerStore,
      callbacks: CALLBACKS,
      clock: T.Clock,
      scheduler: T.Scheduler,
      ids: T.Ids,
      events: T.Events,
    },
    ({ config, callbacks, ...ports }) => createUseCases(ports, config.defaults, VERSION, callbacks),
  );
  bind(
    container,
    T.Access,
    { config: T.Config, clock: T.Clock, logger: T.Logger },
    ({ config: { auth, server }, ...ports }) => new Access(auth, server.trustedProxies, ports),
  );
  bind(
    container,
    T.HttpApp,
    {
      config: T.Config,
      access: T.Access,
      useCases: T.UseCases,
      engine: T.Engine,
      callbacks: CALLBACKS,
      clock: T.Clock,
      ids: T.Ids,
      logger: T.Logger,
      dashboard: DASHBOARD,
    },
    ({ config: { server, privacy, logging }, engine, ...parts }) =>
      createHttpApp({
        ...parts,
        redaction: new Redaction(privacy.redact),
        engineStatus: () => engine.status,
        hosts: [server.host, ...server.allowedHosts],
        maxBodyBytes: server.maxBodyBytes,
        version: VERSION,
        logRequests: logging.level === 'debug' || logging.level === 'trace',
      }),
  );
  const serving = {
    config: T.Config,
    openFiles: OPEN_FILES,
    ids: T.Ids,
    scheduler: T.Scheduler,
    logger: T.Logger,
  };
  bind(container, T.HttpServer, serving, ({ config: { server }, openFiles, ...ports }) => {
    // Resolved late, so that the server can take its port before the store is opened.
    let app: RequestListener | undefined;
    const late: RequestListener = (request, response) =>
      (app ??= container.get(T.HttpApp))(request, response);
    const maxConnections = server.maxConnections ?? openFiles.clientConnections;
    return createHttpServer({ app: late, maxConnections, ...ports });
  });
}
