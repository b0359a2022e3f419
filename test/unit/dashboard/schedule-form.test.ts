import { describe, expect, test } from 'vitest';
import { NOW } from '../../support/jobs.js';
import { newSchedule } from '../../support/schedules.js';
import { startDashboard } from './pages.js';

const NEW = '/dashboard/new-schedule';
const FIELDS = {
  cron_expression: '0 30 9 * * *',
  timezone: 'Europe/Berlin',
  callback_url: 'https://example.com/',
};

describe('a new schedule', () => {
  test('is proposed with the settings that it would get anyway', async () => {
    const dashboard = await startDashboard();
    expect((await dashboard.shown(NEW)).form(NEW)).toEqual({
      cron_expression: '',
      timezone: 'UTC',
      cron_dialect: 'crontab',
      callback_url: '',
      queue_name: 'default',
      payload: '{}',
      max_retries: '3',
      timeout_ms: '30000',
      enabled: 'true',
    });
  });

  test('is made as the form says, and its page is shown', async () => {
    const dashboard = await startDashboard();
    const fields = { ...(await dashboard.shown(NEW)).form(NEW), ...FIELDS, payload: '{ "n": 1.10 }' };
    const answer = await dashboard.submit(NEW, { ...fields, max_retries: '0', queue_name: 'reports' });
    const [schedule] = dashboard.data.schedules.values();
    expect(answer.headers.get('location')).toBe(`/dashboard/schedules/${schedule?.id ?? ''}`);
    expect((await dashboard.follow(answer)).notice).toBe('The schedule is created.');
    expect(schedule).toMatchObject({
      cronExpression: '0 30 9 * * *',
      timezone: 'Europe/Berlin',
      callbackUrl: 'https://example.com/',
      queueName: 'reports',
      payload: '{ "n": 1.10 }',
      maxRetries: 0,
      timeoutMs: 30_000,
      enabled: true,
      nextRunAt: Date.UTC(2024, 0, 16, 8, 30),
    });
  });

  test('takes what is left open from where the API takes it, and is off when its box is', async () => {
    const dashboard = await startDashboard();
    await dashboard.submit(NEW, { ...FIELDS, timezone: '' });
    expect([...dashboard.data.schedules.values()]).toMatchObject([
      {
        timezone: 'UTC',
        queueName: 'default',
        payload: '{}',
        maxRetries: 3,
        timeoutMs: 30_000,
        enabled: false,
      },
    ]);
  });

  test.each([
    [
      'an expression that is none',
      { cron_expression: '0 0 25 * * *' },
      'cron_expression',
      'hour "25" is out of range 0-23',
    ],
    [
      'one that never comes due',
      { cron_expression: '0 0 0 30 2 *' },
      'cron_expression',
      'never comes due again',
    ],
    [
      'a time zone that is none',
      { timezone: 'Mars/Olympus' },
      'timezone',
      '"Mars/Olympus" is not an IANA time zone',
    ],
    ['no expression', { cron_expression: ' ' }, 'cron_expression', 'is required'],
    [
      'one that is too long',
      { cron_expression: '1,'.repeat(200) },
      'cron_expression',
      'a string of 400 characters',
    ],
    [
      'a time zone that is too long',
      { timezone: 'x'.repeat(65) },
      'timezone',
      'a string of 1 to 64 characters',
    ],
  ])('with %s is shown again, and says so beside the field', async (_case, change, field, message) => {
    const dashboard = await startDashboard();
    const fields = { ...FIELDS, ...change };
    const page = await dashboard.submit(NEW, fields);
    expect(page.status).toBe(200);
    expect(Object.keys(page.problems)).toEqual([field]);
    expect(page.problems[field]).toContain(message);
    // The field is named by its label.
    expect(page.problems[field]).not.toContain(`${field}:`);
    expect(page.form(NEW)).toMatchObject({ ...fields, payload: '' });
    expect(dashboard.data.schedules.size).toBe(0);
  });

  test('says all that is wrong with it at once', async () => {
    const dashboard = await startDashboard();
    const page = await dashboard.submit(NEW, {
      cron_expression: 'whenever',
      callback_url: 'nowhere',
      payload: '[',
      max_retries: '-1',
      enabled: 'true',
    });
    expect(Object.keys(page.problems)).toEqual(['cron_expression', 'callback_url', 'payload', 'max_retries']);
    expect(page.text).toContain('Nothing was saved: see the messages below.');
    expect(page.form(NEW)).toMatchObject({ payload: '[', enabled: 'true' });
  });
});

