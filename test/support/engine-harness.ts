import { setImmediate as turn } from 'node:timers/promises';
import { DEFAULT_CONFIG, type Config } from '../../src/application/config.js';
import { Engine } from '../../src/application/engine/engine.js';
import type { JobQueries } from '../../src/application/ports/job-queries.js';
import type { Random } from '../../src/application/ports/random.js';
import type { EnqueueJob } from '../../src/application/use-cases/enqueue-jobs.js';
import { createUseCases } from '../../src/application/use-cases/use-cases.js';
import type { Job, JobStatus } from '../../src/domain/job/job.js';
import type { QueueChange } from '../../src/domain/queue/queue.js';
import { DispatcherRegistry } from '../../src/infrastructure/dispatch/dispatcher-registry.js';
import { SystemClock } from '../../src/infrastructure/time/system-clock.js';
import { callbackRules } from './egress.js';
import { FakeClock } from './fake-clock.js';
import { FixedRandom } from './fixed-random.js';
import { NOW } from './jobs.js';
import { ManualScheduler } from './manual-scheduler.js';
import { memoryStores } from './memory-stores.js';
import { recordedEvents } from './recorded-events.js';
import { RecordingLogger } from './recording-logger.js';
import { ScriptedDispatcher } from './scripted-dispatcher.js';
import { SequentialIds } from './sequential-ids.js';
import { valueOf } from './value-of.js';
import { FakeMachine } from './workers.js';

/** So long that whatever happens sooner was not waited for by polling. */
const NEVER_POLL_MS = 1_000_000_000;

const WORKER: Config['worker'] = { ...DEFAULT_CONFIG.worker, pollIntervalMs: NEVER_POLL_MS };

export type EngineHarness = ReturnType<typeof engineHarness>;

/** A whole engine over memory, with the use cases beside it as the interfaces would call them. */
export function engineHarness(worker: Partial<Config['worker']> = {}, random: Random = new FixedRandom()) {
  const clock = new FakeClock(NOW);
  const scheduler = new ManualScheduler(clock);
  const logger = new RecordingLogger();
  const { events, published } = recordedEvents();
  const stores = memoryStores();
  const dispatcher = new ScriptedDispatcher(clock);
  const ids = new SequentialIds();
  const systemClock = new SystemClock(logger, {
    wall: () => clock.now(),
    monotonic: () => clock.monotonic(),
  });
  const ports = { ...stores, clock: systemClock, scheduler, ids, random, events, logger };
  const machine = new FakeMachine('this machine');
  const engineOf = (host: string, dispatchers: ScriptedDispatcher) =>
    new Engine(
      {
        ...ports,
        ids: new SequentialIds(),
        processes: machine.start(host),
        dispatchers: new DispatcherRegistry({ http: dispatchers }),
      },
      { worker: { ...WORKER, ...worker }, defaults: DEFAULT_CONFIG.defaults },
      '1.2.3',
    );
  const useCases = createUseCases(ports, DEFAULT_CONFIG.defaults, '1.2.3', callbackRules(['http']));
  const read = reading(stores.queries);
  return {
    ...{ clock, scheduler, logger, published, stores, dispatcher, useCases },
    ...read,
    engine: engineOf('worker-1', dispatcher),
    /** An engine of another process, with a host of that name, on the same store. */
    engineOf,
    /** Everything that can happen without time passing, happens. */
    settle: async () => {
      await turn();
      await turn();
    },
    enqueue: async (change: Partial<EnqueueJob> = {}, count = 1): Promise<string[]> => {
      const outcomes = valueOf(
        await useCases.enqueueCheckedJobs(Array.from({ length: count }, () => request(change))),
      );
      return outcomes.map(({ job }) => job.id);
    },
    queue: async (name: string, change: QueueChange): Promise<void> => {
      await useCases.createQueue(name, {});
      await useCases.updateQueue(name, change);
    },
  };
}

function reading(queries: JobQueries) {
  return {
    job: async (id: string | undefined): Promise<Job> => {
      const job = id === undefined ? null : await queries.get(id);
      if (!job) throw new Error(`no job ${id ?? ''}`);
      return job;
    },
    /** How many jobs are in the status, over all queues. */
    count: async (status: JobStatus): Promise<number> => {
      return (await queries.list({ status }, { limit: 10_000, offset: 0 })).jobs.length;
    },
  };
}

/** A request that leaves everything to the queue and the defaults. */
export function request(change: Partial<EnqueueJob> = {}): EnqueueJob {
  return {
    callbackUrl: 'http://receiver.test/hook',
    queueName: 'default',
    priority: 0,
    payload: '{"n":1}',
    maxRetries: null,
    retryBackoff: null,
    baseDelayMs: null,
    maxDelayMs: null,
    timeoutMs: null,
    idempotencyKey: null,
    delayMs: 0,
    ...change,
  };
}
