import { setImmediate as turn } from 'node:timers/promises';
import { DEFAULT_CONFIG } from '../../src/application/config.js';
import type { QueueStore } from '../../src/application/ports/queue-store.js';
import type { Random } from '../../src/application/ports/random.js';
import { QueueSecrets } from '../../src/application/engine/queue-secrets.js';
import { RunAttempt } from '../../src/application/engine/run-attempt.js';
import { Shortage } from '../../src/application/engine/shortage.js';
import type { Job, NewJob } from '../../src/domain/job/job.js';
import { planClaim, type QueueSnapshot } from '../../src/domain/queue/claim-plan.js';
import type { RetryPolicy } from '../../src/domain/retry/backoff.js';
import { DispatcherRegistry } from '../../src/infrastructure/dispatch/dispatcher-registry.js';
import { FakeClock } from './fake-clock.js';
import { FixedRandom } from './fixed-random.js';
import { newJob, NOW, QUEUE_DEFAULTS } from './jobs.js';
import { ManualScheduler } from './manual-scheduler.js';
import { memoryStores, type MemoryStores } from './memory-stores.js';
import { recordedEvents } from './recorded-events.js';
import { RecordingLogger } from './recording-logger.js';
import { ScriptedDispatcher } from './scripted-dispatcher.js';
import { freeSlots } from './free-slots.js';
import { claimed, hire } from './workers.js';

interface Options {
  /** Without it jitter is nil. */
  readonly random?: Random;
  readonly defaults?: RetryPolicy;
  /** For a queue store that differs from what the job store knows. */
  readonly queues?: QueueStore;
}

/** Attempts over stores in memory, with a dispatcher for http. */
export function attempting(options: Options = {}) {
  const clock = new FakeClock(NOW);
  const scheduler = new ManualScheduler(clock);
  const logger = new RecordingLogger();
  const stores = memoryStores();
  const { events, published } = recordedEvents();
  const dispatcher = new ScriptedDispatcher(clock);
  const dispatchers = new DispatcherRegistry({ http: dispatcher });
  const { random = new FixedRandom(), defaults = DEFAULT_CONFIG.defaults, queues = stores.queues } = options;
  const shortage = new Shortage({ clock, logger });
  const attempts = new RunAttempt(
    { jobs: stores.jobs, queues, dispatchers, clock, scheduler, random, events, logger },
    defaults,
    shortage,
    new QueueSecrets({ queues, clock }),
  );
  const forcedStop = new AbortController();
  return {
    clock,
    scheduler,
    logger,
    stores,
    published,
    shortage,
    dispatcher,
    forcedStop,
    /** Carries out one attempt of a job that was just claimed, to its end. */
    run: async (job: Job) => attempts.run(job, forcedStop.signal),
    /** Begins one, and says whether it has ended. */
    begin: async (job: Job) => {
      const attempt = { ended: false };
      const end = () => {
        attempt.ended = true;
      };
      attempts.run(job, forcedStop.signal).then(end, end);
      await turn();
      return attempt;
    },
    /** A new job that worker-1 claimed at once, from a queue of default settings. */
    claimed: async (change: Partial<NewJob> = {}) => {
      await stores.jobs.insert({ jobs: [newJob(change)], now: NOW, queueDefaults: QUEUE_DEFAULTS });
      return claimOne(stores, clock.now());
    },
  };
}

/** Claims the one job that is ready. */
export async function claimOne(
  { jobs, workers }: MemoryStores,
  now: number,
  workerId = 'worker-1',
): Promise<Job> {
  await hire(workers, workerId);
  const plan = (queues: readonly QueueSnapshot[]) => planClaim(queues, freeSlots(2), now, 0);
  const [job, ...others] = claimed(await jobs.claim({ now, workerId, slots: 2, queues: [], plan }));
  if (!job || others.length > 0) throw new Error('expected one job to be ready');
  return job;
}
