import { expect, test } from 'vitest';
import { idOf, programs } from '../support/program.js';
import { receivers } from '../support/receiver.js';

/*
 * The calls of the manual, in its order, against the built program and a real receiver.
 */

const { folder, serve } = programs();
const receiver = receivers();

const INSTANT: unknown = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/);
const ID: unknown = expect.stringMatching(
  /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/,
);

test('getting started', async () => {
  const { api } = await serve(await folder());
  const hooks = await receiver();
  const { status, body } = await api.request('POST', '/jobs', {
    callback_url: `${hooks.url}/post`,
    payload: { message: 'hello from mininq' },
  });
  expect(status).toBe(201);
  expect(body).toMatchObject({
    id: ID,
    queue_name: 'default',
    status: 'pending',
    priority: 0,
    payload: '{"message":"hello from mininq"}',
    callback_url: `${hooks.url}/post`,
    visible_at: INSTANT,
    attempt: 0,
    max_retries: 3,
    timeout_ms: 30000,
    idempotency_key: null,
    created_at: INSTANT,
    updated_at: INSTANT,
  });
  const [job] = await api.enqueueAll([{ callback_url: hooks.url }]);
  expect(await api.until(job?.id ?? '', 'completed')).toMatchObject({
    started_at: INSTANT,
    completed_at: INSTANT,
  });
});

test('jobs', async () => {
  const { api } = await serve(await folder());
  const hooks = await receiver();
  hooks.answer((response) => {
    response.statusCode = 410;
    response.end();
  });
  const welcome = {
    callback_url: `${hooks.url}/webhook`,
    queue_name: 'emails',
    priority: 10,
    payload: { to: 'user@example.com', template: 'welcome' },
    max_retries: 5,
    idempotency_key: 'welcome-user-123',
  };
  const created = await api.request('POST', '/jobs', welcome);
  expect(created).toMatchObject({
    status: 201,
    body: { queue_name: 'emails', priority: 10, max_retries: 5 },
  });
  const again = await api.request('POST', '/jobs', welcome);
  expect(again.status).toBe(200);
  const { id } = await api.until(idOf(created.body), 'dead');
  expect(again.body).toMatchObject({ id, idempotency_key: 'welcome-user-123' });

  const listed = await api.request('GET', '/jobs?queue=emails&status=dead&limit=10');
  expect(listed).toMatchObject({ status: 200, body: [{ id, status: 'dead' }] });
  expect(await api.request('GET', '/jobs/019')).toEqual({
    status: 404,
    body: {
      error: 'Job 019 not found',
      status: 404,
      code: 'job_not_found',
      request_id: expect.any(String) as unknown,
    },
  });
  expect((await api.request('DELETE', `/jobs/${id}`)).status).toBe(409);

  const delayed = await api.enqueue({ callback_url: hooks.url, delay_ms: 60000 });
  expect((await api.request('POST', `/jobs/${delayed.id}/retry`)).status).toBe(404);
  expect(await api.request('DELETE', `/jobs/${delayed.id}`)).toEqual({
    status: 200,
    body: { status: 'cancelled', id: delayed.id },
  });
  expect((await api.request('DELETE', `/jobs/${delayed.id}`)).status).toBe(404);
  expect(await api.request('POST', `/jobs/${id}/retry`)).toMatchObject({
    status: 200,
    body: { id, status: 'pending', attempt: 0 },
  });
});

test('queues', async () => {
  const { api } = await serve(await folder());
  const webhooks = {
    name: 'webhooks',
    max_concurrency: 20,
    rate_limit_rps: 10,
    max_retries: 3,
    retry_backoff: 'linear',
    base_delay_ms: 1000,
    max_delay_ms: 300000,
    // Beyond the manual.
    max_depth: null,
    retention_completed: null,
    retention_dead: null,
    signing_secrets: null,
    paused: 0,
    created_at: INSTANT,
    updated_at: INSTANT,
  };
  const settings = { name: 'webhooks', max_concurrency: 20, rate_limit_rps: 10.0, retry_backoff: 'linear' };
  expect(await api.request('POST', '/queues', settings)).toEqual({ status: 201, body: webhooks });
  expect((await api.request('POST', '/queues', settings)).status).toBe(409);

  const stats = {
    name: 'webhooks',
    max_concurrency: 20,
    paused: false,
    pending: 0,
    running: 0,
    completed: 0,
    dead: 0,
  };
  expect(await api.request('GET', '/queues')).toMatchObject({ status: 200, body: [stats] });
  expect(await api.request('GET', '/queues/webhooks')).toMatchObject({ status: 200, body: stats });
  expect((await api.request('GET', '/queues/none')).status).toBe(404);

  expect(await api.request('PUT', '/queues/webhooks', { rate_limit_rps: 5.0 })).toEqual({
    status: 200,
    body: { ...webhooks, rate_limit_rps: 5 },
  });
  expect((await api.request('PUT', '/queues/webhooks', {})).status).toBe(400);
  expect((await api.request('PUT', '/queues/none', { max_retries: 1 })).status).toBe(404);
  expect(await api.request('POST', '/queues/webhooks/pause')).toMatchObject({
    status: 200,
    body: { paused: 1 },
  });
  const job = await api.enqueue({ callback_url: 'http://127.0.0.1:9/', queue_name: 'webhooks' });
  expect((await api.request('DELETE', '/queues/webhooks')).status).toBe(409);
  await api.request('DELETE', `/jobs/${job.id}`);
  expect(await api.request('POST', '/queues/webhooks/resume')).toMatchObject({
    status: 200,
    body: { paused: 0 },
  });
  expect(await api.request('DELETE', '/queues/webhooks')).toEqual({
    status: 200,
    body: { status: 'deleted', name: 'webhooks' },
  });
  expect((await api.request('DELETE', '/queues/webhooks')).status).toBe(404);
});

