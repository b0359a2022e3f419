import { describe, expect, test } from 'vitest';
import type { Worker } from '../../../src/domain/worker/worker.js';
import { NOW, runningJob } from '../../support/jobs.js';
import { newWorker } from '../../support/workers.js';
import { startDashboard, type Dashboard } from './pages.js';

const PATH = '/dashboard/workers';
const ID = 'a.example:4711:018d0c5b-c400-7000-8000-000000000001';
const ENCODED = `${PATH}/${encodeURIComponent(ID)}`;

/** The worker `ID`, which is another process. */
async function withWorker(change: Partial<Worker> = {}): Promise<Dashboard> {
  const dashboard = await startDashboard({ engine: { workerId: 'self' } });
  const worker = { host: 'a.example', process: { pid: 4711, space: null, birth: null }, ...change };
  dashboard.data.workers.set(ID, newWorker(ID, worker));
  return dashboard;
}

/** Jobs that it runs: the first one begins first. */
function runs({ data }: Dashboard, count: number): string[] {
  const jobs = Array.from({ length: count }, (_, i) =>
    runningJob({ workerId: ID, queueName: `queue-${i}`, startedAt: NOW + i, visibleAt: NOW + 1000 + i }),
  );
  for (const job of jobs) data.jobs.set(job.id, job);
  return jobs.map(({ id }) => id);
}

/** The end of an id, which is where ids differ. */
function shown(id: string): string {
  return `…${id.slice(-12)}`;
}

test('without workers it says so', async () => {
  const page = await (await startDashboard()).shown(PATH);
  expect(page.text).toContain('No process runs jobs now.');
  expect(page.text).toContain('0 workers');
});

test('a row tells who, where, since when, its slots, its last beat, and what it runs', async () => {
  const dashboard = await withWorker({ slots: 1200, inFlight: 2, lastBeatAt: NOW + 5000 });
  const [first = '', second = ''] = runs(dashboard, 2);
  const page = await dashboard.shown(PATH);
  expect(page.rows('Workers')).toEqual([
    {
      Worker: 'a.example pid 4711',
      State: 'claiming',
      'Busy slots': '2 / 1,200',
      Runs: `${shown(first)} of queue-0, began 2024-01-15 10:00:00 ${shown(second)} of queue-1, began 2024-01-15 10:00:00`,
      Queues: 'all',
      Since: '2024-01-15 10:00:00',
      'Last beat': '2024-01-15 10:00:05',
      Version: '1.2.3',
      '': 'Drain a.example, pid 4711',
    },
  ]);
  expect(page.link(shown(first))).toBe(`/dashboard/jobs/${first}`);
  expect(page.text).toContain('1–1 of 1 worker');
});

test('jobs of others are not its own, and of many some are shown', async () => {
  const dashboard = await withWorker();
  const other = runningJob({ workerId: 'other' });
  dashboard.data.jobs.set(other.id, other);
  expect((await dashboard.shown(PATH)).rows('Workers')[0]).toMatchObject({ Runs: 'nothing' });
  const ids = runs(dashboard, 7);
  const page = await dashboard.shown(PATH);
  expect(ids.map((id) => page.link(shown(id)) !== undefined)).toEqual([
    true,
    true,
    true,
    true,
    true,
    false,
    false,
  ]);
  expect(page.rows('Workers')[0]?.['Runs']).toMatch(/and more$/);
});

test('it tells which process answers, the longest running first, and leads to the queues of each', async () => {
  const dashboard = await withWorker({ queues: ['mails', 'a/b'] });
  dashboard.data.workers.set('self', newWorker('self', { host: 'here', startedAt: NOW - 1 }));
  const page = await dashboard.shown(PATH);
  expect(page.rows('Workers').map((row) => [row['Worker'], row['Queues']])).toEqual([
    ['here pid 4711 this process', 'all'],
    ['a.example pid 4711', 'mails a/b'],
  ]);
  expect(page.link('a/b')).toBe('/dashboard/queues/a%2Fb');
});

test('of many, fifty are on a page', async () => {
  const dashboard = await startDashboard();
  for (let i = 0; i < 51; i += 1) {
    const id = `worker-${100 + i}`;
    dashboard.data.workers.set(id, newWorker(id, { host: id }));
  }
  expect((await dashboard.shown(PATH)).rows('Workers')).toHaveLength(50);
  const second = await dashboard.shown(`${PATH}?page=2`);
  expect(second.rows('Workers').map((row) => row['Worker'])).toEqual(['worker-150 pid 4711']);
  expect(second.text).toContain('51–51 of 51 workers');
});

describe('its buttons', () => {
  test('drain a worker, which says how far it is, and resume it', async () => {
    const dashboard = await withWorker({ inFlight: 1 });
    const drained = await dashboard.submit(
      `${ENCODED}/drain`,
      (await dashboard.shown(PATH)).form(`${ENCODED}/drain`),
    );
    expect(drained.headers.get('location')).toBe(PATH);
    const page = await dashboard.follow(drained);
    expect(page.notice).toBe(
      'The worker on a.example, pid 4711, begins no more jobs, and finishes those it has.',
    );
    expect(page.rows('Workers')[0]).toMatchObject({ State: 'draining', '': 'Resume a.example, pid 4711' });
    dashboard.data.workers.set(ID, newWorker(ID, { draining: true }));
    expect((await dashboard.shown(PATH)).rows('Workers')[0]).toMatchObject({ State: 'drained' });

    const resumed = await dashboard.follow(await dashboard.submit(`${ENCODED}/resume`));
    expect(resumed.notice).toMatch(/begins jobs again\.$/);
    expect(dashboard.data.workers.get(ID)?.draining).toBe(false);
  });

  test('say it when the worker is gone', async () => {
    const dashboard = await withWorker();
    dashboard.data.workers.clear();
    const page = await dashboard.follow(await dashboard.submit(`${ENCODED}/drain`));
    expect(page.notice).toBe(`Worker ${ID} not found; GET /workers lists those that live`);
  });
});

test('the page is made anew for changes of workers and of jobs, and for the time that passes', async () => {
  const { html } = await (await withWorker()).shown(PATH);
  expect(html).toContain('<div id="live" data-topics="workers jobs" data-every="5">');
});
