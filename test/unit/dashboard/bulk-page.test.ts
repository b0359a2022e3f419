import { describe, expect, test } from 'vitest';
import type { Job } from '../../../src/domain/job/job.js';
import { pendingJob } from '../../support/jobs.js';
import { startDashboard, type Dashboard, type Fields } from './pages.js';

const BULK = '/dashboard/jobs/bulk';

async function withJobs(...states: readonly Partial<Job>[]) {
  const dashboard = await startDashboard();
  await dashboard.post('/queues', { name: 'mails' });
  const jobs = states.map((state) => pendingJob(state));
  for (const job of jobs) dashboard.data.jobs.set(job.id, job);
  return { dashboard, ids: jobs.map(({ id }) => id) };
}

function statuses({ data }: Dashboard): string[] {
  return [...data.jobs.values()].map(({ status }) => status);
}

/** What comes of pressing a button, confirmed when that is asked for. */
async function confirmed(dashboard: Dashboard, fields: Fields) {
  const question = await dashboard.submit(BULK, fields);
  // Of a field that is there several times, a record would keep one.
  const again = { ...question.form(BULK), ...('ids' in fields && { ids: fields['ids'] ?? [] }) };
  return dashboard.follow(await dashboard.submit(BULK, again));
}

const DEAD = { status: 'dead', completedAt: 1 } as const;

describe('the question', () => {
  test('names the count of those that it would concern, and changes nothing', async () => {
    const { dashboard, ids } = await withJobs(DEAD, DEAD, {}, { status: 'running' });
    const page = await dashboard.submit(BULK, { do: 'retry-selected', ids });
    expect(page.status).toBe(200);
    expect(page.texts('h1')).toEqual(['Retry 2 dead jobs?']);
    expect(page.texts('title')).toEqual(['Retry 2 dead jobs? · mininq']);
    expect(page.text).toContain('Those that you selected. They become pending at once');
    expect(page.texts('button')).toEqual(['Retry 2 dead jobs']);
    expect(statuses(dashboard)).toEqual(['dead', 'dead', 'pending', 'running']);
    const one = await dashboard.submit(BULK, { do: 'cancel-selected', ids });
    expect(one.texts('h1')).toEqual(['Cancel 1 pending job?']);
    expect(one.text).toContain('They are deleted, and never delivered.');
  });

  test('carries all that was selected along', async () => {
    const { dashboard, ids } = await withJobs(DEAD, DEAD, DEAD);
    const page = await dashboard.submit(BULK, {
      do: 'retry-selected',
      ids,
      queue: 'mails',
      return: '/dashboard/jobs',
    });
    const inputs = page.elements('input').filter(({ attributes }) => attributes['name'] !== 'csrf');
    const hidden = inputs.map(({ attributes }) => [attributes['name'], attributes['value']]);
    expect(hidden).toEqual([
      ['confirmed', 'yes'],
      ['return', '/dashboard/jobs'],
      ['do', 'retry-selected'],
      ...ids.map((id) => ['ids', id]),
    ]);
  });

  test('carries the filter along, and says what it is', async () => {
    const schedule = '018d0c5b-c400-7000-8000-00000000beef';
    const found = { ...DEAD, queueName: 'mails', scheduleId: schedule, callbackUrl: 'https://x.test/<a>' };
    const { dashboard, ids } = await withJobs(found, DEAD);
    const filter = { queue: 'mails', status: 'dead', schedule_id: schedule, search: 'x.test/<a>' };
    const page = await dashboard.submit(BULK, { do: 'retry-matching', ids, ...filter });
    expect(page.heading).toBe('Retry 1 dead job?');
    expect(page.text).toContain(
      `All of queue mails of schedule ${schedule} found by x.test/<a> , with those`,
    );
    expect(page.form(BULK)).toEqual({
      confirmed: 'yes',
      return: '/dashboard/jobs',
      do: 'retry-matching',
      ...filter,
    });
  });

  test('about a job that the search names is about that job, whatever its name comes to mean', async () => {
    const named = { ...DEAD, idempotencyKey: 'order-42' };
    const other = { ...DEAD, callbackUrl: 'https://x.test/order-42' };
    const { dashboard, ids } = await withJobs(named, other);
    const page = await dashboard.submit(BULK, { do: 'retry-matching', search: 'order-42' });
    expect(page.heading).toBe('Retry 1 dead job?');
    expect(page.form(BULK)).toEqual({
      confirmed: 'yes',
      return: '/dashboard/jobs',
      do: 'retry-selected',
      ids: ids[0],
    });
  });

  test('says so when all jobs are meant', async () => {
    const { dashboard } = await withJobs(DEAD, { ...DEAD, queueName: 'mails' });
    const page = await dashboard.submit(BULK, { do: 'retry-matching' });
    expect(page.heading).toBe('Retry 2 dead jobs?');
    expect(page.text).toContain(
      'All of them, in all queues , with those that come to match until you confirm.',
    );
    expect(page.form(BULK)).toEqual({ confirmed: 'yes', return: '/dashboard/jobs', do: 'retry-matching' });
  });

  test('leads back to the list as it was', async () => {
    const { dashboard, ids } = await withJobs(DEAD);
    const list = '/dashboard/jobs?queue=default&status=dead';
    const fields = { ...(await dashboard.shown(list)).form(BULK), do: 'retry-selected', ids };
    const page = await dashboard.submit(BULK, fields);
    expect(page.link('No, go back')).toBe(list);
    const answer = await dashboard.submit(BULK, { ...page.form(BULK) });
    expect(answer.headers.get('location')).toBe(list);
  });
});