describe('the settings of a schedule', () => {
  async function withSchedule(change: Parameters<typeof newSchedule>[0] = {}) {
    const dashboard = await startDashboard();
    const schedule = newSchedule({ nextRunAt: NOW + 300_000, ...change });
    dashboard.data.schedules.set(schedule.id, schedule);
    const path = `/dashboard/schedules/${schedule.id}`;
    const stored = () => dashboard.data.schedules.get(schedule.id);
    return { dashboard, schedule, stored, path, settings: `${path}/settings` };
  }

  test.each([{ enabled: true }, { enabled: false }])(
    'are filled in as they are, so that sending the form changes nothing: %o',
    async (change) => {
      const { dashboard, schedule, stored, path, settings } = await withSchedule({
        payload: '{"n":12345678901234567890,"10":[1.10],\r\n"2":"\\u0041","2":0}',
        ...change,
      });
      const answer = await dashboard.submit(settings, (await dashboard.shown(path)).form(settings));
      expect(answer.headers.get('location')).toBe(path);
      expect((await dashboard.follow(answer)).notice).toBe('The schedule is saved.');
      expect(stored()).toEqual({ ...schedule, updatedAt: NOW });
    },
  );

  test('are changed, and its next run with them', async () => {
    const { dashboard, stored, path, settings } = await withSchedule();
    const fields = (await dashboard.shown(path)).form(settings);
    await dashboard.submit(settings, { ...fields, cron_expression: '@daily', timezone: 'Asia/Tokyo' });
    expect(stored()).toMatchObject({
      cronExpression: '@daily',
      timezone: 'Asia/Tokyo',
      nextRunAt: Date.UTC(2024, 0, 15, 15),
    });
  });

  test('are read in the dialect that is chosen', async () => {
    const { dashboard, stored, path, settings } = await withSchedule({ cronExpression: '0 0 12 * * 1' });
    const page = await dashboard.shown(path);
    expect(page.text).toContain('cron_dialect "crontab": day of week 1 is MON');
    const fields = { ...page.form(settings), cron_dialect: 'original' };
    await dashboard.submit(settings, fields);
    expect(stored()).toMatchObject({ cronDialect: 'original', nextRunAt: Date.UTC(2024, 0, 21, 12) });
    const after = await dashboard.shown(path);
    expect(after.text).toContain('At 12:00, only on Sunday, UTC');
    expect(after.form(settings)).toMatchObject({ cron_dialect: 'original' });
    const refused = await dashboard.submit(settings, { ...fields, cron_expression: '0 0 12 * * 0' });
    expect(refused.problems['cron_expression']).toContain('day of week "0" is out of range 1-7');
  });

  test('that are not in order stay as they were, and are shown as they were filled in', async () => {
    const { dashboard, schedule, stored, path, settings } = await withSchedule();
    const fields = { ...(await dashboard.shown(path)).form(settings), timezone: 'Mars', timeout_ms: '0' };
    const page = await dashboard.submit(settings, fields);
    expect(page.status).toBe(200);
    expect(page.heading).toBe('0 */5 * * * * enabled');
    expect(Object.keys(page.problems)).toEqual(['timezone', 'timeout_ms']);
    expect(page.form(settings)).toEqual(fields);
    expect(stored()).toEqual(schedule);
  });

  test('of a schedule that is not there cannot be changed', async () => {
    const dashboard = await startDashboard();
    expect((await dashboard.submit('/dashboard/schedules/nope/settings', FIELDS)).status).toBe(404);
  });
});

describe('the preview', () => {
  const preview = (expression: string, timezone?: string, dialect?: string) =>
    `/dashboard/schedule-preview?${new URLSearchParams({
      cron_expression: expression,
      ...(timezone !== undefined && { timezone }),
      ...(dialect !== undefined && { cron_dialect: dialect }),
    }).toString()}`;

  test('tells what an expression means, and its next ticks', async () => {
    const dashboard = await startDashboard();
    const page = await dashboard.shown(preview('0 30 9 * * MON-FRI', 'America/New_York'));
    expect(page.html).not.toContain('<html');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.texts('p')).toEqual(['At 09:30, Monday through Friday, America/New_York']);
    expect(page.rows('Next ticks')).toHaveLength(5);
    expect(page.rows('Next ticks')[0]).toMatchObject({
      'America/New_York': 'Mon 2024-01-15 09:30:00',
      UTC: '2024-01-15 14:30:00',
    });
  });

  test('is for UTC where nothing is said', async () => {
    const dashboard = await startDashboard();
    expect((await dashboard.shown(preview('@daily'))).texts('p')).toEqual(['At 00:00, UTC']);
    expect((await dashboard.shown(preview('@daily', ' '))).texts('p')).toEqual(['At 00:00, UTC']);
  });

  test.each([
    [
      undefined,
      'At 12:00, only on Monday, UTC',
      'cron_dialect "crontab": day of week 1 is MON',
      '2024-01-15',
    ],
    [
      'crontab',
      'At 12:00, only on Monday, UTC',
      'cron_dialect "crontab": day of week 1 is MON',
      '2024-01-15',
    ],
    [
      'original',
      'At 12:00, only on Sunday, UTC',
      'cron_dialect "original": day of week 1 is SUN',
      '2024-01-21',
    ],
  ])('says how the dialect reads the expression: %s', async (dialect, words, note, day) => {
    const dashboard = await startDashboard();
    const page = await dashboard.shown(preview('0 0 12 * * 1', 'UTC', dialect));
    const [first, second] = page.texts('p');
    expect([first, second?.slice(0, note.length)]).toEqual([words, note]);
    expect(page.rows('Next ticks')[0]).toMatchObject({ 'From now': `${day} 12:00:00` });
  });

  test('has fewer ticks where the expression ends', async () => {
    const dashboard = await startDashboard();
    expect((await dashboard.shown(preview('0 0 0 1 1 ? 2025-2026'))).rows('Next ticks')).toHaveLength(2);
  });

  test.each([
    ['', undefined, 'The meaning of the expression and its next ticks are shown here.'],
    ['0 0 25 * * *', undefined, 'cron_expression: hour "25" is out of range 0-23'],
    ['@daily', 'Mars', 'timezone: "Mars" is not an IANA time zone'],
    ['0 0 0 30 2 *', undefined, 'never comes due again'],
    ['"><script>', undefined, 'cron_expression: the expression has 1 fields'],
  ])('of %j in %j says: %s', async (expression, timezone, message) => {
    const dashboard = await startDashboard();
    const page = await dashboard.shown(preview(expression, timezone));
    expect(page.text).toContain(message);
    expect(page.html).not.toContain('<script>');
  });
});
