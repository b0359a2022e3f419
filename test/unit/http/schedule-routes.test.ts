import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { errorOf, idOf, startApi } from './api.js';

const NOW = '2024-01-15T10:00:00.000';
const LATER = '2024-01-15T10:07:00.000';

/** The manual's example of POST /schedules. */
const EXAMPLE = {
  cron_expression: '0 */5 * * * *',
  callback_url: 'https://example.com/cleanup',
  queue_name: 'maintenance',
  payload: { task: 'expire_sessions' },
};
const EXAMPLE_SCHEDULE = {
  id: '018d0c5b-c400-7000-8000-000000000001',
  queue_name: 'maintenance',
  cron_expression: '0 */5 * * * *',
  timezone: 'UTC',
  cron_dialect: 'crontab',
  cron_note: null,
  callback_url: 'https://example.com/cleanup',
  payload: '{"task":"expire_sessions"}',
  max_retries: 3,
  timeout_ms: 30_000,
  enabled: 1,
  last_run_at: null,
  next_run_at: '2024-01-15T10:05:00.000',
  stopped_at: null,
  stopped_error: null,
  created_at: NOW,
  updated_at: NOW,
};
const PATH = `/schedules/${EXAMPLE_SCHEDULE.id}`;
const NOT_FOUND = { status: 404, code: 'schedule_not_found', error: 'Schedule 019 not found' };

async function withSchedule() {
  const api = await startApi();
  await api.post('/schedules', EXAMPLE);
  api.clock.advance(420_000);
  return api;
}

describe('POST /schedules', () => {
  test("answers the manual's example with the documented schedule", async () => {
    const api = await startApi();
    const response = await api.post('/schedules', EXAMPLE);
    expect(response.status).toBe(201);
    expect(response.body).toEqual(EXAMPLE_SCHEDULE);
  });

  test('fills in what is left out or null', async () => {
    const least = { cron_expression: '0 0 9 * * *', callback_url: 'https://example.com/' };
    const nulls = {
      timezone: null,
      cron_dialect: null,
      queue_name: null,
      payload: null,
      max_retries: null,
      timeout_ms: null,
      enabled: null,
    };
    for (const body of [least, { ...least, ...nulls }]) {
      const api = await startApi();
      expect((await api.post('/schedules', body)).body).toEqual({
        ...EXAMPLE_SCHEDULE,
        ...least,
        queue_name: 'default',
        payload: '{}',
        next_run_at: '2024-01-16T09:00:00.000',
      });
    }
  });

  test('takes every field', async () => {
    const api = await startApi();
    const given = {
      ...EXAMPLE,
      cron_expression: '0 30 2 * * Mon 2025',
      timezone: 'Europe/Berlin',
      cron_dialect: 'original',
      max_retries: 0,
      timeout_ms: 1,
    };
    const response = await api.post('/schedules', { ...given, enabled: false });
    expect(response.body).toEqual({
      ...EXAMPLE_SCHEDULE,
      ...given,
      payload: EXAMPLE_SCHEDULE.payload,
      enabled: 0,
      next_run_at: '2025-01-06T01:30:00.000',
    });
  });

  test.each([
    [{ cron_expression: '* * * *' }, 'cron_expression: '],
    [{ cron_expression: '0 61 * * * *' }, 'cron_expression: '],
    [{ timezone: 'Mars/Olympus' }, 'timezone: "Mars/Olympus" is not an IANA time zone'],
    [
      { cron_expression: '0 0 0 30 2 *' },
      'cron_expression: "0 0 0 30 2 *" never comes due again; check its day, month and year',
    ],
  ])('refuses what is no schedule: %j', async (change, message) => {
    const api = await startApi();
    const error = errorOf(await api.post('/schedules', { ...EXAMPLE, ...change }));
    expect(error).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(error.error.startsWith(message), error.error).toBe(true);
    expect(api.data.schedules.size).toBe(0);
  });
});

