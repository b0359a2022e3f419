import { describe, expect, test } from 'vitest';
import { errorOf, idOf, startApi, URL_FIELD } from './api.js';

const NOW = '2024-01-15T10:00:00.000';
const LATER = '2024-01-15T10:01:00.000';

/** The manual's example of POST /queues. */
const EXAMPLE = { name: 'webhooks', max_concurrency: 20, rate_limit_rps: 10.0, retry_backoff: 'linear' };
const EXAMPLE_QUEUE = {
  name: 'webhooks',
  max_concurrency: 20,
  rate_limit_rps: 10.0,
  max_depth: null,
  max_retries: 3,
  retry_backoff: 'linear',
  base_delay_ms: 1000,
  max_delay_ms: 300_000,
  retention_completed: null,
  retention_dead: null,
  signing_secrets: null,
  paused: 0,
  created_at: NOW,
  updated_at: NOW,
};
const EXAMPLE_STATS = { ...EXAMPLE_QUEUE, paused: false, pending: 0, running: 0, completed: 0, dead: 0 };

const NOT_FOUND = { status: 404, code: 'queue_not_found', error: 'Queue webhooks not found' };

async function withQueue() {
  const api = await startApi();
  await api.post('/queues', EXAMPLE);
  api.clock.advance(60_000);
  return api;
}

