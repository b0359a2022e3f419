import { describe, expect, test } from 'vitest';
import type { Job } from '../../../src/domain/job/job.js';
import { NOW, pendingJob } from '../../support/jobs.js';
import { newSchedule } from '../../support/schedules.js';
import { VERSION } from '../http/api.js';
import { startDashboard, type Dashboard, type Page } from './pages.js';

function store({ data }: Dashboard, ...states: readonly Partial<Job>[]): Job[] {
  const jobs = states.map((state) => pendingJob(state));
  for (const job of jobs) data.jobs.set(job.id, job);
  return jobs;
}

/** The count of each card. */
function cards(page: Page): Record<string, string> {
  return Object.fromEntries(
    page.elements('a').flatMap(({ attributes: { class: kind = '', href = '' }, content }) => {
      const [, name] = /^card (\w+)$/.exec(kind) ?? [];
      const [, count = ''] = /<strong>(.*)<\/strong>/.exec(content) ?? [];
      return name === undefined ? [] : [[name, `${count} ${href}`] as const];
    }),
  );
}

/** What wants a look. */
function warnings(page: Page): string[] {
  const all = page.elements('p').map(({ attributes }) => attributes['class'] === 'notice warning');
  return page.texts('p').filter((_text, index) => all[index]);
}

test('of a new service has zeros, and nothing that wants a look', async () => {
  const dashboard = await startDashboard();
  const page = await dashboard.shown('/dashboard');
  expect(Object.values(cards(page)).map((card) => card.split(' ')[0])).toEqual([
    '0',
    '0',
    '0',
    '0',
    '0',
    '0',
  ]);
  expect(warnings(page)).toEqual([]);
  expect(page.text).toContain('0 completed 0 failed attempts');
  expect(page.text).toContain('No queue has pending jobs.');
  expect(page.text).toContain('No job is dead.');
  expect(page.elements('rect')).toEqual([]);
});

test('counts the jobs by status, and leads to them', async () => {
  const dashboard = await startDashboard();
  store(dashboard, ...Array.from({ length: 1200 }, () => ({ status: 'completed' as const })));
  store(dashboard, {}, {}, { status: 'running' }, { status: 'dead' });
  const [delayed] = store(dashboard, {});
  dashboard.data.delayed.add(delayed?.id ?? '');
  expect(cards(await dashboard.shown('/dashboard'))).toEqual({
    total: '1,205 /dashboard/jobs',
    ready: '2 /dashboard/jobs?status=pending',
    delayed: '1 /dashboard/jobs?status=pending',
    running: '1 /dashboard/jobs?status=running',
    completed: '1,200 /dashboard/jobs?status=completed',
    dead: '1 /dashboard/jobs?status=dead',
  });
});

describe('the system', () => {
  test('is told in a few facts', async () => {
    const dashboard = await startDashboard();
    await dashboard.post('/queues', { name: 'mails' });
    for (const enabled of [true, false, true]) {
      const schedule = newSchedule({ enabled });
      dashboard.data.schedules.set(schedule.id, schedule);
    }
    dashboard.clock.advance(60_000);
    expect((await dashboard.shown('/dashboard')).facts).toEqual({
      Worker: 'claiming',
      'Slots in use': '3 of 10',
      'Oldest ready job': 'none is waiting',
      Queues: '1',
      Schedules: '2 of 3 enabled',
      'Up since': '2024-01-15 10:00:00',
      Version: VERSION,
    });
  });

  test('tells how long the oldest ready job has waited', async () => {
    const dashboard = await startDashboard();
    store(
      dashboard,
      { visibleAt: NOW + 1000 },
      { visibleAt: NOW - 5000 },
      { status: 'running', visibleAt: 0 },
    );
    dashboard.clock.advance(60_000);
    expect((await dashboard.shown('/dashboard')).facts['Oldest ready job']).toBe('waiting for 1 min 5 s');
  });

  test('tells whose jobs alone the worker claims', async () => {
    const dashboard = await startDashboard({ engine: { queues: ['mails', '<b>'] } });
    expect((await dashboard.shown('/dashboard')).facts['Serves only']).toBe('mails, <b>');
  });
});

