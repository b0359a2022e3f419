// Prints {"adding", "processing"}: jobs/s.
import { join } from 'node:path';
import { z } from 'zod';
import {
  checkCompleted,
  createNoopMininq,
  createQueue,
  drain,
  enqueueSingly,
  warmUp,
} from '../noop-mininq.js';

const { directory, jobs, payload } = z
  .object({ directory: z.string(), jobs: z.int(), payload: z.unknown() })
  .parse(JSON.parse(process.argv[2] ?? ''));

await warmUp(directory);
const bench = createNoopMininq(join(directory, 'mininq.db'));
await createQueue(bench.mininq, 'main');

const startedAt = performance.now();
await enqueueSingly(bench.mininq, 'main', jobs, payload);
const addingSeconds = (performance.now() - startedAt) / 1000;
const processingSeconds = await drain(bench, jobs);

await checkCompleted(bench, jobs, 0);
await bench.mininq.stop();
process.stdout.write(
  `${JSON.stringify({ adding: jobs / addingSeconds, processing: jobs / processingSeconds })}\n`,
);
