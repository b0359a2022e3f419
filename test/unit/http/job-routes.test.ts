import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { callbackRules } from '../../support/egress.js';
import { errorOf, idOf, startApi, URL_FIELD } from './api.js';

const NOW = '2024-01-15T10:00:00.000';

/** The manual's example of POST /jobs. */
const EXAMPLE = {
  callback_url: 'https://example.com/webhook',
  queue_name: 'emails',
  priority: 10,
  payload: { to: 'user@example.com', template: 'welcome' },
  max_retries: 5,
  idempotency_key: 'welcome-user-123',
};

const EXAMPLE_JOB = {
  id: '018d0c5b-c400-7000-8000-000000000001',
  queue_name: 'emails',
  status: 'pending',
  priority: 10,
  payload: '{"to":"user@example.com","template":"welcome"}',
  callback_url: 'https://example.com/webhook',
  headers: null,
  visible_at: NOW,
  attempt: 0,
  max_retries: 5,
  retry_backoff: null,
  base_delay_ms: null,
  max_delay_ms: null,
  timeout_ms: 30_000,
  idempotency_key: 'welcome-user-123',
  schedule_id: null,
  worker_id: null,
  started_at: null,
  completed_at: null,
  last_error: null,
  result: null,
  result_truncated: false,
  crashes: 0,
  created_at: NOW,
  updated_at: NOW,
};

const list = z.array(z.object({ id: z.string() }));
const batch = z.object({ jobs: z.array(z.object({ id: z.string(), payload: z.string() })) });

describe('POST /jobs', () => {
  test("answers the manual's example with a job in the documented shape", async () => {
    const api = await startApi();
    const response = await api.post('/jobs', EXAMPLE);
    expect(response.status).toBe(201);
    expect(response.body).toEqual(EXAMPLE_JOB);
    expect(Object.keys(response.body ?? {})).toEqual(Object.keys(EXAMPLE_JOB));
  });

  test('fills in what is left out, and makes the queue', async () => {
    const api = await startApi();
    const response = await api.post('/jobs', URL_FIELD);
    expect(response.body).toMatchObject({
      queue_name: 'default',
      priority: 0,
      payload: '{}',
      max_retries: 3,
      timeout_ms: 30_000,
      idempotency_key: null,
      visible_at: NOW,
    });
    expect((await api.get('/queues/default')).body).toMatchObject({ name: 'default', pending: 1 });
  });

  test('takes every field', async () => {
    const api = await startApi();
    const settings = {
      retry_backoff: 'linear',
      base_delay_ms: 0,
      max_delay_ms: 2_147_483_647,
      timeout_ms: 1,
      max_retries: 0,
      priority: -2_147_483_648,
    };
    const response = await api.post('/jobs', { ...URL_FIELD, ...settings, delay_ms: 60_000 });
    expect(response.status).toBe(201);
    expect(response.body).toMatchObject({
      ...settings,
      visible_at: '2024-01-15T10:01:00.000',
      created_at: NOW,
    });
  });

  test('takes null for whatever may be left out', async () => {
    const api = await startApi();
    const nulls = {
      queue_name: null,
      priority: null,
      payload: null,
      max_retries: null,
      retry_backoff: null,
      base_delay_ms: null,
      max_delay_ms: null,
      timeout_ms: null,
      idempotency_key: null,
      delay_ms: null,
    };
    const response = await api.post('/jobs', { ...URL_FIELD, ...nulls });
    expect(response.status).toBe(201);
    expect(response.body).toMatchObject({
      queue_name: 'default',
      priority: 0,
      payload: '{}',
      max_retries: 3,
    });
  });

  test('answers a known idempotency key with the job that has it', async () => {
    const api = await startApi();
    await api.post('/jobs', EXAMPLE);
    api.clock.advance(5000);
    const again = await api.post('/jobs', { ...EXAMPLE, priority: 99 });
    expect(again.status).toBe(200);
    expect(again.body).toEqual(EXAMPLE_JOB);
    expect(api.data.jobs.size).toBe(1);
  });

  test('makes one job of 40 simultaneous requests with one idempotency key', async () => {
    const api = await startApi();
    const responses = await Promise.all(Array.from({ length: 40 }, () => api.post('/jobs', EXAMPLE)));
    expect(responses.map(({ status }) => status).toSorted()).toEqual([...Array<number>(39).fill(200), 201]);
    expect(new Set(responses.map(idOf)).size).toBe(1);
    expect(api.data.jobs.size).toBe(1);
  });

  test.each([
    'https://example.com',
    'HTTP://EXAMPLE.COM/A?b=c#d',
    'http://user:p%40ss@10.0.0.1:8080/hook',
    'http://[::1]:8080/',
    'http://xn--bcher-kva.example/',
    `https://example.com/${'x'.repeat(2048 - 20)}`,
  ])('stores callback_url %s as it is given', async (callback_url) => {
    const api = await startApi();
    const response = await api.post('/jobs', { callback_url });
    expect(response.status).toBe(201);
    expect(response.body).toMatchObject({ callback_url });
  });

  test('takes callback URLs of any scheme that there is a dispatcher for', async () => {
    const api = await startApi({ callbacks: callbackRules(['http', 'https', 'exec']) });
    expect((await api.post('/jobs', { callback_url: 'exec:report?month=1' })).status).toBe(201);
    expect(errorOf(await api.post('/jobs', { callback_url: 'ftp://example.com' })).error).toBe(
      'callback_url: must be an http, https or exec URL, got "ftp://example.com"',
    );
  });

  test.each(['a', 'a b', 'a/b', 'mail:eu,west', '...', '%2F', '"<&>\'', '~'.repeat(128)])(
    'takes queue_name %s',
    async (queue_name) => {
      const api = await startApi();
      expect((await api.post('/jobs', { ...URL_FIELD, queue_name })).body).toMatchObject({ queue_name });
      const queue = await api.get(`/queues/${encodeURIComponent(queue_name)}`);
      expect(queue.body).toMatchObject({ name: queue_name, pending: 1 });
      const jobs = await api.get(`/jobs?queue=${encodeURIComponent(queue_name)}`);
      expect(jobs.body).toMatchObject([{ queue_name }]);
    },
  );

  test.each(['k', 'x'.repeat(255), 'schlüssel 🔑', 'with\u0000nul'])(
    'takes idempotency_key %j',
    async (idempotency_key) => {
      const api = await startApi();
      const first = await api.post('/jobs', { ...URL_FIELD, idempotency_key });
      expect(first.body).toMatchObject({ idempotency_key });
      expect((await api.post('/jobs', { ...URL_FIELD, idempotency_key })).status).toBe(200);
    },
  );
});

