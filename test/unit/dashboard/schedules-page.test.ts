import { describe, expect, test } from 'vitest';
import { NOW } from '../../support/jobs.js';
import { newSchedule } from '../../support/schedules.js';
import { startDashboard, type Page } from './pages.js';

const LIST = '/dashboard/schedules';

async function withSchedules(...changes: Parameters<typeof newSchedule>[0][]) {
  const dashboard = await startDashboard();
  const schedules = changes.map((change) => newSchedule(change));
  for (const schedule of schedules) dashboard.data.schedules.set(schedule.id, schedule);
  return { dashboard, ids: schedules.map(({ id }) => id) };
}

function expressions(page: Page): string[] {
  return page.rows('Schedules').map((row) => row['Schedule'] ?? '');
}

test('a row tells what a schedule means, and when it runs', async () => {
  const { dashboard, ids } = await withSchedules({
    cronExpression: '0 0 9 13 * FRI',
    timezone: 'Europe/Berlin',
    queueName: 'a/b',
    lastRunAt: NOW - 1000,
    nextRunAt: NOW + 1000,
  });
  const page = await dashboard.shown(LIST);
  expect(page.rows('Schedules')).toEqual([
    {
      Schedule: '0 0 9 13 * FRI At 09:00, on day 13 of the month, or on Friday, Europe/Berlin',
      State: 'enabled',
      Queue: 'a/b',
      'Next run': '2024-01-15 10:00:01',
      'Last run': '2024-01-15 09:59:59',
      '': 'Run now 0 0 9 13 * FRI Disable 0 0 9 13 * FRI',
    },
  ]);
  expect(page.link('0 0 9 13 * FRI')).toBe(`${LIST}/${ids[0] ?? ''}`);
  expect(page.targets).toContain('/dashboard/queues/a%2Fb');
});

test('a row without words for the expression has the time zone alone', async () => {
  const { dashboard } = await withSchedules({ cronExpression: '0 1/4 9 * * *' });
  expect(expressions(await dashboard.shown(LIST))).toEqual(['0 1/4 9 * * * UTC']);
});

test.each([
  ['enabled', { enabled: true, nextRunAt: NOW }, '2024-01-15 10:00:00', 'Disable'],
  ['disabled', { enabled: false, nextRunAt: NOW }, 'disabled', 'Enable'],
  ['never due again', { enabled: true, nextRunAt: null }, 'never', 'Disable'],
  ['stopped', { nextRunAt: null, stoppedAt: NOW, stoppedError: 'timezone: gone' }, 'stopped', 'Enable'],
])('a schedule may be %s', async (state, change, next, button) => {
  const { dashboard } = await withSchedules(change);
  const page = await dashboard.shown(LIST);
  expect(page.rows('Schedules')).toMatchObject([{ State: state, 'Next run': next, 'Last run': 'never' }]);
  expect(page.texts('button')).toContain(`${button} 0 */5 * * * *`);
});

test('the buttons of a row do what they say, and come back to the list as it was', async () => {
  const { dashboard, ids } = await withSchedules({});
  const [id = ''] = ids;
  const path = `${LIST}?search=reports`;
  const page = await dashboard.shown(path);
  const disabled = await dashboard.submit(`${LIST}/${id}/disable`, page.form(`${LIST}/${id}/disable`));
  expect(disabled.headers.get('location')).toBe(path);
  const after = await dashboard.follow(disabled);
  expect(after.notice).toBe('Schedule 0 */5 * * * * is disabled.');
  expect(dashboard.data.schedules.get(id)).toMatchObject({ enabled: false });
  const run = await dashboard.submit(`${LIST}/${id}/run`, after.form(`${LIST}/${id}/run`));
  expect(run.headers.get('location')).toBe(path);
  expect(dashboard.data.jobs.size).toBe(1);
});

describe('the list', () => {
  test('finds a part of what a schedule is made of, in either case', async () => {
    const { dashboard, ids } = await withSchedules(
      { cronExpression: '0 0 9 * * MON', timezone: 'Europe/Berlin' },
      { queueName: 'Invoices', callbackUrl: 'https://example.com/mondays' },
    );
    const found = async (search: string) =>
      (await dashboard.shown(`${LIST}?search=${encodeURIComponent(search)}`)).rows('Schedules').length;
    expect(await found('')).toBe(2);
    expect(await found('mon')).toBe(2);
    expect(await found('berlin')).toBe(1);
    expect(await found('INVOICE')).toBe(1);
    expect(await found('* * mon')).toBe(1);
    expect(await found(ids[1] ?? '')).toBe(1);
    expect(await found('nowhere')).toBe(0);
    expect((await dashboard.shown(`${LIST}?search=nowhere`)).text).toContain('No schedule matches.');
    expect((await dashboard.shown(`${LIST}?search=%22%3E`)).form(LIST)).toEqual({ search: '">' });
  });

  test('has fifty schedules a page', async () => {
    const { dashboard } = await withSchedules(...Array.from({ length: 51 }, () => ({})));
    const first = await dashboard.shown(`${LIST}?search=reports`);
    expect(expressions(first)).toHaveLength(50);
    expect(first.text).toContain('1–50 of 51 schedules');
    expect(first.link('Next')).toBe(`${LIST}?search=reports&page=2`);
    const second = await dashboard.shown(first.link('Next') ?? '');
    expect(expressions(second)).toHaveLength(1);
    expect(second.text).toContain('51–51 of 51 schedules');
    expect(second.link('Previous')).toBe(`${LIST}?search=reports`);
    expect(second.link('Next')).toBeUndefined();
    expect((await dashboard.shown(`${LIST}?page=7`)).text).toContain('51 schedules');
  });
});
