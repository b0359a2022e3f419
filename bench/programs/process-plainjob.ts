// Prints {"adding", "processing"}: jobs/s.
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { better, defineQueue, defineWorker, JobStatus, type Logger } from 'plainjob';
import { z } from 'zod';

const WARM_UP_JOBS = 2000;

const { directory, jobs, payload } = z
  .object({ directory: z.string(), jobs: z.int(), payload: z.unknown() })
  .parse(JSON.parse(process.argv[2] ?? ''));

const nothing = (): void => undefined;
const logger: Logger = { error: nothing, warn: nothing, info: nothing, debug: nothing };
const queue = defineQueue({ connection: better(new Database(join(directory, 'plainjob.db'))), logger });

add('warm-up', WARM_UP_JOBS);
await drain('warm-up', WARM_UP_JOBS);
const addingSeconds = add('main', jobs);
const processingSeconds = await drain('main', jobs);

if (queue.countJobs({ type: 'main', status: JobStatus.Done }) !== jobs) throw new Error('not all are done');
queue.close();
process.stdout.write(
  `${JSON.stringify({ adding: jobs / addingSeconds, processing: jobs / processingSeconds })}\n`,
);

/** @returns seconds */
function add(type: string, count: number): number {
  const startedAt = performance.now();
  for (let i = 0; i < count; i += 1) queue.add(type, payload);
  return (performance.now() - startedAt) / 1000;
}

/** @returns seconds until the last of the jobs is marked as done */
async function drain(type: string, count: number): Promise<number> {
  let done = 0;
  let endedAt = 0;
  const stopped: Promise<void>[] = [];
  const worker = defineWorker(type, () => Promise.resolve(), {
    queue,
    logger,
    onCompleted: () => {
      done += 1;
      if (done < count) return;
      endedAt = performance.now();
      stopped.push(worker.stop());
    },
  });
  const startedAt = performance.now();
  await worker.start();
  await Promise.all(stopped);
  return (endedAt - startedAt) / 1000;
}