describe('POST /jobs/batch', () => {
  test('stores jobs in order', async () => {
    const api = await startApi();
    const jobs = [EXAMPLE, { ...URL_FIELD, payload: { n: 2 } }, { ...URL_FIELD, payload: { n: 3 } }];
    const response = await api.post('/jobs/batch', { jobs });
    expect(response.status).toBe(201);
    expect(batch.parse(response.body).jobs.map(({ payload }) => payload)).toEqual([
      EXAMPLE_JOB.payload,
      '{"n":2}',
      '{"n":3}',
    ]);
    expect(z.object({ jobs: z.array(z.unknown()) }).parse(response.body).jobs[0]).toEqual(EXAMPLE_JOB);
  });

  test('stores a thousand', async () => {
    const api = await startApi();
    const jobs = Array.from({ length: 1000 }, (_, n) => ({ ...URL_FIELD, payload: { n } }));
    const response = await api.post('/jobs/batch', { jobs });
    expect(response.status).toBe(201);
    expect(batch.parse(response.body).jobs.at(-1)?.payload).toBe('{"n":999}');
    expect(api.data.jobs.size).toBe(1000);
  });

  test('answers duplicates with the job that has the key, in the store or earlier in the batch', async () => {
    const api = await startApi();
    const existing = idOf(await api.post('/jobs', EXAMPLE));
    const twice = { ...URL_FIELD, idempotency_key: 'twice' };
    const response = await api.post('/jobs/batch', { jobs: [EXAMPLE, twice, twice] });
    expect(response.status).toBe(201);
    const [first, second, third] = batch.parse(response.body).jobs;
    expect(first?.id).toBe(existing);
    expect(third?.id).toBe(second?.id);
    expect(api.data.jobs.size).toBe(2);
  });

  test('stores nothing when one job is wrong', async () => {
    const api = await startApi();
    const response = await api.post('/jobs/batch', {
      jobs: [URL_FIELD, URL_FIELD, { callback_url: 'mailto:a' }],
    });
    expect(errorOf(response)).toEqual({
      status: 400,
      code: 'validation_failed',
      error: 'jobs[2].callback_url: must be an http or https URL, got "mailto:a"',
    });
    expect(api.data.jobs.size).toBe(0);
    expect(api.data.queues.size).toBe(0);
  });
});

