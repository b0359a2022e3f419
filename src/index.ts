import { changedKeys } from './application/config-change.js';
import type { Config } from './application/config.js';
import type { Engine } from './application/engine/engine.js';
import type { Logger } from './application/ports/logger.js';
import { buildContainer, type Container } from './container.js';
import { isLoopback } from './interfaces/http/client-address.js';
import type { Listening } from './interfaces/http/http-server.js';
import { T } from './tokens.js';
import { VERSION } from './version.js';

/** A server with its worker. */
export interface Mininq {
  /** Where its parts come from. */
  readonly container: Container;
  /**
   * Takes the port, opens the store, and sets the engine going.
   * @throws StartupError with one line for the operator: port in use, file not usable
   */
  start(): Promise<Listening>;
  /**
   * Accepts no more requests and claims no more jobs; resolves when what is in flight has ended and is stored, and the
   * store is closed.
   */
  stop(): Promise<void>;
  /** Takes the tokens of another configuration. What else differs waits for the next start; the log names it. */
  reload(config: Config): void;
  /** Makes a stop in progress end soon: attempts in flight are interrupted and given back. */
  abort(): void;
}

/**
 * @param customize rebinds what you want to be different before anything is built, such as
 *   `(container) => useMemoryStore(container)`
 */
export function createMininq(config: Config, customize?: (container: Container) => void): Mininq {
  const container = buildContainer(config);
  customize?.(container);
  const logger = container.get(T.Logger);

  // What a start that failed, or never was, did not build must not be built in order to be stopped.
  let engine: Engine | undefined;
  let current = config;

  return {
    container,
    async start() {
      const { host, port } = config.server;
      logger.info('starting mininq', { version: VERSION, host, port });
      const server = container.get(T.HttpServer);
      // The port first: when it is taken, the database file stays untouched.
      const listening = await server.listen(host, port);
      try {
        container.get(T.HttpApp);
        engine = container.get(T.Engine);
      } catch (error) {
        server.destroy();
        await server.close();
        throw error;
      }
      engine.start();
      await lookForMissingKeys(container);
      warnWithoutToken(config, logger);
      logger.info('HTTP server listening', { ...listening, dashboard: `${listening.url}/dashboard` });
      return listening;
    },
    async stop() {
      if (!engine) return;
      logger.info('stopping', { in_flight: engine.inFlight });
      // A page that is open would keep its connection, and the server waiting.
      container.get(T.LiveUpdates).close();
      await Promise.all([container.get(T.HttpServer).close(), engine.stop()]);
      await container.get(T.Dispatchers).close();
      await container.get(T.JobStore).close();
      logger.info('stopped');
    },
    reload(next) {
      container.get(T.Access).reload(next.auth);
      logger.info('configuration reloaded', { changed: changedKeys(current, next) });
      const waiting = changedKeys(config, next).filter((name) => !name.startsWith('auth.'));
      if (waiting.length > 0) logger.warn('some changes wait for the next start', { keys: waiting });
      warnWithoutToken(next, logger);
      current = next;
    },
    abort() {
      if (!engine) return;
      logger.warn('stopping at once');
      container.get(T.HttpServer).destroy();
      engine.abort();
    },
  };
}

/** Says whom the server answers, where that may be fewer or more than its address suggests. */
function warnWithoutToken({ auth, server: { host } }: Config, logger: Logger): void {
  if (auth.token !== null || auth.tokens.length > 0) return;
  if (auth.withoutToken === 'anyone') {
    logger.warn('no token is set: whoever reaches this server may do everything', { host });
  } else if (host !== 'localhost' && !isLoopback(host)) {
    logger.warn(
      'no token is set: only clients of this machine are answered; set MININQ_TOKEN or auth.token to let others in ("mininq token" makes one)',
      { host },
    );
  }
}

/** Has it said in the log now, not when somebody needs them, that the newest jobs cannot be read for want of a key. */
async function lookForMissingKeys(container: Container): Promise<void> {
  const newest = { limit: 100, offset: 0, maxText: 1_000_000 };
  try {
    await container.get(T.JobQueries).list({}, newest);
    await container.get(T.ScheduleStore).search({ text: '', limit: newest.limit, offset: 0 });
  } catch {
    // The engine says what is wrong with the store.
  }
}

export { buildContainer, useMemoryStore, type Container } from './container.js';
export { T } from './tokens.js';
export { VERSION } from './version.js';
export { DEFAULT_CONFIG } from './application/config.js';
export { StartupError, StoreUnavailableError } from './application/errors.js';
export { DispatcherRegistry } from './infrastructure/dispatch/dispatcher-registry.js';
export type { Config } from './application/config.js';
export type { Clock } from './application/ports/clock.js';
export type { Attempt, Dispatcher, Dispatchers } from './application/ports/dispatcher.js';
export type { Event, Events } from './application/ports/events.js';
export type { Ids } from './application/ports/ids.js';
export type {
  JobCounts,
  JobFilter,
  JobQueries,
  JobSearch,
  JobsFound,
  KeptAttempt,
  MinuteThroughput,
  Page,
  SearchStep,
} from './application/ports/job-queries.js';
export type {
  ClaimOutcome,
  ClaimRequest,
  ExpectedState,
  InsertOutcome,
  InsertRequest,
  JobStore,
  PruneOutcome,
  PruneRequest,
  Settlement,
  SettleOutcome,
} from './application/ports/job-store.js';
export type { LogFields, Logger } from './application/ports/logger.js';
export type {
  QueueOrder,
  QueueSearch,
  QueuesFound,
  QueueStats,
  QueueStore,
} from './application/ports/queue-store.js';
export type { Processes } from './application/ports/processes.js';
export type { Random } from './application/ports/random.js';
export type {
  FireRequest,
  RunRequest,
  ScheduleSearch,
  SchedulesFound,
  ScheduleStore,
  StopRequest,
} from './application/ports/schedule-store.js';
export type { Scheduler } from './application/ports/scheduler.js';
export type { Beat, WorkerStore } from './application/ports/worker-store.js';
export type { Job, JobState, JobStatus, JobSummary, NewJob } from './domain/job/job.js';
export type { FailedAttempt, Outcome } from './domain/job/outcome.js';
export type { Queue, QueueChange, QueueSettings } from './domain/queue/queue.js';
export type { QueueSnapshot, Share } from './domain/queue/claim-plan.js';
export type { Schedule, ScheduleChange } from './domain/schedule/schedule.js';
export type { ProcessIdentity, Worker } from './domain/worker/worker.js';
export type { Listening } from './interfaces/http/http-server.js';
