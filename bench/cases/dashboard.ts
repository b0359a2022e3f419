import { join } from 'node:path';
import { Client } from 'undici';
import { z } from 'zod';
import { inTurn, type Case, type Row, type Setting } from '../case.js';
import { exchange } from '../http-load.js';
import { runProgram, startMininq } from '../processes.js';
import { queueName, seed } from '../seed.js';
import { percentile } from '../statistics.js';

const QUEUES = 1000;
const FEW = 10_000;
const WARM_UP = 10;
const QUEUE = queueName(500);
const TABS = 20;
/** The pages, given the id of the job in the middle. */
const VIEWS: readonly ((middleId: string) => string)[] = [
  () => '/dashboard',
  () => '/dashboard/queues',
  () => '/dashboard/queues?search=99&sort=dead',
  () => '/dashboard/queues?sort=pending&page=20',
  () => `/dashboard/queues/${QUEUE}`,
  () => '/dashboard/jobs',
  () => '/dashboard/jobs?status=dead',
  () => `/dashboard/jobs?queue=${QUEUE}`,
  () => `/dashboard/jobs?queue=${QUEUE}&status=completed`,
  () => '/dashboard/jobs?search=found-nowhere',
  (middleId) => `/dashboard/jobs?before=${middleId}`,
  (middleId) => `/dashboard/jobs/${middleId}`,
  () => '/dashboard/schedules',
];

const figures = z.object({
  lag: z.object({ p99: z.number(), max: z.number() }),
  without: z.object({ p99: z.number(), max: z.number() }),
  refreshes: z.int(),
  slowestMs: z.number(),
});

export const benchCase: Case = {
  title:
    'the dashboard with 1,000,000 jobs in 1,000 queues: each page, and the event loop while 20 tabs are open',
  yardstick: 'pages: with 10,000 jobs; event loop: no tab open',
  async run(setting) {
    const { quick, directory, say } = setting;
    const jobs = quick ? 50_000 : 1_000_000;
    say(`filling a file with ${jobs} jobs`);
    const dbPath = join(directory, 'many.db');
    await using seeded = await seed(dbPath, { jobs, queues: QUEUES });
    const { middleId } = seeded;
    return [...(await pages(setting, dbPath, middleId)), ...(await live(setting, dbPath, middleId))];
  },
};

async function pages({ quick, directory, say }: Setting, dbPath: string, middleId: string): Promise<Row[]> {
  await using ofFew = await seed(join(directory, 'few.db'), { jobs: FEW, queues: QUEUES });
  const atRest = { MININQ_WORKER_QUEUES: 'none-of-these' };
  await using many = await startMininq(dbPath, atRest);
  await using few = await startMininq(join(directory, 'few.db'), atRest);
  const requests = quick ? 20 : 100;
  const rows: Row[] = [];
  for (const view of VIEWS) {
    const measure = `GET ${view('{id}')}, p99`;
    say(measure);
    const rounds = await inTurn(
      quick ? 1 : 3,
      () => p99(many.url, view(middleId), requests),
      () => p99(few.url, view(ofFew.middleId), requests),
    );
    rows.push({ measure, unit: 'ms', ...rounds, goal: { of: 'value', atMost: 100 } });
  }
  return rows;
}

/** Milliseconds of all but the slowest hundredth of the requests. */
async function p99(url: string, path: string, requests: number): Promise<number> {
  const client = new Client(url);
  const durations: number[] = [];
  for (let request = 0; request < WARM_UP + requests; request += 1) {
    const sentAt = performance.now();
    const text = await exchange(client, { method: 'GET', path, body: null }, 200);
    if (request >= WARM_UP) durations.push(performance.now() - sentAt);
    if (!text.includes('</html>')) throw new Error(`GET ${path} gave no page`);
  }
  await client.destroy();
  return percentile(durations, 99);
}

/** Jobs flow at 500 a second; every tab shows another page. */
async function live({ quick, say }: Setting, dbPath: string, middleId: string): Promise<Row[]> {
  const paths = Array.from({ length: TABS }, (_, index) => {
    const view = VIEWS[index % VIEWS.length]?.(middleId) ?? '';
    return index < VIEWS.length ? view : `/dashboard/jobs?queue=${queueName(index)}`;
  });
  const rounds: z.infer<typeof figures>[] = [];
  for (let round = 0; round < (quick ? 1 : 3); round += 1) {
    const parameters = { dbPath, paths, seconds: quick ? 5 : 15 };
    const figure = figures.parse(await runProgram('dashboard-lag', JSON.stringify(parameters)));
    say(`${TABS} tabs: ${figure.refreshes} refreshes, the slowest took ${figure.slowestMs.toFixed(1)} ms`);
    rounds.push(figure);
  }
  const row = (measure: string, of: 'p99' | 'max', goal: Row['goal']): Row => ({
    measure,
    unit: 'ms',
    mininq: rounds.map(({ lag }) => lag[of]),
    yardstick: rounds.map(({ without }) => without[of]),
    goal,
  });
  return [
    row('event loop with 20 tabs, p99', 'p99', { of: 'value', atMost: 25 }),
    row('event loop with 20 tabs (max)', 'max', null),
    {
      measure: 'slowest refresh of a tab',
      unit: 'ms',
      mininq: rounds.map(({ slowestMs }) => slowestMs),
      yardstick: rounds.map(() => 1000),
      goal: { of: 'value', atMost: 1000 },
    },
  ];
}