describe('GET /jobs', () => {
  test('is empty at first', async () => {
    const api = await startApi();
    expect((await api.get('/jobs')).text).toBe('[]');
  });

  test('lists the newest first, 50 unless asked for more', async () => {
    const api = await startApi();
    await api.post('/jobs/batch', { jobs: Array.from({ length: 60 }, () => URL_FIELD) });
    const newest = [...api.data.jobs.keys()].toReversed();
    const ids = async (query: string) =>
      list.parse((await api.get(`/jobs${query}`)).body).map(({ id }) => id);
    expect(await ids('')).toEqual(newest.slice(0, 50));
    expect(await ids('?')).toEqual(newest.slice(0, 50));
    expect(await ids('?limit=3')).toEqual(newest.slice(0, 3));
    expect(await ids('?limit=3&offset=2')).toEqual(newest.slice(2, 5));
    expect(await ids('?offset=59')).toEqual(newest.slice(59));
    expect(await ids('?offset=9007199254740991')).toEqual([]);
    expect(await ids(`?limit=2&before=${newest[9] ?? ''}`)).toEqual(newest.slice(10, 12));
    expect(await ids(`?before=${newest[59] ?? ''}`)).toEqual([]);
  });

  test('caps the limit at 1000', async () => {
    const api = await startApi();
    const jobs = Array.from({ length: 600 }, () => URL_FIELD);
    await api.post('/jobs/batch', { jobs });
    await api.post('/jobs/batch', { jobs });
    for (const limit of ['1000', '1001', '99999999999999999999']) {
      expect(list.parse((await api.get(`/jobs?limit=${limit}`)).body)).toHaveLength(1000);
    }
  });

  test('filters by queue and status', async () => {
    const api = await startApi();
    const dead = idOf(await api.post('/jobs', { ...URL_FIELD, queue_name: 'emails' }));
    const pending = idOf(await api.post('/jobs', { ...URL_FIELD, queue_name: 'emails' }));
    const elsewhere = idOf(await api.post('/jobs', URL_FIELD));
    api.setJob(dead, { status: 'dead' });
    const ids = async (query: string) =>
      list.parse((await api.get(`/jobs?${query}`)).body).map(({ id }) => id);
    expect(await ids('queue=emails&status=dead&limit=10')).toEqual([dead]);
    expect(await ids('queue=emails')).toEqual([pending, dead]);
    expect(await ids('status=pending')).toEqual([elsewhere, pending]);
    expect(await ids('queue=none')).toEqual([]);
  });
});

describe('GET /jobs by schedule or text', () => {
  const SCHEDULE = '018d0c5b-c400-7000-8000-00000000beef';

  async function withJobs() {
    const api = await startApi();
    const add = async (fields: object) => idOf(await api.post('/jobs', { ...URL_FIELD, ...fields }));
    const keyed = await add({ idempotency_key: 'order-1' });
    const mail = await add({ callback_url: 'https://mail.example/order-1', queue_name: 'mail' });
    const other = await add({ callback_url: 'https://mail.example/order-2' });
    api.setJob(other, { scheduleId: SCHEDULE });
    const ids = async (query: string) =>
      list.parse((await api.get(`/jobs?${query}`)).body).map(({ id }) => id);
    return { api, ids, keyed, mail, other };
  }

  test('finds jobs by id, by key, and by a part of the URL', async () => {
    const { api, ids, keyed, mail, other } = await withJobs();
    expect(await ids(`search=${mail}`)).toEqual([mail]);
    expect(await ids('search=order-1')).toEqual([keyed]);
    expect(await ids('search=%2Forder')).toEqual([other, mail]);
    expect(await ids('search=MAIL.example&queue=mail&status=pending')).toEqual([mail]);
    expect(await ids('search=mail.example&limit=1&offset=1')).toEqual([mail]);
    expect(await ids(`search=mail.example&before=${other}`)).toEqual([mail]);
    expect(await ids('search=nowhere')).toEqual([]);
    expect((await api.get('/jobs?search=order-1')).body).toEqual([(await api.get(`/jobs/${keyed}`)).body]);
  });

  test('finds the jobs of a schedule', async () => {
    const { ids, other } = await withJobs();
    expect(await ids(`schedule_id=${SCHEDULE}`)).toEqual([other]);
    expect(await ids(`schedule_id=${SCHEDULE}&queue=mail`)).toEqual([]);
  });

  test.each([
    ['search=', 'search: must be a string of 1 to 2048 characters, got ""'],
    ['schedule_id=x', 'schedule_id: must be the id of a schedule, got "x"'],
    ['search=a&search=b', 'search: is given 2 times; give it once'],
  ])('refuses %s', async (query, error) => {
    const { api } = await withJobs();
    expect(errorOf(await api.get(`/jobs?${query}`)).error).toBe(error);
  });
});

