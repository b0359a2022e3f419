import { describe, expect, test } from 'vitest';
import type { Schedule } from '../../../src/domain/schedule/schedule.js';
import { NOW, pendingJob } from '../../support/jobs.js';
import { newSchedule } from '../../support/schedules.js';
import { startDashboard } from './pages.js';

async function withSchedule(change: Partial<Schedule> = {}) {
  const dashboard = await startDashboard();
  const schedule = newSchedule(change);
  dashboard.data.schedules.set(schedule.id, schedule);
  const stored = () => dashboard.data.schedules.get(schedule.id);
  return { dashboard, schedule, stored, path: `/dashboard/schedules/${schedule.id}` };
}

describe('the page of a schedule', () => {
  test('tells what it means, and all that is known of it', async () => {
    const { dashboard, schedule, path } = await withSchedule({
      cronExpression: '0 30 9 * * MON-FRI',
      timezone: 'Europe/Berlin',
      callbackUrl: 'https://example.com/?a=<1>&b=2',
      payload: '{"n":12345678901234567890}',
      lastRunAt: NOW - 1000,
      nextRunAt: NOW + 1000,
    });
    const page = await dashboard.shown(path);
    expect(page.heading).toBe('0 30 9 * * MON-FRI enabled');
    expect(page.text).toContain('At 09:30, Monday through Friday, Europe/Berlin');
    expect(page.facts).toEqual({
      'Time zone': 'Europe/Berlin',
      Queue: 'reports',
      'Callback URL': 'https://example.com/?a=<1>&b=2',
      'Last run': '2024-01-15 09:59:59',
      'Next run': '2024-01-15 10:00:01',
      'Max retries': '2',
      Timeout: '10 s',
      Id: schedule.id,
    });
    expect(page.group('Payload of each job')).toBe('{\n  "n": 12345678901234567890\n}');
  });

  test('tells the next ticks on the clock of its zone and in UTC, over a change of that clock', async () => {
    const { dashboard, path } = await withSchedule({
      cronExpression: '0 30 2 * * *',
      timezone: 'Europe/Berlin',
    });
    // Two days before the clock goes from 02:00 to 03:00.
    dashboard.clock.setNow(Date.UTC(2024, 2, 29, 12));
    const page = await dashboard.shown(path);
    expect(page.rows('Next ticks')).toEqual(
      [
        ['Sat 2024-03-30 02:30:00', '2024-03-30 01:30:00'],
        ['Sun 2024-03-31 03:00:00', '2024-03-31 01:00:00'],
        ['Mon 2024-04-01 02:30:00', '2024-04-01 00:30:00'],
        ['Tue 2024-04-02 02:30:00', '2024-04-02 00:30:00'],
        ['Wed 2024-04-03 02:30:00', '2024-04-03 00:30:00'],
      ].map(([local = '', utc = '']) => ({ 'Europe/Berlin': local, UTC: utc, 'From now': utc })),
    );
  });

  test('tells both of the hours that an interval has when the clock goes back', async () => {
    const { dashboard, path } = await withSchedule({
      cronExpression: '0 30 * * * *',
      timezone: 'America/New_York',
    });
    dashboard.clock.setNow(Date.UTC(2024, 10, 3, 4, 45));
    const ticks = (await dashboard.shown(path)).rows('Next ticks');
    expect(ticks.slice(0, 3).map((row) => row['America/New_York'])).toEqual([
      'Sun 2024-11-03 01:30:00',
      'Sun 2024-11-03 01:30:00',
      'Sun 2024-11-03 02:30:00',
    ]);
    expect(ticks.slice(0, 3).map((row) => row['UTC'])).toEqual([
      '2024-11-03 05:30:00',
      '2024-11-03 06:30:00',
      '2024-11-03 07:30:00',
    ]);
  });

  test('of one that is disabled has none', async () => {
    const { dashboard, path } = await withSchedule({ enabled: false });
    const page = await dashboard.shown(path);
    expect(page.rows('Next ticks')).toEqual([]);
    expect(page.text).toContain('It is disabled.');
    expect(page.facts['Next run']).toBe('disabled');
  });

  test('of one that has come to its end says so', async () => {
    const { dashboard, path } = await withSchedule({ cronExpression: '0 0 0 1 1 ? 2020', nextRunAt: null });
    const page = await dashboard.shown(path);
    expect(page.heading).toContain('never due again');
    expect(page.text).toContain('It never comes due again.');
  });

  test('of one that was stopped says when and why, and how it goes on', async () => {
    const { dashboard, stored, path } = await withSchedule({
      ...{ timezone: 'Mars/Base', nextRunAt: null, stoppedAt: NOW - 1000 },
      stoppedError: 'timezone: "Mars/Base" is not an IANA time zone',
    });
    const page = await dashboard.shown(path);
    expect(page.heading).toBe('0 */5 * * * * stopped');
    expect(page.text).toContain(
      'Stopped 2024-01-15 09:59:59 because it cannot be fired. timezone: "Mars/Base" is not an IANA time zone. ' +
        'Mend that below, or enable it to try again.',
    );
    expect([page.text.includes('It is stopped.'), page.facts['Next run']]).toEqual([true, 'stopped']);
    const refused = await dashboard.follow(await dashboard.submit(`${path}/enable`));
    expect(refused.notice).toMatch(/^timezone: "Mars\/Base" is not an IANA time zone/);
    const form = { ...page.form(`${path}/settings`), timezone: 'Asia/Tokyo' };
    const mended = await dashboard.follow(await dashboard.submit(`${path}/settings`, form));
    expect(mended.heading).toBe('0 */5 * * * * enabled');
    expect(stored()).toMatchObject({ stoppedAt: null, nextRunAt: NOW + 300_000 });
  });

  test('has the newest jobs that it made, and leads to all of them', async () => {
    const { dashboard, schedule, path } = await withSchedule();
    expect((await dashboard.shown(path)).text).toContain('None yet, or none that is still kept.');
    const jobs = Array.from({ length: 12 }, () => pendingJob({ scheduleId: schedule.id }));
    for (const job of [...jobs, pendingJob()]) dashboard.data.jobs.set(job.id, job);
    const page = await dashboard.shown(path);
    expect(page.rows('Jobs that the schedule made').map((row) => row['Job'])).toEqual(
      jobs
        .slice(-10)
        .reverse()
        .map(({ id }) => `…${id.slice(-12)}`),
    );
    expect(page.link('All of them')).toBe(`/dashboard/jobs?schedule_id=${schedule.id}`);
  });
});

