import { describe, expect, test } from 'vitest';
import type { Job } from '../../../src/domain/job/job.js';
import { MemoryJobQueries } from '../../../src/infrastructure/memory/memory-job-queries.js';
import { NOW, pendingJob } from '../../support/jobs.js';
import { startDashboard, type Dashboard, type Page } from './pages.js';

const LIST = '/dashboard/jobs';

function store({ data }: Dashboard, ...states: readonly Partial<Job>[]): string[] {
  const jobs = states.map((state) => pendingJob(state));
  for (const job of jobs) {
    data.jobs.set(job.id, job);
    if (job.idempotencyKey !== null) data.jobIdsByKey.set(job.idempotencyKey, job.id);
  }
  return jobs.map(({ id }) => id);
}

/** Ids of the jobs that are listed, in order. */
function listed(page: Page): (string | undefined)[] {
  const boxes = page.elements('input').filter(({ attributes }) => attributes['name'] === 'ids');
  return boxes.map(({ attributes }) => attributes['value']);
}

describe('a row', () => {
  test('tells what there is to know of a job', async () => {
    const dashboard = await startDashboard();
    const [id = ''] = store(dashboard, {
      queueName: 'a/b',
      status: 'dead',
      attempt: 4,
      idempotencyKey: 'order-7',
      callbackUrl: 'https://example.com/hook?a=1&b=2',
      lastError: 'HTTP 500 <oops>',
    });
    const page = await dashboard.shown(LIST);
    expect(page.rows('Jobs')).toEqual([
      {
        Select: '',
        Job: `…${id.slice(-12)} order-7`,
        Status: 'dead',
        Queue: 'a/b',
        Attempts: '4 / 4',
        Created: '2024-01-15 10:00:00',
        'Callback and error': 'https://example.com/hook?a=1&b=2 HTTP 500 <oops>',
        '': `Retry job ${id}`,
      },
    ]);
    expect(page.targets).toEqual(
      expect.arrayContaining([`/dashboard/jobs/${id}`, '/dashboard/queues/a%2Fb']),
    );
  });

  test('cuts what is long', async () => {
    const dashboard = await startDashboard();
    store(dashboard, { lastError: 'x'.repeat(10_000) });
    const page = await dashboard.shown(LIST);
    expect(page.rows('Jobs')[0]?.['Callback and error']).toMatch(/ x{300}…$/);
    expect(page.html).not.toContain('x'.repeat(301));
  });

  test.each<[string, Partial<Job>, string, string]>([
    ['that is due', {}, 'pending', 'Cancel'],
    ['that is delayed', { visibleAt: NOW + 90_000 }, 'pending due 2024-01-15 10:01:30', 'Cancel'],
    [
      'that waits for its next attempt',
      { attempt: 2, updatedAt: NOW + 5000, visibleAt: NOW + 9000 },
      'pending due 2024-01-15 10:00:09',
      'Cancel',
    ],
    ['that runs', { status: 'running', visibleAt: NOW + 60_000 }, 'running', ''],
    ['that is completed', { status: 'completed' }, 'completed', ''],
    ['that is dead', { status: 'dead' }, 'dead', 'Retry'],
  ])('of a job %s says so, and offers what can be done', async (_case, state, status, action) => {
    const dashboard = await startDashboard();
    const [id = ''] = store(dashboard, state);
    const page = await dashboard.shown(LIST);
    expect(page.rows('Jobs')).toMatchObject([
      { Status: status, '': action === '' ? '' : `${action} job ${id}` },
    ]);
    const button = page.elements('button').find(({ attributes }) => 'formaction' in attributes);
    const path = action === '' ? undefined : `/dashboard/jobs/${id}/${action.toLowerCase()}`;
    expect(button?.attributes['formaction']).toBe(path);
    expect(button?.attributes['hx-post']).toBe(path);
  });
});

