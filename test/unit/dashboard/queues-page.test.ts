import { describe, expect, test } from 'vitest';
import { pendingJob } from '../../support/jobs.js';
import { startDashboard, type Dashboard, type Page } from './pages.js';

async function withQueues(...names: readonly string[]): Promise<Dashboard> {
  const dashboard = await startDashboard();
  for (const name of names) await dashboard.post('/queues', { name });
  return dashboard;
}

/** `count` queues: queue-000, queue-001, and so on. */
function many(count: number): Promise<Dashboard> {
  return withQueues(...Array.from({ length: count }, (_, i) => `queue-${String(i).padStart(3, '0')}`));
}

function names(page: Page): (string | undefined)[] {
  return page.rows('Queues').map((row) => row['Queue']);
}

function addJobs({ data }: Dashboard, queueName: string, ...states: Parameters<typeof pendingJob>): void {
  for (const state of states) {
    const job = pendingJob({ queueName, ...state });
    data.jobs.set(job.id, job);
  }
}

test('without queues it says how there come to be some', async () => {
  const dashboard = await startDashboard();
  const page = await dashboard.shown('/dashboard/queues');
  expect(page.text).toContain('No queue matches. A queue is made by its first job, or with “New queue”.');
  expect(page.text).toContain('0 queues');
  expect(page.link('New queue')).toBe('/dashboard/new-queue');
});

test('a row tells a queue’s jobs by status, its limits and its state', async () => {
  const dashboard = await startDashboard();
  await dashboard.post('/queues', { name: 'a/b ?&', max_concurrency: 3, rate_limit_rps: 2.5 });
  addJobs(dashboard, 'a/b ?&', {});
  addJobs(dashboard, 'a/b ?&', { status: 'running' });
  addJobs(dashboard, 'a/b ?&', { status: 'running' });
  addJobs(dashboard, 'a/b ?&', { status: 'dead' });
  const delayed = pendingJob({ queueName: 'a/b ?&' });
  dashboard.data.jobs.set(delayed.id, delayed);
  dashboard.data.delayed.add(delayed.id);
  const page = await dashboard.shown('/dashboard/queues');
  expect(page.rows('Queues')).toEqual([
    {
      Queue: 'a/b ?&',
      State: 'working',
      Ready: '1',
      Delayed: '1',
      Running: '2 / 3',
      Completed: '0',
      Dead: '1',
      'Rate limit': '2.5 / s 2 tokens',
      '': 'Pause a/b ?&',
    },
  ]);
  expect(page.link('a/b ?&')).toBe('/dashboard/queues/a%2Fb%20%3F%26');
  expect(page.targets).toContain('/dashboard/jobs?queue=a%2Fb+%3F%26&status=dead');
  expect(page.targets).not.toContain('/dashboard/jobs?queue=a%2Fb+%3F%26&status=completed');
});

test('the button of a row does what it says, and comes back to the list as it was', async () => {
  const dashboard = await withQueues('mails', 'other');
  const path = '/dashboard/queues?search=mail&sort=dead';
  const fields = (await dashboard.shown(path)).form('/dashboard/queues/mails/pause');
  const answer = await dashboard.submit('/dashboard/queues/mails/pause', fields);
  expect(answer.headers.get('location')).toBe(path);
  const page = await dashboard.follow(answer);
  expect(page.rows('Queues')).toMatchObject([{ Queue: 'mails', State: 'paused', '': 'Resume mails' }]);
  await dashboard.submit('/dashboard/queues/mails/resume', page.form('/dashboard/queues/mails/resume'));
  expect((await dashboard.shown(path)).rows('Queues')).toMatchObject([{ State: 'idle' }]);
});

describe('the list', () => {
  test('has fifty queues a page', async () => {
    const dashboard = await many(101);
    const first = await dashboard.shown('/dashboard/queues');
    expect(names(first)).toHaveLength(50);
    expect(first.text).toContain('1–50 of 101 queues');
    expect(first.link('Previous')).toBeUndefined();
    const second = await dashboard.shown(first.link('Next') ?? '');
    expect(names(second)[0]).toBe('queue-050');
    expect(second.text).toContain('51–100 of 101 queues');
    expect(second.link('Previous')).toBe('/dashboard/queues');
    const third = await dashboard.shown(second.link('Next') ?? '');
    expect(names(third)).toEqual(['queue-100']);
    expect(third.text).toContain('101–101 of 101 queues');
    expect(third.link('Next')).toBeUndefined();
  });

  test('has a way back from a page behind the last', async () => {
    const dashboard = await many(3);
    const page = await dashboard.shown('/dashboard/queues?page=9');
    expect(names(page)).toEqual([]);
    expect(page.text).toContain('3 queues');
    expect(page.link('Previous')).toBe('/dashboard/queues?page=8');
    expect(page.link('Next')).toBeUndefined();
  });

  test.each(['0', '-1', '1.5', 'x', '', '99999999999'])('takes the page %j for the first', async (given) => {
    const dashboard = await many(2);
    expect(names(await dashboard.shown(`/dashboard/queues?page=${given}`))).toHaveLength(2);
  });

  test('finds queues by a part of the name, and pages through what it finds', async () => {
    const dashboard = await many(60);
    await dashboard.post('/queues', { name: 'Mails' });
    const found = await dashboard.shown('/dashboard/queues?search=mAIL');
    expect(names(found)).toEqual(['Mails']);
    expect(found.elements('input')[0]?.attributes).toMatchObject({ name: 'search', value: 'mAIL' });
    const first = await dashboard.shown('/dashboard/queues?search=queue&sort=name');
    expect(first.link('Next')).toBe('/dashboard/queues?search=queue&page=2');
  });

  test('is ordered by name, or by the most jobs of a status', async () => {
    const dashboard = await withQueues('a', 'b', 'c');
    addJobs(dashboard, 'b', { status: 'dead' });
    addJobs(dashboard, 'c', {});
    const order = async (sort: string) => names(await dashboard.shown(`/dashboard/queues?sort=${sort}`));
    expect(await order('name')).toEqual(['a', 'b', 'c']);
    expect(await order('dead')).toEqual(['b', 'a', 'c']);
    expect(await order('pending')).toEqual(['c', 'a', 'b']);
    expect(await order('nonsense')).toEqual(['a', 'b', 'c']);
    const page = await dashboard.shown('/dashboard/queues?sort=dead');
    expect(page.form('/dashboard/queues')).toEqual({ search: '', sort: 'dead' });
  });

  test('keeps its order from page to page', async () => {
    const dashboard = await many(51);
    const page = await dashboard.shown('/dashboard/queues?sort=running');
    expect(page.link('Next')).toBe('/dashboard/queues?sort=running&page=2');
  });
});
