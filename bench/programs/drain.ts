// Drains jobs from the store in the directory, which may hold others that wait. Prints {"rate"}: jobs/s.
import { join } from 'node:path';
import { z } from 'zod';
import { checkCompleted, createNoopMininq, drain, insertJobs, MEASURED_URL, warmUp } from '../noop-mininq.js';

const { directory, jobs, queues, others } = z
  .object({
    directory: z.string(),
    jobs: z.int(),
    /** Over how many queues the jobs are spread. */
    queues: z.int(),
    /** How many other jobs the store holds. */
    others: z.int(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));

await warmUp(directory);
const bench = createNoopMininq(join(directory, 'mininq.db'));
await insertJobs(bench.mininq, jobs, (index) => ({
  queueName: `main-${index % queues}`,
  callbackUrl: MEASURED_URL,
}));
const seconds = await drain(bench, jobs);
await checkCompleted(bench, jobs, others);
await bench.mininq.stop();
process.stdout.write(`${JSON.stringify({ rate: jobs / seconds })}\n`);