describe('the filters', () => {
  test('show the jobs that match all of them, the newest first', async () => {
    const dashboard = await startDashboard();
    const schedule = '018d0c5b-c400-7000-8000-00000000beef';
    const [a, b, c, d] = store(
      dashboard,
      { queueName: 'mails', callbackUrl: 'https://example.com/Invoice' },
      { queueName: 'mails', status: 'dead', scheduleId: schedule },
      { queueName: 'other', status: 'dead', callbackUrl: 'https://example.com/invoice' },
      { queueName: 'mails', status: 'dead', idempotencyKey: 'order 7&' },
    );
    const found = async (query: string) => listed(await dashboard.shown(`${LIST}?${query}`));
    expect(await found('')).toEqual([d, c, b, a]);
    expect(await found('queue=mails')).toEqual([d, b, a]);
    expect(await found('queue=mails&status=dead')).toEqual([d, b]);
    expect(await found('search=invoice')).toEqual([c, a]);
    expect(await found('search=invoice&queue=mails')).toEqual([a]);
    expect(await found('search=order+7%26')).toEqual([d]);
    expect(await found(`search=${b ?? ''}`)).toEqual([b]);
    expect(await found(`search=${b ?? ''}&status=pending`)).toEqual([]);
    expect(await found(`schedule_id=${schedule}`)).toEqual([b]);
    expect(await found('queue=&status=&search=++')).toEqual([d, c, b, a]);
    expect(await found('status=nonsense&queue=nowhere')).toEqual([]);
  });

  test('stand in their fields as they were given', async () => {
    const dashboard = await startDashboard();
    const page = await dashboard.shown(`${LIST}?queue=a%22b&status=dead&search=%3Cx%3E&schedule_id=s`);
    expect(page.form(LIST)).toEqual({ queue: 'a"b', status: 'dead', search: '<x>', schedule_id: 's' });
    expect((await dashboard.shown(`${LIST}?status=nonsense`)).form(LIST)).toEqual({
      queue: '',
      status: '',
      search: '',
    });
  });

  test('propose the queues that there are', async () => {
    const dashboard = await startDashboard();
    for (const name of ['mails', '"quoted"']) await dashboard.post('/queues', { name });
    const [names] = (await dashboard.shown(LIST)).elements('datalist');
    expect(names?.content).toBe(
      '<option value="&quot;quoted&quot;"></option><option value="mails"></option>',
    );
  });

  test('that match nothing say so', async () => {
    const page = await (await startDashboard()).shown(`${LIST}?queue=nowhere`);
    expect(page.text).toContain('No job matches.');
    expect(page.text).not.toContain('Looked at');
  });
});

describe('a page', () => {
  test('has fifty jobs, and leads to the older ones and back', async () => {
    const dashboard = await startDashboard();
    const ids = store(dashboard, ...Array.from({ length: 120 }, () => ({ queueName: 'mails' }))).reverse();
    store(dashboard, { queueName: 'other' });
    const first = await dashboard.shown(`${LIST}?queue=mails&status=pending`);
    expect(listed(first)).toEqual(ids.slice(0, 50));
    expect(first.link('Newest')).toBeUndefined();
    expect(first.link('Older')).toBe(`${LIST}?queue=mails&status=pending&before=${ids[49] ?? ''}`);
    expect(first.text).not.toContain('Looked at');
    const second = await dashboard.shown(first.link('Older') ?? '');
    expect(listed(second)).toEqual(ids.slice(50, 100));
    expect(second.link('Newest')).toBe(`${LIST}?queue=mails&status=pending`);
    const third = await dashboard.shown(second.link('Older') ?? '');
    expect(listed(third)).toEqual(ids.slice(100));
    expect(third.link('Older')).toBeUndefined();
  });

  test('that is just full is the last one', async () => {
    const dashboard = await startDashboard();
    store(dashboard, ...Array.from({ length: 50 }, () => ({})));
    expect((await dashboard.shown(LIST)).link('Older')).toBeUndefined();
  });

  test('from where no job is begins with the next older one', async () => {
    const dashboard = await startDashboard();
    const [a, b] = store(dashboard, {}, {}, {});
    dashboard.data.jobs.delete(b ?? '');
    expect(listed(await dashboard.shown(`${LIST}?before=${b ?? ''}`))).toEqual([a]);
  });
});

describe('a search that takes too long', () => {
  /** Made at NOW, as its first digits say. */
  const NEXT = `${NOW.toString(16).padStart(12, '0').replace(/^.{8}/, '$&-')}-7000-8000-00000000cafe`;

  /** Each step takes 30 ms and finds so many jobs. */
  async function slow(jobs: number) {
    let steps = 0;
    const dashboard = await startDashboard({
      ports: (data, clock) => {
        const queries = new MemoryJobQueries(data);
        queries.search = () => {
          steps += 1;
          clock.advance(30);
          return Promise.resolve({ jobs: Array.from({ length: jobs }, () => pendingJob()), next: NEXT });
        };
        return { queries };
      },
    });
    return { dashboard, steps: () => steps };
  }

  test('ends, says how far it came, and goes on from there', async () => {
    const { dashboard, steps } = await slow(0);
    const page = await dashboard.shown(`${LIST}?queue=mails`);
    expect(steps()).toBe(2);
    expect(page.text).toContain('No job matches among those looked at so far.');
    expect(page.text).toContain('Looked at the jobs back to 2024-01-15 10:00:00 UTC.');
    expect(page.link('Search older jobs')).toBe(`${LIST}?queue=mails&before=${NEXT}`);
    expect(page.link('Older')).toBeUndefined();
  });

  test('shows what it has found by then', async () => {
    const { dashboard } = await slow(3);
    const page = await dashboard.shown(LIST);
    expect(listed(page)).toHaveLength(6);
    expect(page.link('Search older jobs')).toBe(`${LIST}?before=${NEXT}`);
  });

  test('that has found a whole page is not one', async () => {
    const { dashboard, steps } = await slow(50);
    const page = await dashboard.shown(LIST);
    expect(steps()).toBe(1);
    expect(page.text).not.toContain('Looked at');
    expect(page.link('Older')).toBe(`${LIST}?before=${NEXT}`);
  });
});
