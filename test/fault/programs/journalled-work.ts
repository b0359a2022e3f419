/**
 * Work on the store, under disk-journal.c: enqueues jobs, claims and completes some, and appends to the journal what was
 * acknowledged ('A', the ids) and completed ('C', the ids) as soon as the store has answered. Argument: how many jobs.
 */
import { openSync, writeSync } from 'node:fs';
import { succeed } from '../../../src/domain/job/transitions.js';
import { newJob, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { claimed, hire } from '../../support/workers.js';
import type { Job, Settlement } from '../../../src/index.js';
import { buildContainer, config, T } from './built.js';

const total = Number(process.argv[2]);
const journal = openSync(process.env['DISK_JOURNAL'] ?? '', 'a');
const container = buildContainer(config);
const store = container.get(T.JobStore);
await hire(container.get(T.WorkerStore), 'worker');
let made = 0;

function append(what: 'A' | 'C', ids: readonly string[]): void {
  const bytes = Buffer.from(ids.join('\n'));
  const head = Buffer.alloc(14);
  head.write(`${what}-`);
  head.writeUInt32LE(bytes.length, 10);
  writeSync(journal, Buffer.concat([head, bytes]));
}

async function enqueue(): Promise<void> {
  const size = 1 + (made % 5);
  const jobs = Array.from({ length: size }, () => {
    made += 1;
    return newJob({ payload: JSON.stringify({ text: 'x'.repeat((made * 997) % 3000) }) });
  });
  await store.insert({ jobs, now: Date.now(), queueDefaults: QUEUE_DEFAULTS });
  append(
    'A',
    jobs.map(({ id }) => id),
  );
}

async function deliver(): Promise<void> {
  const now = Date.now();
  const outcome = await store.claim({
    now,
    workerId: 'worker',
    slots: 3,
    queues: [],
    plan: (queues) => queues.map(({ name, ready }) => ({ queueName: name, count: Math.min(3, ready) })),
  });
  const jobs = claimed(outcome);
  if (jobs.length === 0) return;
  await store.settle(jobs.map((job) => completion(job, now)));
  append(
    'C',
    jobs.map(({ id }) => id),
  );
}

function completion(job: Job, now: number): Settlement {
  const { leaseToken } = job;
  const transition = succeed(job, { leaseToken, result: 'ok', resultTruncated: false }, now);
  if (transition.kind !== 'changed') throw new Error('a claimed job can succeed');
  return { jobId: job.id, leaseToken, state: transition.job, failedAttempt: null };
}

const client = async (): Promise<void> => {
  while (made < total) await enqueue();
};
const worker = async (): Promise<void> => {
  while (made < total) await deliver();
};
await Promise.all([client(), client(), client(), worker()]);
// The power goes: nothing is closed.
process.kill(process.pid, 'SIGKILL');
