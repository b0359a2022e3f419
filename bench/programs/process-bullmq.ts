// Prints {"adding", "processing"}: jobs/s.
import { Queue, Worker } from 'bullmq';
import { z } from 'zod';

/** Callers that add, and jobs that the worker has at once. */
const CONCURRENCY = 64;
const WARM_UP_JOBS = 2000;

const { port, jobs, payload } = z
  .object({ port: z.int(), jobs: z.int(), payload: z.unknown() })
  .parse(JSON.parse(process.argv[2] ?? ''));
const connection = { host: '127.0.0.1', port };

await measure('warm-up', WARM_UP_JOBS);
process.stdout.write(`${JSON.stringify(await measure('main', jobs))}\n`);

async function measure(name: string, count: number): Promise<{ adding: number; processing: number }> {
  const queue = new Queue(name, { connection });
  await queue.waitUntilReady();
  const adding = count / (await add(queue, count));
  const processing = count / (await drain(name, count));
  if ((await queue.getCompletedCount()) !== count) throw new Error('not all are completed');
  await queue.close();
  return { adding, processing };
}

/** @returns seconds */
async function add(queue: Queue, count: number): Promise<number> {
  let left = count;
  const caller = async (): Promise<void> => {
    while (left > 0) {
      left -= 1;
      await queue.add('job', payload);
    }
  };
  const startedAt = performance.now();
  await Promise.all(Array.from({ length: CONCURRENCY }, caller));
  return (performance.now() - startedAt) / 1000;
}

/** @returns seconds until the last of the jobs is stored as completed */
async function drain(name: string, count: number): Promise<number> {
  const worker = new Worker(name, () => Promise.resolve(), {
    connection,
    concurrency: CONCURRENCY,
    autorun: false,
  });
  await worker.waitUntilReady();
  const completed = new Promise<void>((resolve) => {
    let left = count;
    worker.on('completed', () => {
      left -= 1;
      if (left === 0) resolve();
    });
  });
  const startedAt = performance.now();
  const running = worker.run();
  await completed;
  const seconds = (performance.now() - startedAt) / 1000;
  await worker.close();
  await running;
  return seconds;
}