describe('POST /queues', () => {
  test("answers the manual's example with the documented queue", async () => {
    const api = await startApi();
    const response = await api.post('/queues', EXAMPLE);
    expect(response.status).toBe(201);
    expect(response.body).toEqual(EXAMPLE_QUEUE);
  });

  test('fills in the documented defaults', async () => {
    const api = await startApi();
    expect((await api.post('/queues', { name: 'webhooks' })).body).toEqual({
      ...EXAMPLE_QUEUE,
      max_concurrency: 5,
      rate_limit_rps: null,
      retry_backoff: 'exponential',
    });
  });

  test('takes null for whatever may be left out', async () => {
    const api = await startApi();
    const nulls = {
      max_concurrency: null,
      rate_limit_rps: null,
      max_depth: null,
      max_retries: null,
      retry_backoff: null,
      base_delay_ms: null,
      max_delay_ms: null,
      retention_completed: null,
      retention_dead: null,
    };
    const response = await api.post('/queues', { name: 'webhooks', ...nulls });
    expect(response.status).toBe(201);
    expect(response.body).toMatchObject({ max_concurrency: 5, rate_limit_rps: null, base_delay_ms: 1000 });
  });

  test('takes the ends of the ranges', async () => {
    const api = await startApi();
    const least = {
      max_concurrency: 1,
      rate_limit_rps: 0.0001,
      max_depth: 1,
      max_retries: 0,
      base_delay_ms: 0,
      max_delay_ms: 0,
    };
    expect((await api.post('/queues', { name: 'least', ...least })).body).toMatchObject(least);
    const int32 = 2_147_483_647;
    const most = {
      max_concurrency: int32,
      rate_limit_rps: 1_000_000,
      max_depth: int32,
      max_retries: int32,
      base_delay_ms: int32,
      max_delay_ms: int32,
    };
    expect((await api.post('/queues', { name: 'most', ...most })).body).toMatchObject(most);
  });

  test('keeps how long finished jobs are kept, and gives it back to the configuration', async () => {
    const api = await startApi();
    const given = { retention_completed: '36h', retention_dead: 'never' };
    expect((await api.post('/queues', { name: 'q', ...given })).body).toMatchObject(given);
    expect(api.data.queues.get('q')).toMatchObject({
      retentionCompletedMs: 129_600_000,
      retentionDeadMs: Number.MAX_SAFE_INTEGER,
    });
    const changed = await api.put('/queues/q', { retention_completed: '14d', retention_dead: null });
    expect(changed.body).toMatchObject({ retention_completed: '14d', retention_dead: null });
    expect((await api.get('/queues/q')).body).toMatchObject({ retention_completed: '14d' });
    expect((await api.put('/queues/q', { paused: undefined, max_retries: 1 })).body).toMatchObject({
      retention_completed: '14d',
    });
  });

  test('keeps secrets to sign with, and shows how many there are, but none of them', async () => {
    const api = await startApi();
    const secrets = [`whsec_${'A'.repeat(32)}`, `whsk_${'B'.repeat(43)}=`];
    const made = await api.post('/queues', { name: 'q', signing_secrets: secrets });
    expect(made.body).toMatchObject({ signing_secrets: ['***', '***'] });
    expect(api.data.queues.get('q')?.signingSecrets).toEqual(secrets);
    expect((await api.get('/queues/q')).body).toMatchObject({ signing_secrets: ['***', '***'] });
    expect((await api.get('/queues')).body).toMatchObject([{ signing_secrets: ['***', '***'] }]);
    await api.put('/queues/q', { max_retries: 1 });
    expect(api.data.queues.get('q')?.signingSecrets).toEqual(secrets);
    expect((await api.put('/queues/q', { signing_secrets: [] })).body).toMatchObject({ signing_secrets: [] });
    const given = await api.put('/queues/q', { signing_secrets: null });
    expect(given.body).toMatchObject({ signing_secrets: null });
    expect(JSON.stringify([made.text, api.logger.lines])).not.toContain('AAAA');
  });

  test.each([
    ['whsec_AAAA', 'signing_secrets[0]: must be "whsec_" and 24 to 64 bytes in base64'],
    [`whsec_${'A'.repeat(88)}`, 'signing_secrets[0]: must be "whsec_" and 24 to 64 bytes in base64'],
    [`whsec_${'A'.repeat(33)}`, 'signing_secrets[0]: must be "whsec_" and 24 to 64 bytes in base64'],
    [`whsec_${'-'.repeat(32)}`, 'signing_secrets[0]: must be "whsec_" and 24 to 64 bytes in base64'],
    [`whsk_${'A'.repeat(32)}`, 'signing_secrets[0]: must be "whsec_" and 24 to 64 bytes in base64'],
    [`whpk_${'A'.repeat(43)}=`, 'signing_secrets[0]: must be "whsec_" and 24 to 64 bytes in base64'],
    ['AAAA'.repeat(8), 'signing_secrets[0]: must be "whsec_" and 24 to 64 bytes in base64'],
    [7, 'signing_secrets[0]: must be "whsec_" and 24 to 64 bytes in base64'],
  ])('refuses the secret %j, and does not repeat it', async (secret, message) => {
    const api = await startApi();
    const answer = errorOf(await api.post('/queues', { name: 'q', signing_secrets: [secret] }));
    expect(answer).toMatchObject({ status: 400, code: 'validation_failed' });
    expect(answer.error).toContain(message);
    expect(answer.error).not.toMatch(/A{4}|-{4}/);
  });

  test('refuses more than ten secrets', async () => {
    const api = await startApi();
    const secrets = Array.from({ length: 11 }, () => `whsec_${'A'.repeat(32)}`);
    expect(errorOf(await api.post('/queues', { name: 'q', signing_secrets: secrets })).error).toBe(
      'signing_secrets: must be an array of 10 secrets at most, got an array',
    );
  });

  test('refuses a name that exists', async () => {
    const api = await withQueue();
    expect(errorOf(await api.post('/queues', { name: 'webhooks' }))).toEqual({
      status: 409,
      code: 'queue_exists',
      error: 'Queue webhooks already exists; change it with PUT /queues/webhooks',
    });
    expect((await api.get('/queues/webhooks')).body).toEqual(EXAMPLE_STATS);
  });
});