describe('GET /jobs/{id}', () => {
  test('gets a job', async () => {
    const api = await startApi();
    const id = idOf(await api.post('/jobs', EXAMPLE));
    expect((await api.get(`/jobs/${id}`)).body).toEqual(EXAMPLE_JOB);
  });

  test('shows all there is to know about a finished one', async () => {
    const api = await startApi();
    const id = idOf(await api.post('/jobs', EXAMPLE));
    api.setJob(id, {
      status: 'completed',
      attempt: 2,
      workerId: 'worker-1',
      startedAt: Date.UTC(2024, 0, 15, 10, 0, 1, 7),
      completedAt: Date.UTC(2024, 0, 15, 10, 0, 2),
      lastError: 'HTTP 503',
      result: '{"ok":true}',
      resultTruncated: true,
      scheduleId: 'schedule-1',
    });
    expect((await api.get(`/jobs/${id}`)).body).toEqual({
      ...EXAMPLE_JOB,
      status: 'completed',
      attempt: 2,
      worker_id: 'worker-1',
      started_at: '2024-01-15T10:00:01.007',
      completed_at: '2024-01-15T10:00:02.000',
      last_error: 'HTTP 503',
      result: '{"ok":true}',
      result_truncated: true,
      crashes: 0,
      schedule_id: 'schedule-1',
    });
  });

  test('knows no other', async () => {
    const api = await startApi();
    expect(errorOf(await api.get('/jobs/019'))).toEqual({
      status: 404,
      code: 'job_not_found',
      error: 'Job 019 not found',
    });
  });
});

describe('DELETE /jobs/{id}', () => {
  test('cancels a pending job', async () => {
    const api = await startApi();
    const id = idOf(await api.post('/jobs', EXAMPLE));
    const response = await api.delete(`/jobs/${id}`);
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ status: 'cancelled', id });
    expect((await api.get(`/jobs/${id}`)).status).toBe(404);
    expect((await api.delete(`/jobs/${id}`)).status).toBe(404);
  });

  test.each(['running', 'completed', 'dead'] as const)('leaves a %s job alone', async (status) => {
    const api = await startApi();
    const id = idOf(await api.post('/jobs', EXAMPLE));
    api.setJob(id, { status });
    expect(errorOf(await api.delete(`/jobs/${id}`))).toEqual({
      status: 409,
      code: 'job_not_pending',
      error: `Job ${id} is ${status}; only a pending job can be cancelled`,
    });
    expect(api.data.jobs.size).toBe(1);
  });
});

describe('POST /jobs/{id}/retry', () => {
  test('makes a dead job pending, at attempt 0', async () => {
    const api = await startApi();
    const id = idOf(await api.post('/jobs', EXAMPLE));
    api.setJob(id, { status: 'dead', attempt: 6, lastError: 'HTTP 500', completedAt: 0, startedAt: 0 });
    api.clock.advance(60_000);
    const response = await api.post(`/jobs/${id}/retry`);
    expect(response.status).toBe(200);
    const now = '2024-01-15T10:01:00.000';
    expect(response.body).toEqual({ ...EXAMPLE_JOB, visible_at: now, updated_at: now });
  });

  test.each(['pending', 'running', 'completed'] as const)('has 404 for a %s job', async (status) => {
    const api = await startApi();
    const id = idOf(await api.post('/jobs', EXAMPLE));
    api.setJob(id, { status });
    expect(errorOf(await api.post(`/jobs/${id}/retry`))).toEqual({
      status: 404,
      code: 'job_not_dead',
      error: `Job ${id} is ${status}; only a dead job can be retried`,
    });
  });

  test('has 404 for a job that does not exist', async () => {
    const api = await startApi();
    expect(errorOf(await api.post('/jobs/019/retry'))).toEqual({
      status: 404,
      code: 'job_not_found',
      error: 'Job 019 not found',
    });
  });
});