describe('a schedule', () => {
  test.each([
    ['on lines of its own', ''],
    ['that is too long for lines of its own', 'x'.repeat(300_000)],
  ])('keeps the control characters of a payload %s when it is saved', async (_case, filler) => {
    const { dashboard, schedule, stored, path } = await withSchedule({
      payload: `{"\u007f":"a\u0080\u0085\u009fb","n":1.10,"filler":"${filler}"}`,
    });
    const page = await dashboard.shown(path);
    expect(page.html).not.toContain('\u2421');
    const answer = await dashboard.submit(`${path}/settings`, page.form(`${path}/settings`));
    expect((await dashboard.follow(answer)).notice).toBe('The schedule is saved.');
    expect(stored()?.payload).toBe(schedule.payload);
  });

  test('is run now, and its next run stays as it is', async () => {
    const { dashboard, schedule, stored, path } = await withSchedule({ nextRunAt: NOW + 5000 });
    const page = await dashboard.shown(path);
    const answer = await dashboard.submit(`${path}/run`, page.form(`${path}/run`));
    const [job] = dashboard.data.jobs.values();
    expect(answer.headers.get('location')).toBe(path);
    expect((await dashboard.follow(answer)).notice).toBe(`Job ${job?.id ?? ''} is enqueued.`);
    expect(job).toMatchObject({
      scheduleId: schedule.id,
      callbackUrl: schedule.callbackUrl,
      status: 'pending',
    });
    expect(stored()).toMatchObject({ nextRunAt: NOW + 5000 });
  });

  test('is disabled and enabled', async () => {
    const { dashboard, stored, path } = await withSchedule();
    const disabled = await dashboard.follow(await dashboard.submit(`${path}/disable`));
    expect(disabled.notice).toBe('Schedule 0 */5 * * * * is disabled.');
    expect(disabled.texts('button')).toContain('Enable 0 */5 * * * *');
    expect(stored()).toMatchObject({ enabled: false });
    const enabled = await dashboard.follow(await dashboard.submit(`${path}/enable`));
    expect(enabled.notice).toBe('Schedule 0 */5 * * * * is enabled.');
    expect(stored()).toMatchObject({ enabled: true, nextRunAt: NOW + 300_000 });
  });

  test('is deleted once that is confirmed; what it made stays', async () => {
    const { dashboard, stored, path } = await withSchedule();
    await dashboard.submit(`${path}/run`);
    const page = await dashboard.shown(path);
    const question = await dashboard.submit(`${path}/delete`, page.form(`${path}/delete`));
    expect(question.texts('h1')).toEqual(['Delete this schedule?']);
    expect(question.text).toContain('0 */5 * * * * makes no more jobs. Those that it made stay.');
    expect(question.link('No, go back')).toBe(path);
    expect(stored()).toBeDefined();
    const answer = await dashboard.submit(`${path}/delete`, question.form(`${path}/delete`));
    expect(answer.headers.get('location')).toBe('/dashboard/schedules');
    expect((await dashboard.follow(answer)).notice).toBe('Schedule 0 */5 * * * * is deleted.');
    expect(stored()).toBeUndefined();
    expect(dashboard.data.jobs.size).toBe(1);
  });

  test.each(['run', 'enable', 'disable'])('that is not there cannot be told to %s', async (verb) => {
    const dashboard = await startDashboard();
    const page = await dashboard.follow(await dashboard.submit(`/dashboard/schedules/nope/${verb}`));
    expect(page.notice).toBe('Schedule nope not found');
    expect(page.html).toContain('<p class="notice problem">');
    expect(dashboard.data.jobs.size).toBe(0);
  });
});