describe('GET /queues', () => {
  test('is empty at first', async () => {
    const api = await startApi();
    expect((await api.get('/queues')).text).toBe('[]');
  });

  test('counts the jobs of each queue', async () => {
    const api = await withQueue();
    const statuses = [
      'pending',
      'pending',
      'running',
      'completed',
      'completed',
      'completed',
      'dead',
    ] as const;
    for (const status of statuses) {
      const id = idOf(await api.post('/jobs', { ...URL_FIELD, queue_name: 'emails' }));
      api.setJob(id, { status });
    }
    expect((await api.get('/queues')).body).toEqual([
      {
        name: 'emails',
        max_concurrency: 5,
        rate_limit_rps: null,
        max_depth: null,
        max_retries: 3,
        retry_backoff: 'exponential',
        base_delay_ms: 1000,
        max_delay_ms: 300_000,
        retention_completed: null,
        retention_dead: null,
        signing_secrets: null,
        paused: false,
        pending: 2,
        running: 1,
        completed: 3,
        dead: 1,
        created_at: LATER,
        updated_at: LATER,
      },
      EXAMPLE_STATS,
    ]);
  });
});

describe('GET /queues/{name}', () => {
  test('gets a queue with its counts', async () => {
    const api = await withQueue();
    await api.post('/jobs', { ...URL_FIELD, queue_name: 'webhooks' });
    const response = await api.get('/queues/webhooks');
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ ...EXAMPLE_STATS, pending: 1 });
  });

  test('knows no other', async () => {
    const api = await startApi();
    expect(errorOf(await api.get('/queues/webhooks'))).toEqual(NOT_FOUND);
  });
});

describe('PUT /queues/{name}', () => {
  test("changes what is given, as in the manual's example, and nothing else", async () => {
    const api = await withQueue();
    const response = await api.put('/queues/webhooks', { rate_limit_rps: 5.0 });
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ ...EXAMPLE_QUEUE, rate_limit_rps: 5, updated_at: LATER });
  });

  test.each([
    { max_concurrency: 1 },
    { rate_limit_rps: 0.5 },
    { max_retries: 0 },
    { retry_backoff: 'fixed' },
    { base_delay_ms: 7 },
    { max_delay_ms: 8 },
    {
      max_concurrency: 9,
      max_retries: 10,
      retry_backoff: 'exponential',
      base_delay_ms: 11,
      max_delay_ms: 12,
    },
  ])('changes %j', async (change) => {
    const api = await withQueue();
    expect((await api.put('/queues/webhooks', change)).body).toEqual({
      ...EXAMPLE_QUEUE,
      ...change,
      updated_at: LATER,
    });
  });

  test('removes the rate limit with null', async () => {
    const api = await withQueue();
    expect((await api.put('/queues/webhooks', { rate_limit_rps: null })).body).toMatchObject({
      rate_limit_rps: null,
    });
  });

  test('leaves a paused queue paused', async () => {
    const api = await withQueue();
    await api.post('/queues/webhooks/pause');
    expect((await api.put('/queues/webhooks', { max_retries: 1 })).body).toMatchObject({ paused: 1 });
  });

  test('knows no other', async () => {
    const api = await startApi();
    expect(errorOf(await api.put('/queues/webhooks', { max_retries: 1 }))).toEqual(NOT_FOUND);
  });
});

describe('DELETE /queues/{name}', () => {
  test('deletes a queue', async () => {
    const api = await withQueue();
    const response = await api.delete('/queues/webhooks');
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ status: 'deleted', name: 'webhooks' });
    expect(errorOf(await api.delete('/queues/webhooks'))).toEqual(NOT_FOUND);
  });

  test.each(['pending', 'running'] as const)('refuses one with %s jobs', async (status) => {
    const api = await withQueue();
    const id = idOf(await api.post('/jobs', { ...URL_FIELD, queue_name: 'webhooks' }));
    api.setJob(id, { status });
    expect(errorOf(await api.delete('/queues/webhooks'))).toEqual({
      status: 409,
      code: 'queue_active',
      error: 'Queue webhooks still has pending or running jobs; cancel them or wait until they are done',
    });
  });

  test('leaves finished jobs behind', async () => {
    const api = await withQueue();
    const id = idOf(await api.post('/jobs', { ...URL_FIELD, queue_name: 'webhooks' }));
    api.setJob(id, { status: 'completed' });
    expect((await api.delete('/queues/webhooks')).status).toBe(200);
    expect((await api.get(`/jobs/${id}`)).status).toBe(200);
  });
});