test('schedules', async () => {
  const { api } = await serve(await folder());
  const created = await api.request('POST', '/schedules', {
    cron_expression: '0 */5 * * * *',
    callback_url: 'https://example.com/cleanup',
    queue_name: 'maintenance',
    payload: { task: 'expire_sessions' },
  });
  const schedule = {
    id: ID,
    queue_name: 'maintenance',
    cron_expression: '0 */5 * * * *',
    callback_url: 'https://example.com/cleanup',
    payload: '{"task":"expire_sessions"}',
    max_retries: 3,
    timeout_ms: 30000,
    enabled: 1,
    last_run_at: null,
    next_run_at: expect.stringMatching(/T\d\d:\d[05]:00\.000$/) as unknown,
    created_at: INSTANT,
    updated_at: INSTANT,
  };
  const cron = { timezone: 'UTC', cron_dialect: 'crontab', cron_note: null };
  const stopped = { stopped_at: null, stopped_error: null };
  expect(created).toEqual({ status: 201, body: { ...schedule, ...cron, ...stopped } });
  const id = idOf(created.body);
  expect(await api.request('GET', '/schedules')).toMatchObject({ status: 200, body: [schedule] });
  expect(await api.request('GET', `/schedules/${id}`)).toMatchObject({ status: 200, body: schedule });
  expect((await api.request('GET', '/schedules/019')).status).toBe(404);
  expect(await api.request('PUT', `/schedules/${id}`, { enabled: false })).toMatchObject({
    status: 200,
    body: { ...schedule, enabled: 0 },
  });
  const moved = await api.request('PUT', `/schedules/${id}`, { cron_expression: '0 30 2 * * Mon' });
  expect(moved).toMatchObject({
    status: 200,
    body: { next_run_at: expect.stringMatching(/T02:30:00\.000$/) as unknown },
  });
  expect((await api.request('PUT', `/schedules/${id}`, {})).status).toBe(400);
  expect((await api.request('PUT', '/schedules/019', { enabled: true })).status).toBe(404);
  expect(await api.request('DELETE', `/schedules/${id}`)).toEqual({
    status: 200,
    body: { status: 'deleted', id },
  });
  expect((await api.request('DELETE', `/schedules/${id}`)).status).toBe(404);
});

test('health and metrics', async () => {
  const { api } = await serve(await folder());
  await api.request('POST', '/queues', { name: 'emails' });
  await api.request('POST', '/queues/emails/pause');
  await api.enqueue({ callback_url: 'http://127.0.0.1:9/', queue_name: 'emails' });
  expect(await api.request('GET', '/health')).toMatchObject({ status: 200, body: { status: 'ok' } });
  expect(await api.request('GET', '/metrics')).toEqual({
    status: 200,
    body: {
      uptime_secs: expect.any(Number) as unknown,
      version: expect.stringMatching(/^\d+\.\d+\.\d+/) as unknown,
      jobs: { total: 1, pending: 1, running: 0, completed: 0, dead: 0 },
      queues: [{ name: 'emails', paused: true, depth: 1, in_flight: 0 }],
      schedules: { total: 0, enabled: 0 },
    },
  });
});

test('forty simultaneous requests with one idempotency key make one job', async () => {
  const { api } = await serve(await folder());
  const job = { callback_url: 'http://127.0.0.1:9/', delay_ms: 60000, idempotency_key: 'once' };
  const answers = await Promise.all(Array.from({ length: 40 }, () => api.request('POST', '/jobs', job)));
  const statuses = answers.map(({ status }) => status).sort();
  expect(statuses).toEqual([...Array.from({ length: 39 }, () => 200), 201]);
  expect(new Set(answers.map(({ body }) => idOf(body))).size).toBe(1);
  expect((await api.counts()).total).toBe(1);
});

test('names with odd characters work URL-encoded or are refused', async () => {
  const { api } = await serve(await folder());
  for (const name of ['a/b', 'a b', 'a?b#c', '100%', '%2F', "';--", '<script>']) {
    expect(await api.request('POST', '/queues', { name })).toMatchObject({ status: 201, body: { name } });
    const path = `/queues/${encodeURIComponent(name)}`;
    expect(await api.request('GET', path)).toMatchObject({ status: 200, body: { name } });
    expect(await api.request('DELETE', path)).toMatchObject({ status: 200, body: { name } });
  }
  for (const name of ['', ' a', 'a ', 'é', 'a\nb', '.', '..', 'x'.repeat(129), 7, null]) {
    expect((await api.request('POST', '/queues', { name })).status).toBe(400);
  }
});
