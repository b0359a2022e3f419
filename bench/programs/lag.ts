// How late the event loop of mininq is while it does one thing. Prints {"lag", "idle"}, each {"p99", "max"}: ms.
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { T, type JobCounts, type Mininq } from '../../dist/index.js';
import {
  checkCompleted,
  createNoopMininq,
  createQueue,
  insertJobs,
  MEASURED_URL,
  OTHER_URL,
  setPaused,
  settled,
  type NoopMininq,
} from '../noop-mininq.js';
import { registerWorker } from '../seed.js';
import { runProgram, startProgram } from '../processes.js';

const DAY_MS = 86_400_000;
const POLL_MS = 20;
const QUEUE = 'main-0';
const WARM_UP_JOBS = 1000;
/** How long before the jobs fall due the recording begins. */
const HEAD_START_MS = 20;

/** Milliseconds. */
interface Lag {
  readonly p99: number;
  readonly max: number;
}

/** Prepares, lets {@link lagDuring} record what is measured and nothing else, and checks that it was done. */
type Scenario = (bench: NoopMininq, jobs: number) => Promise<Lag>;

const SCENARIOS = { enqueue, deliver, cleanup, due, reap } satisfies Record<string, Scenario>;

const { directory, scenario, jobs, idleMs } = z
  .object({
    directory: z.string(),
    scenario: z.enum(['enqueue', 'deliver', 'cleanup', 'due', 'reap']),
    jobs: z.int(),
    idleMs: z.int(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));

// Finished jobs are only in a store that was made beforehand.
await run('warm-up.db', scenario === 'cleanup' ? 0 : WARM_UP_JOBS);
const idle = await lagDuring(() => sleep(idleMs));
const lag = await run('mininq.db', jobs);
process.stdout.write(`${JSON.stringify({ lag, idle })}\n`);

async function run(file: string, count: number): Promise<Lag> {
  const bench = createNoopMininq(join(directory, file), { retentionDays: 1 });
  const recorded = await SCENARIOS[scenario](bench, count);
  await bench.mininq.stop();
  return recorded;
}

/** Each wait between two ticks of a timer of 1 ms counts once, so that an idle process has a p99 of 1 ms and more. */
async function lagDuring(work: () => Promise<unknown>): Promise<Lag> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await work();
  // The wait that is not over yet.
  await sleep(2);
  histogram.disable();
  return { p99: histogram.percentile(99) / 1e6, max: histogram.max / 1e6 };
}

/** Many clients enqueue at once, into a paused queue. */
async function enqueue({ mininq }: NoopMininq, count: number): Promise<Lag> {
  await createQueue(mininq, QUEUE);
  await setPaused(mininq, QUEUE, true);
  const { url } = await mininq.start();
  const begun = arrival(mininq, 1);
  const ended = arrival(mininq, count);
  const load = { url, queue: QUEUE, callbackUrl: OTHER_URL, jobs: count };
  const loaded = runProgram('lag-load', JSON.stringify(load));
  // A load that fails ends both waits.
  await Promise.race([begun, loaded]);
  const lag = await lagDuring(() => Promise.race([ended, loaded]));
  await loaded;
  await check(mininq, { pending: count });
  return lag;
}

/** Resolves when, from now on, so many enqueues have been stored. */
function arrival({ container }: Mininq, count: number): Promise<void> {
  return new Promise((resolve) => {
    let left = count;
    const unsubscribe = container.get(T.Events).subscribe(({ type }) => {
      if (type === 'jobs_pending') left -= 1;
      if (left > 0) return;
      unsubscribe();
      resolve();
    });
  });
}

/** Ready jobs are delivered over HTTP. */
async function deliver({ mininq }: NoopMininq, count: number): Promise<Lag> {
  await using receiver = await startProgram('receiver');
  await insertJobs(mininq, count, () => ({ queueName: QUEUE, callbackUrl: receiver.url }));
  const lag = await lagDuring(async () => {
    await mininq.start();
    await until(async () => (await countsOf(mininq)).completed === count);
  });
  await check(mininq, { completed: count });
  return lag;
}

/** Finished jobs, which the store holds already, are past their retention. */
async function cleanup({ mininq }: NoopMininq, count: number): Promise<Lag> {
  await check(mininq, { completed: count });
  const lag = await lagDuring(async () => {
    await mininq.start();
    await until(async () => (await countsOf(mininq)).completed === 0);
  });
  await check(mininq, {});
  return lag;
}

/** Delayed jobs all fall due at the same instant, while the engine sleeps. */
async function due(bench: NoopMininq, count: number): Promise<Lag> {
  const { mininq, noop } = bench;
  // As long as it takes to store them, with much to spare.
  const dueAt = Date.now() + 2000 + count / 10;
  await insertJobs(mininq, count, () => ({ queueName: QUEUE, callbackUrl: MEASURED_URL, visibleAt: dueAt }));
  await mininq.start();
  const waitMs = dueAt - HEAD_START_MS - Date.now();
  if (waitMs < 0) throw new Error('storing the jobs took too long');
  await sleep(waitMs);
  const lag = await lagDuring(() => noop.reached(count));
  await settled(mininq);
  await checkCompleted(bench, count, 0);
  return lag;
}

/** The worker of these jobs died. They stay pending when they are recovered, as their queue is paused. */
async function reap({ mininq }: NoopMininq, count: number): Promise<Lag> {
  const store = mininq.container.get(T.JobStore);
  const then = Date.now() - DAY_MS;
  await insertJobs(mininq, count, () => ({ queueName: QUEUE, callbackUrl: OTHER_URL }), then);
  await setPaused(mininq, QUEUE, true);
  await registerWorker(mininq.container, 'gone');
  const claim = { now: then, workerId: 'gone', slots: count, queues: [] };
  await store.claim({ ...claim, plan: () => [{ queueName: QUEUE, count }] });
  await mininq.container.get(T.WorkerStore).remove('gone');
  await check(mininq, { running: count });
  const lag = await lagDuring(async () => {
    await mininq.start();
    await until(async () => (await store.abandoned(1)).length === 0);
  });
  await check(mininq, { pending: count });
  return lag;
}

/** Looks every few milliseconds, with reads that are cheap. */
async function until(isTrue: () => Promise<boolean>): Promise<void> {
  while (!(await isTrue())) await sleep(POLL_MS);
}

function countsOf({ container }: Mininq): Promise<JobCounts> {
  return container.get(T.JobQueries).countsOf(QUEUE);
}

/** @throws when the queue holds anything else */
async function check(
  mininq: Mininq,
  { pending = 0, running = 0, completed = 0 }: Partial<JobCounts>,
): Promise<void> {
  const counts = await countsOf(mininq);
  const isRight =
    counts.pending === pending &&
    counts.running === running &&
    counts.completed === completed &&
    counts.dead === 0;
  if (!isRight) throw new Error(`${scenario}: ${JSON.stringify(counts)}`);
}
