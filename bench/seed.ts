import {
  buildContainer,
  DEFAULT_CONFIG,
  T,
  type Container,
  type Ids,
  type InsertRequest,
  type Job,
  type JobStore,
  type NewJob,
  type QueueSettings,
  type Settlement,
} from '../dist/index.js';
import { failPermanently, succeed } from '../dist/domain/job/transitions.js';

/** What a file is filled with. */
export interface Population {
  /** A multiple of ten times the queues. */
  readonly jobs: number;
  readonly queues: number;
}

/** What becomes of the jobs of a queue, ten in turn; one of each queue's ready jobs runs in the end. */
const FATES = [
  'completed',
  'completed',
  'ready',
  'completed',
  'dead',
  'completed',
  'delayed',
  'completed',
  'ready',
  'completed',
] as const;
const FINISHED = FATES.filter((fate) => fate === 'completed' || fate === 'dead').length;
const DAY_MS = 86_400_000;
/** Leases that outlive any measurement. */
const TIMEOUT_MS = DAY_MS;
const WORKER_ID = 'seed';
const BEAT_MS = 5000;
const { maxRetries, retryBackoff, baseDelayMs, maxDelayMs } = DEFAULT_CONFIG.defaults;
const QUEUE_DEFAULTS: QueueSettings = {
  maxConcurrency: 1000,
  rateLimitRps: null,
  maxDepth: null,
  retentionCompletedMs: null,
  retentionDeadMs: null,
  signingSecrets: null,
  maxRetries,
  retryBackoff,
  baseDelayMs,
  maxDelayMs,
};

export function queueName(index: number): string {
  return `queue-${index}`;
}

/** A file that is filled. Until it is disposed of, the worker lives whose jobs run: a dead one's would be recovered. */
export interface Seeded extends AsyncDisposable {
  /** Of the job in the middle. */
  readonly middleId: string;
}

/**
 * Makes a file with jobs in every status, evenly spread over its queues and over the time, by way of mininq's own
 * store.
 */
export async function seed(dbPath: string, population: Population): Promise<Seeded> {
  const middleId = await fill(containerOf(dbPath), population);
  const container = containerOf(dbPath);
  const workers = container.get(T.WorkerStore);
  const beat = () => workers.beat({ id: WORKER_ID, stopping: false, inFlight: 0, now: Date.now() });
  const timer = setInterval(() => {
    beat().catch((error: unknown) => process.stderr.write(`${String(error)}\n`));
  }, BEAT_MS);
  return {
    middleId,
    async [Symbol.asyncDispose]() {
      clearInterval(timer);
      await container.get(T.JobStore).close();
    },
  };
}

/** @returns the id of the job in the middle */
async function fill(container: Container, { jobs, queues }: Population): Promise<string> {
  const store = container.get(T.JobStore);
  const ids = container.get(T.Ids);
  let middle: NewJob | undefined;
  try {
    await registerWorker(container, WORKER_ID);
    for (let inserted = 0; inserted < jobs; inserted += FATES.length * queues) {
      const request = insertRequest(ids, queues);
      await store.insert(request);
      await finish(store, queues);
      middle ??= request.jobs[jobs / 2 - inserted];
    }
    await claim(store, queues, 1);
  } finally {
    await store.close();
  }
  if (middle === undefined) throw new Error(`${jobs} jobs are no multiple of ${FATES.length * queues}`);
  return middle.id;
}

/** Registers a worker of this process, which claims in the course of preparations. */
export async function registerWorker(container: Container, id: string): Promise<void> {
  const { host, ...process } = container.get(T.Processes).self;
  const now = Date.now();
  await container.get(T.WorkerStore).register(
    {
      ...{
        id,
        host,
        process,
        version: '',
        slots: 0,
        queues: [],
        inFlight: 0,
        draining: false,
        stopping: false,
      },
      ...{ beats: 1, lastBeatAt: now, startedAt: now },
    },
    null,
  );
}

function containerOf(dbPath: string): Container {
  return buildContainer({ ...DEFAULT_CONFIG, server: { ...DEFAULT_CONFIG.server, dbPath } });
}

/** Ten jobs for each queue. Those that will be finished go first in their queue by their priority. */
function insertRequest(ids: Ids, queues: number): InsertRequest {
  const now = Date.now();
  const jobs = FATES.flatMap((fate) =>
    Array.from({ length: queues }, (_, queue) => ({
      id: ids.next(),
      queueName: queueName(queue),
      priority: fate === 'completed' || fate === 'dead' ? 1 : 0,
      payload: JSON.stringify({ to: 'user@example.com', template: 'welcome', name: 'Ada Lovelace', fate }),
      callbackUrl: 'http://127.0.0.1:9/hook',
      maxRetries: null,
      retryBackoff: null,
      baseDelayMs: null,
      maxDelayMs: null,
      timeoutMs: TIMEOUT_MS,
      idempotencyKey: null,
      scheduleId: null,
      headers: null,
      createdAt: now,
      visibleAt: fate === 'delayed' ? now + DAY_MS : now,
    })),
  );
  return { jobs, now, queueDefaults: QUEUE_DEFAULTS };
}

async function finish(store: JobStore, queues: number): Promise<void> {
  const jobs = await claim(store, FINISHED * queues, FINISHED);
  const outcomes = await store.settle(jobs.map(settlement));
  if (outcomes.some((outcome) => outcome !== 'applied')) throw new Error('a settlement was not applied');
}

/** @param perQueue jobs that are taken of each queue, until there are enough */
async function claim(store: JobStore, count: number, perQueue: number): Promise<readonly Job[]> {
  const outcome = await store.claim({
    now: Date.now(),
    workerId: WORKER_ID,
    slots: count,
    queues: [],
    plan: (queues) =>
      queues.slice(0, count / perQueue).map(({ name }) => ({ queueName: name, count: perQueue })),
  });
  if (outcome.kind !== 'claimed') throw new Error(`the claim was refused: ${outcome.kind}`);
  const { jobs } = outcome;
  if (jobs.length !== count) throw new Error(`${jobs.length} jobs were claimed, not ${count}`);
  return jobs;
}

function settlement(job: Job): Settlement {
  const now = Date.now();
  const { id: jobId, leaseToken } = job;
  const isDead = job.payload.includes('"dead"');
  const error = 'HTTP 404';
  const transition = isDead
    ? failPermanently(job, { leaseToken, error }, now)
    : succeed(job, { leaseToken, result: '{"ok":true}', resultTruncated: false }, now);
  if (transition.kind !== 'changed') throw new Error('a running job can be finished');
  const failedAttempt = {
    number: 1,
    startedAt: now,
    finishedAt: now,
    statusCode: 404,
    error,
    responseExcerpt: null,
  };
  return { jobId, leaseToken, state: transition.job, failedAttempt: isDead ? failedAttempt : null };
}
