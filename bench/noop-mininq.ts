import { join } from 'node:path';
import {
  createMininq,
  DEFAULT_CONFIG,
  DispatcherRegistry,
  T,
  type Attempt,
  type Config,
  type Dispatcher,
  type Mininq,
  type NewJob,
} from '../dist/index.js';
import { queueDefaults } from '../dist/application/config.js';

/** Slots of the engine, and jobs that each queue admits at once: no queue's limit shall be what is measured. */
export const CONCURRENCY = 64;
/** The callback_url of jobs whose deliveries are counted by {@link NoopDispatcher.measured}. */
export const MEASURED_URL = 'noop:measured';
/** The callback_url of the others. */
export const OTHER_URL = 'noop:other';

const WARM_UP_JOBS = 2000;
const BATCH = 1000;
const PAYLOAD = JSON.stringify({ to: 'someone@example.com', subject: 'hello', body: 'x'.repeat(40) });
const QUEUE_SETTINGS = { ...queueDefaults(DEFAULT_CONFIG.defaults), maxConcurrency: CONCURRENCY };

type Delivered = ReturnType<Dispatcher['dispatch']>;

/** Every delivery succeeds at once. */
export class NoopDispatcher implements Dispatcher {
  /** Deliveries to MEASURED_URL. */
  measured = 0;
  /** All other deliveries. */
  others = 0;
  #awaited = Number.POSITIVE_INFINITY;
  #onAwaited = (): void => undefined;

  dispatch({ url }: Attempt): Delivered {
    if (url === MEASURED_URL) this.measured += 1;
    else this.others += 1;
    if (this.measured === this.#awaited) this.#onAwaited();
    return Promise.resolve({ kind: 'succeeded', result: '', resultTruncated: false });
  }

  /** Resolves when so many deliveries to MEASURED_URL have been made, all in all; one such wait at a time. */
  reached(count: number): Promise<void> {
    return new Promise((resolve) => {
      this.#awaited = count;
      this.#onAwaited = resolve;
    });
  }

  close(): Promise<void> {
    return Promise.resolve();
  }
}

/** A mininq which also delivers to noop: URLs. */
export interface NoopMininq {
  readonly mininq: Mininq;
  readonly noop: NoopDispatcher;
}

/** Not started, but with all its parts built: their construction is nobody's to measure. */
export function createNoopMininq(dbPath: string, worker: Partial<Config['worker']> = {}): NoopMininq {
  const { server, worker: workerDefaults } = DEFAULT_CONFIG;
  const config: Config = {
    ...DEFAULT_CONFIG,
    server: { ...server, host: '127.0.0.1', port: 0, dbPath },
    worker: { ...workerDefaults, concurrency: CONCURRENCY, ...worker },
    logging: { level: 'error', format: 'json' },
  };
  const noop = new NoopDispatcher();
  const mininq = createMininq(config, (container) => {
    container
      .rebind(T.Dispatchers)
      .toResolvedValue((http: Dispatcher) => new DispatcherRegistry({ http, noop }), [T.HttpDispatcher]);
  });
  mininq.container.get(T.HttpApp);
  mininq.container.get(T.Engine);
  return { mininq, noop };
}

export async function createQueue({ container }: Mininq, name: string): Promise<void> {
  const created = await container.get(T.UseCases).createQueue(name, { maxConcurrency: CONCURRENCY });
  if (!created.ok) throw new Error(created.refusal.message);
}

export async function setPaused({ container }: Mininq, queue: string, paused: boolean): Promise<void> {
  const updated = await container.get(T.UseCases).updateQueue(queue, { paused });
  if (!updated.ok) throw new Error(updated.refusal.message);
}

/**
 * Enqueues jobs for MEASURED_URL one by one: as many callers as CONCURRENCY, each of which awaits the answer to one
 * job before it brings the next.
 */
export async function enqueueSingly(
  { container }: Mininq,
  queue: string,
  count: number,
  payload: unknown,
): Promise<void> {
  const { enqueueCheckedJobs } = container.get(T.UseCases);
  let left = count;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await enqueueCheckedJobs([
        {
          callbackUrl: MEASURED_URL,
          queueName: queue,
          priority: 0,
          payload: JSON.stringify(payload),
          maxRetries: null,
          retryBackoff: null,
          baseDelayMs: null,
          maxDelayMs: null,
          timeoutMs: null,
          idempotencyKey: null,
          delayMs: 0,
        },
      ]);
    }
  };
  await Promise.all(Array.from({ length: CONCURRENCY }, caller));
}

