// How late the event loop of mininq is while jobs flow and tabs of the dashboard are open, and while no tab is. Prints
// {"lag", "without", "refreshes", "slowestMs"}; lag: {"p99", "max"}, ms.
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { T, type Mininq } from '../../dist/index.js';
import { createNoopMininq, OTHER_URL } from '../noop-mininq.js';
import { runProgram } from '../processes.js';

const QUEUE = 'live';
const JOBS_A_BATCH = 50;
const BATCH_EVERY_MS = 100;

const { dbPath, paths, seconds } = z
  .object({ dbPath: z.string(), paths: z.array(z.string()), seconds: z.number() })
  .parse(JSON.parse(process.argv[2] ?? ''));

const { mininq } = createNoopMininq(dbPath, { queues: [QUEUE] });
const { url } = await mininq.start();
const flow = new AbortController();
const flowing = enqueueSteadily(mininq, flow.signal);
await sleep(1000);

const without = await lagDuring(() => sleep(seconds * 1000));
const tabs = runProgram('dashboard-tabs', JSON.stringify({ url, paths, seconds: seconds + 1 }));
const streams = () => mininq.container.get(T.LiveUpdates).streams;
while (streams() < paths.length) await sleep(5);
const lag = await lagDuring(() => sleep(seconds * 1000));
if (streams() !== paths.length) throw new Error(`${streams()} of ${paths.length} tabs were open`);
const seen = z.object({ refreshes: z.int().min(1), slowestMs: z.number() }).parse(await tabs);

flow.abort();
await flowing;
await mininq.stop();
process.stdout.write(`${JSON.stringify({ lag, without, ...seen })}\n`);

async function enqueueSteadily({ container }: Mininq, signal: AbortSignal): Promise<void> {
  const { enqueueCheckedJobs } = container.get(T.UseCases);
  while (!signal.aborted) {
    await enqueueCheckedJobs(
      Array.from({ length: JOBS_A_BATCH }, () => ({
        callbackUrl: OTHER_URL,
        queueName: QUEUE,
        priority: 0,
        payload: '{"to":"user@example.com"}',
        maxRetries: null,
        retryBackoff: null,
        baseDelayMs: null,
        maxDelayMs: null,
        timeoutMs: null,
        idempotencyKey: null,
        delayMs: 0,
      })),
    );
    await sleep(BATCH_EVERY_MS);
  }
}

/** Each wait between two ticks of a timer of 1 ms counts once, so that an idle process has a p99 of 1 ms and more. */
async function lagDuring(work: () => Promise<unknown>): Promise<{ p99: number; max: number }> {
  const histogram = monitorEventLoopDelay({ resolution: 1 });
  histogram.enable();
  await work();
  histogram.disable();
  return { p99: histogram.percentile(99) / 1e6, max: histogram.max / 1e6 };
}