describe('GET /schedules', () => {
  test('lists the newest first', async () => {
    const api = await startApi();
    expect((await api.get('/schedules')).text).toBe('[]');
    const first = idOf(await api.post('/schedules', EXAMPLE));
    api.clock.advance(1);
    const second = idOf(await api.post('/schedules', EXAMPLE));
    const response = await api.get('/schedules');
    expect(response.status).toBe(200);
    const listed = z.array(z.object({ id: z.string() })).parse(response.body);
    expect(listed.map(({ id }) => id)).toEqual([second, first]);
  });
});

describe('GET /schedules/{id}', () => {
  test('gets a schedule', async () => {
    const api = await withSchedule();
    const schedule = api.data.schedules.get(EXAMPLE_SCHEDULE.id);
    if (!schedule) throw new Error('no schedule');
    api.data.schedules.set(schedule.id, {
      ...schedule,
      lastRunAt: Date.UTC(2024, 0, 15, 10, 5),
      nextRunAt: null,
    });
    const response = await api.get(PATH);
    expect(response.status).toBe(200);
    expect(response.body).toEqual({
      ...EXAMPLE_SCHEDULE,
      last_run_at: '2024-01-15T10:05:00.000',
      next_run_at: null,
    });
  });

  test('tells that a schedule was stopped, and why; metrics do not count it as enabled', async () => {
    const api = await withSchedule();
    const schedule = api.data.schedules.get(EXAMPLE_SCHEDULE.id);
    if (!schedule) throw new Error('no schedule');
    const stoppedAt = Date.UTC(2024, 0, 15, 10, 5);
    api.data.schedules.set(schedule.id, {
      ...schedule,
      nextRunAt: null,
      stoppedAt,
      stoppedError: 'timezone: gone',
    });
    expect((await api.get(PATH)).body).toEqual({
      ...EXAMPLE_SCHEDULE,
      enabled: 0,
      next_run_at: null,
      stopped_at: '2024-01-15T10:05:00.000',
      stopped_error: 'timezone: gone',
    });
    expect((await api.get('/metrics')).body).toMatchObject({ schedules: { total: 1, enabled: 0 } });
    expect((await api.put(PATH, { timezone: 'Asia/Tokyo' })).body).toMatchObject({
      enabled: 1,
      next_run_at: '2024-01-15T10:10:00.000',
      stopped_at: null,
      stopped_error: null,
    });
  });

  test('knows no other', async () => {
    const api = await startApi();
    expect(errorOf(await api.get('/schedules/019'))).toEqual(NOT_FOUND);
  });
});

describe('PUT /schedules/{id}', () => {
  test("changes what is given, as in the manual's example, and nothing else", async () => {
    const api = await withSchedule();
    const response = await api.put(PATH, { enabled: false });
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ ...EXAMPLE_SCHEDULE, enabled: 0, updated_at: LATER });
  });

  test.each([
    { queue_name: 'other' },
    { callback_url: 'http://example.com' },
    { max_retries: 0 },
    { timeout_ms: 1 },
  ])('changes %j', async (change) => {
    const api = await withSchedule();
    expect((await api.put(PATH, change)).body).toEqual({ ...EXAMPLE_SCHEDULE, ...change, updated_at: LATER });
  });

  test('changes the payload, with its numbers as they are', async () => {
    const api = await withSchedule();
    expect((await api.put(PATH, '{"payload": {"n": 1.0}}')).body).toMatchObject({ payload: '{"n": 1.0}' });
  });

  test('computes the next run anew when the expression or its zone changes', async () => {
    const api = await withSchedule();
    expect((await api.put(PATH, { cron_expression: '0 0 12 * * *' })).body).toMatchObject({
      cron_expression: '0 0 12 * * *',
      next_run_at: '2024-01-15T12:00:00.000',
    });
    expect((await api.put(PATH, { timezone: 'Asia/Tokyo' })).body).toMatchObject({
      timezone: 'Asia/Tokyo',
      next_run_at: '2024-01-16T03:00:00.000',
    });
  });

  test('leaves a schedule alone whose new expression is none', async () => {
    const api = await withSchedule();
    const refused = await api.put(PATH, { cron_expression: 'nonsense', max_retries: 9 });
    expect(errorOf(refused)).toMatchObject({ status: 400, code: 'validation_failed' });
    expect((await api.get(PATH)).body).toEqual(EXAMPLE_SCHEDULE);
  });

  test('knows no other', async () => {
    const api = await startApi();
    expect(errorOf(await api.put('/schedules/019', { enabled: true }))).toEqual(NOT_FOUND);
  });
});