describe('POST /queues/{name}/pause and resume', () => {
  test('pause and resume, with a number here and a boolean in the statistics', async () => {
    const api = await withQueue();
    const paused = await api.post('/queues/webhooks/pause');
    expect(paused.status).toBe(200);
    expect(paused.body).toEqual({ ...EXAMPLE_QUEUE, paused: 1, updated_at: LATER });
    expect((await api.get('/queues/webhooks')).body).toMatchObject({ paused: true });
    const resumed = await api.post('/queues/webhooks/resume');
    expect(resumed.status).toBe(200);
    expect(resumed.body).toEqual({ ...EXAMPLE_QUEUE, updated_at: LATER });
    expect((await api.get('/queues/webhooks')).body).toMatchObject({ paused: false });
  });

  test('may be said twice', async () => {
    const api = await withQueue();
    await api.post('/queues/webhooks/pause');
    expect((await api.post('/queues/webhooks/pause')).body).toMatchObject({ paused: 1 });
    await api.post('/queues/webhooks/resume');
    expect((await api.post('/queues/webhooks/resume')).body).toMatchObject({ paused: 0 });
  });

  test.each(['pause', 'resume'])('%s knows no other', async (verb) => {
    const api = await startApi();
    expect(errorOf(await api.post(`/queues/webhooks/${verb}`))).toEqual(NOT_FOUND);
  });
});

describe('a full queue', () => {
  const REFUSED = {
    status: 429,
    code: 'queue_full',
    error:
      'Queue webhooks has as many pending jobs as its max_depth allows; try again later, or raise the limit',
  };
  const job = { ...URL_FIELD, queue_name: 'webhooks' };

  test('takes no more jobs, singly, in a batch or of a schedule, and says when to come again', async () => {
    const api = await startApi();
    await api.post('/queues', { name: 'webhooks', max_depth: 2 });
    const schedule = await api.post('/schedules', { ...job, cron_expression: '@daily' });
    expect(errorOf(await api.post('/jobs/batch', { jobs: [job, job, job] }))).toEqual(REFUSED);
    expect((await api.post('/jobs', { ...job, idempotency_key: 'k' })).status).toBe(201);
    expect((await api.post(`/schedules/${idOf(schedule)}/run`)).status).toBe(201);
    for (const refused of [
      await api.post('/jobs', job),
      await api.post('/jobs/batch', { jobs: [job] }),
      await api.post(`/schedules/${idOf(schedule)}/run`),
    ]) {
      expect(errorOf(refused)).toEqual(REFUSED);
      expect(refused.headers.get('retry-after')).toBe('5');
    }
    expect((await api.post('/jobs', { ...job, idempotency_key: 'k' })).status).toBe(200);
    expect((await api.get('/queues/webhooks')).body).toMatchObject({ max_depth: 2, pending: 2 });
    expect((await api.put('/queues/webhooks', { max_depth: null })).body).toMatchObject({ max_depth: null });
    expect((await api.post('/jobs', job)).status).toBe(201);
  });

  test('is one of many when all jobs are too many', async () => {
    const api = await startApi({ maxJobs: 1 });
    expect((await api.post('/jobs', job)).status).toBe(201);
    const refused = await api.post('/jobs', { ...job, queue_name: 'other' });
    expect(errorOf(refused)).toEqual({
      status: 429,
      code: 'too_many_jobs',
      error:
        'There are as many jobs as server.max_jobs allows; try again later, discard finished ones or keep them for less long, or raise the limit',
    });
    expect(refused.headers.get('retry-after')).toBe('60');
  });
});
