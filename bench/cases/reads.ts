import { join } from 'node:path';
import { Client } from 'undici';
import { inTurn, type Case, type Row } from '../case.js';
import { exchange } from '../http-load.js';
import { MininqApi } from '../mininq-api.js';
import { startMininq } from '../processes.js';
import { queueName, seed } from '../seed.js';
import { percentile } from '../statistics.js';

const QUEUES = 100;
const FEW = 1000;
const WARM_UP = 20;
const QUEUE = queueName(50);
/** The paths to read, given the id of the job in the middle. */
const READS: readonly ((middleId: string) => string)[] = [
  () => '/metrics',
  () => '/queues',
  () => `/queues/${QUEUE}`,
  () => '/jobs',
  () => `/jobs?queue=${QUEUE}`,
  () => '/jobs?status=pending',
  () => '/jobs?status=running',
  () => '/jobs?status=completed',
  () => '/jobs?status=dead',
  () => `/jobs?queue=${QUEUE}&status=pending`,
  () => `/jobs?queue=${QUEUE}&status=running`,
  () => `/jobs?queue=${QUEUE}&status=completed`,
  () => `/jobs?queue=${QUEUE}&status=dead`,
  (middleId) => `/jobs?before=${middleId}`,
  (middleId) => `/jobs?queue=${QUEUE}&status=dead&before=${middleId}`,
];

export const benchCase: Case = {
  title: 'reading from a file of 1,000,000 jobs in 100 queues, one request at a time',
  yardstick: 'the same with a file of 1,000 jobs',
  async run({ quick, directory, say }) {
    const jobs = quick ? 50_000 : 1_000_000;
    say(`filling a file with ${jobs} jobs`);
    await using ofMany = await seed(join(directory, 'many.db'), { jobs, queues: QUEUES });
    await using ofFew = await seed(join(directory, 'few.db'), { jobs: FEW, queues: QUEUES });
    const atRest = { MININQ_WORKER_QUEUES: 'none-of-these' };
    await using many = await startMininq(join(directory, 'many.db'), atRest);
    await using few = await startMininq(join(directory, 'few.db'), atRest);
    await expectJobs(many.url, jobs);
    await expectJobs(few.url, FEW);

    const requests = quick ? 50 : 200;
    const rows: Row[] = [];
    for (const read of READS) {
      const measure = `GET ${read('{id}')}, p99`;
      say(measure);
      const figures = await inTurn(
        quick ? 2 : 5,
        () => p99(many.url, read(ofMany.middleId), requests),
        () => p99(few.url, read(ofFew.middleId), requests),
      );
      rows.push({ measure, unit: 'ms', ...figures, goal: { of: 'value', atMost: 20 } });
    }
    return rows;
  },
};

/** Milliseconds of all but the slowest hundredth of the requests. */
async function p99(url: string, path: string, requests: number): Promise<number> {
  const client = new Client(url);
  const figures: number[] = [];
  for (let request = 0; request < WARM_UP + requests; request += 1) {
    const sentAt = performance.now();
    const text = await exchange(client, { method: 'GET', path, body: null }, 200);
    if (request >= WARM_UP) figures.push(performance.now() - sentAt);
    if (text === '[]') throw new Error(`GET ${path} found nothing`);
  }
  await client.destroy();
  return percentile(figures, 99);
}

async function expectJobs(url: string, jobs: number): Promise<void> {
  const counts = await new MininqApi(url).counts();
  const { total, pending, completed, dead } = counts;
  if (total !== jobs || pending === 0 || completed === 0 || dead === 0)
    throw new Error(`the file is not as it was filled: ${JSON.stringify(counts)}`);
}