describe('the dialect of an expression', () => {
  const MONDAY = 'cron_dialect "crontab": day of week 1 is MON (1 is Monday, 0 and 7 are Sunday)';
  const SUNDAY = 'cron_dialect "original": day of week 1 is SUN (1 is Sunday, 7 is Saturday)';
  const NUMBERED = { ...EXAMPLE, cron_expression: '0 0 9 * * 1' };

  test('is said, with what it decides, in every answer', async () => {
    const api = await startApi();
    const crontab = { cron_dialect: 'crontab', cron_note: MONDAY, next_run_at: '2024-01-22T09:00:00.000' };
    const original = { cron_dialect: 'original', cron_note: SUNDAY, next_run_at: '2024-01-21T09:00:00.000' };
    expect((await api.post('/schedules', NUMBERED)).body).toMatchObject(crontab);
    expect((await api.get(PATH)).body).toMatchObject(crontab);
    expect((await api.put(PATH, { cron_dialect: 'original' })).body).toMatchObject(original);
    expect((await api.get('/schedules')).body).toMatchObject([original]);
    const both = await api.put(PATH, { cron_expression: '0 0 9 13 * Fri' });
    expect(both.body).toMatchObject({
      cron_dialect: 'original',
      cron_note: 'cron_dialect "original": a day must match by its day of month and by its day of week',
      next_run_at: '2024-09-13T09:00:00.000',
    });
  });

  test('is one of two', async () => {
    const api = await startApi();
    const error = errorOf(await api.post('/schedules', { ...NUMBERED, cron_dialect: 'quartz' }));
    expect(error).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(error.error).toMatch(/^cron_dialect: .*"crontab", "original"/);
  });

  test('that an expression does not fit is refused', async () => {
    const api = await startApi();
    await api.post('/schedules', { ...NUMBERED, cron_expression: '0 0 9 * * 0' });
    const error = errorOf(await api.put(PATH, { cron_dialect: 'original' }));
    expect(error.error).toMatch(/^cron_expression: day of week "0" is out of range 1-7/);
    expect((await api.get(PATH)).body).toMatchObject({ cron_dialect: 'crontab' });
  });
});

describe('DELETE /schedules/{id}', () => {
  test('deletes a schedule', async () => {
    const api = await withSchedule();
    const response = await api.delete(PATH);
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ status: 'deleted', id: EXAMPLE_SCHEDULE.id });
    expect((await api.get('/schedules')).text).toBe('[]');
  });

  test('knows no other', async () => {
    const api = await startApi();
    expect(errorOf(await api.delete('/schedules/019'))).toEqual(NOT_FOUND);
  });
});

describe('POST /schedules/{id}/run', () => {
  test('makes a job now, and leaves the next run', async () => {
    const api = await withSchedule();
    const response = await api.post(`${PATH}/run`);
    expect(response.status).toBe(201);
    expect(response.body).toMatchObject({
      queue_name: 'maintenance',
      status: 'pending',
      payload: '{"task":"expire_sessions"}',
      callback_url: 'https://example.com/cleanup',
      schedule_id: EXAMPLE_SCHEDULE.id,
      visible_at: LATER,
      created_at: LATER,
    });
    expect((await api.get(`/jobs/${idOf(response)}`)).body).toEqual(response.body);
    expect((await api.get(PATH)).body).toEqual({ ...EXAMPLE_SCHEDULE, last_run_at: LATER });
  });

  test('knows no other', async () => {
    expect(errorOf(await (await startApi()).post('/schedules/019/run'))).toEqual(NOT_FOUND);
  });
});
