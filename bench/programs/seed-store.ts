// Makes a store with jobs of one kind, and closes it: the file alone holds all of it then. Prints {"jobs"}.
import { z } from 'zod';
import { T, type Job, type Mininq, type Settlement } from '../../dist/index.js';
import { registerWorker } from '../seed.js';
import { createNoopMininq, insertJobs, OTHER_URL, setPaused } from '../noop-mininq.js';

const DAY_MS = 86_400_000;
const OTHER_QUEUES = 10;
const BATCH = 1000;

const { dbPath, kind, jobs } = z
  .object({
    dbPath: z.string(),
    kind: z.enum(['other-queues', 'same-queue', 'delayed', 'finished']),
    jobs: z.int(),
  })
  .parse(JSON.parse(process.argv[2] ?? ''));

const { mininq } = createNoopMininq(dbPath);
await seed();
const counts = await mininq.container.get(T.JobQueries).counts();
const stored = counts.reduce((sum, { pending, completed }) => sum + pending + completed, 0);
if (stored !== jobs) throw new Error(`${stored} jobs stored instead of ${jobs}`);
await mininq.container.get(T.JobStore).close();
process.stdout.write(`${JSON.stringify({ jobs })}\n`);

function seed(): Promise<void> {
  switch (kind) {
    case 'other-queues':
      return readyInOtherQueues();
    case 'same-queue':
      return insertJobs(mininq, jobs, () => ({
        queueName: 'main-0',
        callbackUrl: OTHER_URL,
        priority: -1,
      }));
    case 'delayed':
      return delayed();
    case 'finished':
      return finished(mininq);
  }
}

async function readyInOtherQueues(): Promise<void> {
  await insertJobs(mininq, jobs, (index) => ({ queueName: otherQueue(index), callbackUrl: OTHER_URL }));
  for (let index = 0; index < OTHER_QUEUES; index += 1) await setPaused(mininq, otherQueue(index), true);
}

/** Due in a day or later, every other one in the queue that is measured. */
function delayed(): Promise<void> {
  const tomorrow = Date.now() + DAY_MS;
  return insertJobs(mininq, jobs, (index) => ({
    queueName: index % 2 === 0 ? 'main-0' : otherQueue(index),
    callbackUrl: OTHER_URL,
    visibleAt: tomorrow + index,
  }));
}

/** Completed ten days ago. */
async function finished({ container }: Mininq): Promise<void> {
  const store = container.get(T.JobStore);
  const now = Date.now() - 10 * DAY_MS;
  await registerWorker(container, 'seed');
  for (let done = 0; done < jobs; done += BATCH) {
    const count = Math.min(BATCH, jobs - done);
    await insertJobs(mininq, count, () => ({ queueName: 'main-0', callbackUrl: OTHER_URL }), now);
    const outcome = await store.claim({
      now,
      workerId: 'seed',
      slots: count,
      queues: [],
      plan: () => [{ queueName: 'main-0', count }],
    });
    if (outcome.kind !== 'claimed') throw new Error(`the claim was refused: ${outcome.kind}`);
    await store.settle(outcome.jobs.map((job) => completed(job, now)));
  }
  await container.get(T.WorkerStore).remove('seed');
}

function completed(job: Job, now: number): Settlement {
  const { attempt, visibleAt, leaseToken, workerId, startedAt, lastError } = job;
  return {
    jobId: job.id,
    leaseToken,
    state: {
      status: 'completed',
      attempt,
      visibleAt,
      leaseToken,
      workerId,
      startedAt,
      completedAt: now,
      lastError,
      result: '',
      resultTruncated: false,
      crashes: 0,
      updatedAt: now,
    },
    failedAttempt: null,
  };
}

function otherQueue(index: number): string {
  return `other-${index % OTHER_QUEUES}`;
}