describe('once it is confirmed', () => {
  test('the selected dead jobs are retried, and nothing else', async () => {
    const { dashboard, ids } = await withJobs(DEAD, DEAD, DEAD, {});
    const page = await confirmed(dashboard, { do: 'retry-selected', ids: ids.slice(1) });
    expect(page.notice).toBe('2 jobs retried.');
    expect(statuses(dashboard)).toEqual(['dead', 'pending', 'pending', 'pending']);
  });

  test('the selected pending jobs are cancelled, and nothing else', async () => {
    const { dashboard, ids } = await withJobs({}, {}, DEAD);
    const page = await confirmed(dashboard, { do: 'cancel-selected', ids: ids.slice(1) });
    expect(page.notice).toBe('1 job cancelled: deleted.');
    expect([...dashboard.data.jobs.keys()]).toEqual([ids[0], ids[2]]);
  });

  test('all that match are changed, whatever is selected', async () => {
    const mails = { queueName: 'mails' };
    const { dashboard, ids } = await withJobs({ ...DEAD, ...mails }, { ...DEAD, ...mails }, DEAD, mails);
    const page = await confirmed(dashboard, { do: 'retry-matching', ids: ids.slice(2), queue: 'mails' });
    expect(page.notice).toBe('2 jobs retried.');
    expect(statuses(dashboard)).toEqual(['pending', 'pending', 'dead', 'pending']);
  });

  test('all jobs are, when there is no filter', async () => {
    const { dashboard } = await withJobs({}, { queueName: 'mails' }, DEAD);
    expect((await confirmed(dashboard, { do: 'cancel-matching' })).notice).toBe('2 jobs cancelled: deleted.');
    expect(statuses(dashboard)).toEqual(['dead']);
  });

  test('what has changed since is left alone, and not counted', async () => {
    const { dashboard, ids } = await withJobs(DEAD, DEAD);
    const question = await dashboard.submit(BULK, { do: 'retry-selected', ids });
    dashboard.data.jobs.delete(ids[0] ?? '');
    const page = await dashboard.follow(await dashboard.submit(BULK, { ...question.form(BULK), ids }));
    expect(page.notice).toBe('1 job retried.');
  });
});

describe('there is nothing to ask', () => {
  const refused = async (dashboard: Dashboard, fields: Fields) => {
    const before = [...dashboard.data.jobs.values()];
    const page = await dashboard.follow(
      await dashboard.submit(BULK, { return: '/dashboard/jobs?queue=x', ...fields }),
    );
    expect([...dashboard.data.jobs.values()]).toEqual(before);
    expect(page.form('/dashboard/jobs')).toMatchObject({ queue: 'x' });
    expect(page.html).toContain('<p class="notice problem">');
    return page.notice;
  };

  test.each([{ confirmed: 'no' }, { confirmed: 'yes' }])('when nothing is selected: %o', async (fields) => {
    const { dashboard } = await withJobs(DEAD, {});
    const nothing = 'No job is selected: tick some first.';
    expect(await refused(dashboard, { do: 'retry-selected', ...fields })).toBe(nothing);
    expect(await refused(dashboard, { do: 'cancel-selected', queue: 'default', ...fields })).toBe(nothing);
    expect(await refused(dashboard, fields)).toBe(nothing);
  });

  test('when none of the jobs is in the right status', async () => {
    const { dashboard, ids } = await withJobs({}, { status: 'completed' });
    expect(await refused(dashboard, { do: 'retry-selected', ids })).toBe(
      'None of these jobs is dead, so there is nothing to retry.',
    );
    expect(await refused(dashboard, { do: 'cancel-matching', queue: 'mails' })).toBe(
      'None of these jobs is pending, so there is nothing to cancel.',
    );
    expect(await refused(dashboard, { do: 'cancel-selected', ids: ['nope', '"><b>'] })).toBe(
      'None of these jobs is pending, so there is nothing to cancel.',
    );
  });

  test('when the filter is for jobs of another status', async () => {
    const { dashboard } = await withJobs(DEAD, {});
    expect(await refused(dashboard, { do: 'retry-matching', status: 'pending' })).toContain(
      'only dead jobs can be retried, got "pending"',
    );
    expect(await refused(dashboard, { do: 'cancel-matching', status: 'dead', confirmed: 'yes' })).toContain(
      'only pending jobs can be cancelled, got "dead"',
    );
  });
});

test('a thousand jobs are selected at most', async () => {
  const { dashboard, ids } = await withJobs(...Array.from({ length: 1001 }, () => ({})));
  const page = await dashboard.submit(BULK, { do: 'cancel-selected', ids });
  expect(page.heading).toBe('Cancel 1,000 pending jobs?');
  const fields = page.elements('input').filter(({ attributes }) => attributes['name'] === 'ids');
  expect(fields).toHaveLength(1000);
});
