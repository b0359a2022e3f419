import { expect, test } from 'vitest';
import { newSchedule } from '../../support/schedules.js';
import { idOf, URL_FIELD } from '../http/api.js';
import { startDashboard, type Dashboard } from './pages.js';

const LIVE = { 'Mininq-Live': '1' };

async function furnished() {
  const dashboard = await startDashboard();
  const job = idOf(await dashboard.post('/jobs', { ...URL_FIELD, queue_name: 'mails' }));
  const schedule = newSchedule({ queueName: 'mails' });
  dashboard.data.schedules.set(schedule.id, schedule);
  return { dashboard, job, schedule: schedule.id };
}

/** What the page's own script is told of its live part. */
async function region(dashboard: Dashboard, path: string) {
  const [live] = (await dashboard.shown(path))
    .elements('div')
    .filter(({ attributes }) => attributes['id'] === 'live');
  return live && { topics: live.attributes['data-topics'], every: live.attributes['data-every'] };
}

test('a page names what changes it, and how often time alone does', async () => {
  const { dashboard, job, schedule } = await furnished();
  const of = (path: string) => region(dashboard, path);
  expect(await of('/dashboard')).toEqual({ topics: 'jobs queues schedules', every: '10' });
  expect(await of('/dashboard/queues')).toEqual({ topics: 'jobs queues', every: '5' });
  expect(await of('/dashboard/queues/mails')).toEqual({ topics: 'jobs queues', every: '5' });
  expect(await of('/dashboard/jobs')).toEqual({ topics: 'jobs', every: '60' });
  expect(await of(`/dashboard/jobs/${job}`)).toEqual({ topics: 'jobs', every: '60' });
  expect(await of('/dashboard/schedules')).toMatchObject({ every: '60' });
  expect((await of('/dashboard/schedules'))?.topics).toContain('schedules');
  expect((await of(`/dashboard/schedules/${schedule}`))?.topics?.split(' ').sort()).toEqual([
    'jobs',
    'schedules',
  ]);
});

test('a page that is filled in has no live part', async () => {
  const { dashboard } = await furnished();
  for (const path of ['/dashboard/new-job', '/dashboard/new-queue', '/dashboard/new-schedule']) {
    expect(await region(dashboard, path), path).toBeUndefined();
    expect(await dashboard.page(path, LIVE)).toMatchObject({ status: 204, html: '' });
  }
});

test('the live part alone is sent to who asks for it, exactly as it stands in the page', async () => {
  const { dashboard, job, schedule } = await furnished();
  const paths = [
    '/dashboard',
    '/dashboard/queues',
    '/dashboard/queues/mails',
    '/dashboard/jobs?status=pending',
    `/dashboard/jobs/${job}`,
    '/dashboard/schedules',
    `/dashboard/schedules/${schedule}`,
  ];
  for (const path of paths) {
    const live = await dashboard.page(path, LIVE);
    expect(live.status, path).toBe(200);
    expect(live.html).toMatch(/^<div id="live" /);
    expect(live.html).not.toMatch(/<html|<main|<footer/);
    expect(live.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(live.headers.get('cache-control')).toBe('no-store');
    expect((await dashboard.shown(path)).html).toContain(live.html);
  }
});

test.each(['jobs', 'queues', 'schedules'])(
  'that something of the %s has gone is news for an open page, not an error',
  async (section) => {
    const dashboard = await startDashboard();
    const live = await dashboard.page(`/dashboard/${section}/gone`, LIVE);
    expect(live.status).toBe(200);
    expect(live.html).toMatch(/^<div id="live" data-topics="" /);
    expect(live.heading).toMatch(/^No such/);
    expect(live.text).toContain('gone not found');
  },
);

test('what an action had to say is left for the page', async () => {
  const dashboard = await startDashboard();
  const headers = { ...LIVE, Cookie: 'mininq-notice=done%3AHello' };
  const live = await dashboard.page('/dashboard', headers);
  expect(live.headers.get('set-cookie')).toBeNull();
  expect(live.html).not.toContain('Hello');
});