describe('POST /jobs/{id}/discard', () => {
  test.each(['completed', 'dead'] as const)('deletes a %s job, and frees its key', async (status) => {
    const api = await startApi();
    const id = idOf(await api.post('/jobs', EXAMPLE));
    api.setJob(id, { status, completedAt: 0 });
    const response = await api.post(`/jobs/${id}/discard`);
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ status: 'discarded', id });
    expect((await api.get(`/jobs/${id}`)).status).toBe(404);
    expect(errorOf(await api.post(`/jobs/${id}/discard`))).toMatchObject({ code: 'job_not_found' });
    expect((await api.post('/jobs', EXAMPLE)).status).toBe(201);
  });

  test.each(['pending', 'running'] as const)('leaves a %s job alone', async (status) => {
    const api = await startApi();
    const id = idOf(await api.post('/jobs', EXAMPLE));
    api.setJob(id, { status });
    expect(errorOf(await api.post(`/jobs/${id}/discard`))).toEqual({
      status: 409,
      code: 'job_not_finished',
      error: `Job ${id} is ${status}; only a completed or dead job can be discarded`,
    });
    expect(api.data.jobs.size).toBe(1);
  });
});

describe('GET /jobs/{id}/attempts', () => {
  async function withAttempts() {
    const api = await startApi();
    const id = idOf(await api.post('/jobs', EXAMPLE));
    const startedAt = Date.UTC(2024, 0, 15, 10, 0, 1);
    const attempt = { startedAt, finishedAt: startedAt + 1500, error: 'HTTP 503', statusCode: 503 };
    api.data.recordFailure(id, { ...attempt, number: 1, responseExcerpt: 'busy' });
    api.setJob(id, { status: 'running', attempt: 2, startedAt: startedAt + 5000 });
    return { api, id, startedAt };
  }
  const FAILED = {
    number: 1,
    outcome: 'failed',
    started_at: '2024-01-15T10:00:01.000',
    finished_at: '2024-01-15T10:00:02.500',
    duration_ms: 1500,
    status_code: 503,
    error: 'HTTP 503',
    response: 'busy',
    omitted_before: 0,
  };
  const SECOND = {
    omitted_before: 0,
    number: 2,
    started_at: '2024-01-15T10:00:06.000',
    status_code: null,
    error: null,
  };

  test('lists those that failed and the one under way', async () => {
    const { api, id } = await withAttempts();
    const running = { ...SECOND, outcome: 'running', finished_at: null, duration_ms: null, response: null };
    const response = await api.get(`/jobs/${id}/attempts`);
    expect(response.status).toBe(200);
    expect(response.body).toEqual([FAILED, running]);
  });

  test('ends with the success of a completed job, which takes no time when the clock was set back', async () => {
    const { api, id, startedAt } = await withAttempts();
    const end = { status: 'completed', result: '{"ok":true}' } as const;
    api.setJob(id, { ...end, completedAt: startedAt + 5042 });
    const success = { ...SECOND, outcome: 'succeeded', response: '{"ok":true}' };
    const ended = { finished_at: '2024-01-15T10:00:06.042', duration_ms: 42 };
    expect((await api.get(`/jobs/${id}/attempts`)).body).toEqual([FAILED, { ...success, ...ended }]);
    api.setJob(id, { ...end, completedAt: startedAt });
    expect((await api.get(`/jobs/${id}/attempts`)).body).toMatchObject([{}, { duration_ms: 0 }]);
  });

  test('takes a limit, which is capped at 1000: the last ones', async () => {
    const { api, id } = await withAttempts();
    expect((await api.get(`/jobs/${id}/attempts?limit=1`)).body).toMatchObject([{ number: 2 }]);
    expect((await api.get(`/jobs/${id}/attempts?limit=5000`)).body).toHaveLength(2);
    expect(errorOf(await api.get(`/jobs/${id}/attempts?limit=0`)).error).toBe(
      'limit: must be an integer, 1 or more, got 0',
    );
    expect(errorOf(await api.get(`/jobs/${id}/attempts?offset=1`)).error).toBe(
      'unknown query parameter "offset"',
    );
  });

  test('is 100 long unless asked for more', async () => {
    const { api, id } = await withAttempts();
    const attempt = {
      startedAt: 0,
      finishedAt: 0,
      error: 'HTTP 503',
      statusCode: 503,
      responseExcerpt: null,
    };
    for (let number = 2; number < 120; number += 1) api.data.recordFailure(id, { ...attempt, number });
    expect((await api.get(`/jobs/${id}/attempts`)).body).toHaveLength(100);
    // 119 failed and one is under way: 19 in the middle are gone.
    const all = (await api.get(`/jobs/${id}/attempts?limit=110`)).body;
    expect(all).toHaveLength(101);
    expect(all).toMatchObject({ 49: { number: 50 }, 50: { number: 70, omitted_before: 19 } });
  });
});