/**
 * Stores jobs in batches, for what is not measured; creates their queues, which admit CONCURRENCY jobs.
 * @param describe what is special about a job, by its index from 0: its queue and callback_url at least
 * @param now epoch milliseconds; when the jobs are created, and due unless they say otherwise
 */
export async function insertJobs(
  { container }: Mininq,
  count: number,
  describe: (index: number) => Partial<NewJob> & Pick<NewJob, 'queueName' | 'callbackUrl'>,
  now = Date.now(),
): Promise<void> {
  const store = container.get(T.JobStore);
  const ids = container.get(T.Ids);
  for (let first = 0; first < count; first += BATCH) {
    const jobs = Array.from({ length: Math.min(BATCH, count - first) }, (_, i): NewJob => ({
      ...plainJob(ids.next(), now),
      ...describe(first + i),
    }));
    await store.insert({ jobs, now, queueDefaults: QUEUE_SETTINGS });
  }
}

/**
 * Starts the engine on what is stored, and stops it when the measured jobs are done.
 * @param jobs how many are stored for MEASURED_URL
 * @returns seconds from the start until the last of them is settled
 */
export async function drain({ mininq, noop }: NoopMininq, jobs: number): Promise<number> {
  const dispatched = noop.reached(jobs);
  const startedAt = performance.now();
  await mininq.start();
  await dispatched;
  await settled(mininq);
  return (performance.now() - startedAt) / 1000;
}

/** Claims no more; resolves when what is in flight is settled. */
export function settled({ container }: Mininq): Promise<void> {
  return container.get(T.Engine).stop();
}

/**
 * @param jobs how many were stored for MEASURED_URL, all of which must be completed
 * @param others how many more were stored; some of them may be completed as well
 * @throws when the counts or the deliveries say anything else
 */
export async function checkCompleted(
  { mininq, noop }: NoopMininq,
  jobs: number,
  others: number,
): Promise<void> {
  const all = { pending: 0, running: 0, completed: 0, dead: 0 };
  for (const counts of await mininq.container.get(T.JobQueries).counts()) {
    all.pending += counts.pending;
    all.running += counts.running;
    all.completed += counts.completed;
    all.dead += counts.dead;
  }
  const expected = { pending: others - noop.others, running: 0, completed: jobs + noop.others, dead: 0 };
  if (noop.measured !== jobs || JSON.stringify(all) !== JSON.stringify(expected)) {
    throw new Error(
      `${noop.measured} of ${jobs} jobs delivered, ${JSON.stringify(all)} instead of ${JSON.stringify(expected)}`,
    );
  }
}

/** Lets the runtime compile what is measured afterwards, on a store of its own in the directory. */
export async function warmUp(directory: string): Promise<void> {
  const warm = createNoopMininq(join(directory, 'warm-up.db'));
  await createQueue(warm.mininq, 'warm-up');
  await enqueueSingly(warm.mininq, 'warm-up', WARM_UP_JOBS, {});
  await drain(warm, WARM_UP_JOBS);
  await warm.mininq.stop();
}

function plainJob(id: string, now: number): Omit<NewJob, 'queueName' | 'callbackUrl'> {
  return {
    id,
    priority: 0,
    payload: PAYLOAD,
    maxRetries: null,
    retryBackoff: null,
    baseDelayMs: null,
    maxDelayMs: null,
    timeoutMs: DEFAULT_CONFIG.defaults.timeoutMs,
    idempotencyKey: null,
    scheduleId: null,
    headers: null,
    createdAt: now,
    visibleAt: now,
  };
}