describe('what wants a look is', () => {
  test('a worker that cannot claim', async () => {
    const dashboard = await startDashboard({ engine: { state: 'pausing' } });
    const page = await dashboard.shown('/dashboard');
    expect(warnings(page)).toEqual([
      'The worker is not claiming: its last try failed, and it tries again by itself. The log says why.',
    ]);
    expect(page.facts['Worker']).toBe('pausing');
  });

  test('a worker that is stopped', async () => {
    const dashboard = await startDashboard({ engine: { state: 'stopped' } });
    const page = await dashboard.shown('/dashboard');
    expect(warnings(page)).toEqual(['The worker is stopped: no jobs are claimed by this process.']);
    expect(page.facts['Worker']).toBe('stopped');
  });

  test('a paused queue with pending jobs, but none without', async () => {
    const dashboard = await startDashboard();
    for (const name of ['a&b', 'empty', 'open']) await dashboard.post('/queues', { name });
    for (const name of ['a&b', 'empty'])
      await dashboard.submit(`/dashboard/queues/${encodeURIComponent(name)}/pause`);
    store(dashboard, { queueName: 'a&b' }, { queueName: 'open' }, { queueName: 'empty', status: 'dead' });
    const page = await dashboard.shown('/dashboard');
    expect(warnings(page)).toEqual(['Queue a&b is paused with 1 pending job.']);
    expect(page.targets).toContain('/dashboard/queues/a%26b');
  });
});

describe('the longest queues', () => {
  test('are those with something to do, and tell why it waits', async () => {
    const dashboard = await startDashboard();
    await dashboard.post('/queues', { name: 'full', max_concurrency: 1 });
    await dashboard.post('/queues', { name: 'done' });
    await dashboard.post('/queues', { name: 'mails' });
    store(
      dashboard,
      { queueName: 'full' },
      { queueName: 'full' },
      { queueName: 'full', status: 'running' },
      { queueName: 'mails' },
      { queueName: 'done', status: 'completed' },
    );
    const page = await dashboard.shown('/dashboard');
    expect(page.rows('Longest queues')).toEqual([
      { Queue: 'full', Ready: '2', Delayed: '0', Running: '1', State: 'at its concurrency limit' },
      { Queue: 'mails', Ready: '1', Delayed: '0', Running: '0', State: 'working' },
    ]);
    expect(page.link('All queues')).toBe('/dashboard/queues?sort=pending');
  });
});

test('the newest dead jobs are shown with what they died of', async () => {
  const dashboard = await startDashboard();
  const dead = { status: 'dead', completedAt: NOW, lastError: 'HTTP 500 <oops>' } as const;
  const jobs = store(dashboard, ...Array.from({ length: 6 }, () => dead));
  store(dashboard, {});
  const page = await dashboard.shown('/dashboard');
  const newest = jobs.at(-1)?.id ?? '';
  expect(page.rows('Newest dead jobs')).toHaveLength(5);
  expect(page.rows('Newest dead jobs')[0]).toEqual({
    Job: `…${newest.slice(-12)}`,
    Queue: 'default',
    Died: '2024-01-15 10:00:00',
    Error: 'HTTP 500 <oops>',
  });
  expect(page.targets).toContain(`/dashboard/jobs/${newest}`);
});

test('the last hour is drawn, the present minute at its end', async () => {
  const dashboard = await startDashboard();
  for (const [minutesAgo, completed, failed] of [
    [0, 5, 0],
    [59, 10, 1200],
    [60, 1000, 1000],
  ] as const) {
    const minute = NOW - minutesAgo * 60_000;
    dashboard.data.throughput.set(minute, { minute, completed, failed });
  }
  dashboard.clock.advance(59_999);
  const page = await dashboard.shown('/dashboard');
  expect(page.text).toContain('15 completed 1,200 failed attempts');
  expect(page.elements('svg')[0]?.attributes['aria-label']).toBe(
    'Throughput of the last hour by minute: 15 jobs completed, 1,200 attempts failed',
  );
  expect(page.texts('title').slice(1)).toEqual([
    '09:01 UTC: 10 completed, 1,200 failed attempts',
    '10:00 UTC: 5 completed, 0 failed attempts',
  ]);
  const [first, last] = [page.elements('rect').at(0), page.elements('rect').at(-1)];
  expect([first?.attributes['x'], last?.attributes['x']]).toEqual(['0', '590']);
});
