import { describe, expect, test } from 'vitest';
import type { Job } from '../../../src/domain/job/job.js';
import { NOW, pendingJob } from '../../support/jobs.js';
import { startDashboard } from './pages.js';

const SCHEDULE = '018d0c5b-c400-7000-8000-00000000beef';

async function withJob(state: Partial<Job> = {}) {
  const dashboard = await startDashboard();
  const job = pendingJob(state);
  dashboard.data.jobs.set(job.id, job);
  return { dashboard, id: job.id, path: `/dashboard/jobs/${job.id}` };
}

/** The page of a job. */
async function pageOf(state: Partial<Job> = {}) {
  const { dashboard, path } = await withJob(state);
  return dashboard.shown(path);
}

describe('the facts', () => {
  test('are all that is known of a job', async () => {
    const { dashboard, id, path } = await withJob({
      queueName: 'a/b',
      status: 'completed',
      attempt: 2,
      maxRetries: 3,
      priority: -7,
      callbackUrl: 'https://example.com/?a=1&b=<2>',
      retryBackoff: 'linear',
      baseDelayMs: 1500,
      maxDelayMs: 60_000,
      timeoutMs: 30_000,
      idempotencyKey: 'order "7"',
      scheduleId: SCHEDULE,
      workerId: 'worker-1',
      startedAt: NOW + 1000,
      completedAt: NOW + 2000,
      updatedAt: NOW + 3000,
      result: 'ok',
    });
    const page = await dashboard.shown(path);
    expect(page.heading).toBe(`Job ${id} completed`);
    expect(page.texts('title')).toEqual([`Job ${id} · mininq`]);
    expect(page.facts).toEqual({
      Status: 'completed',
      Queue: 'a/b',
      'Callback URL': 'https://example.com/?a=1&b=<2>',
      Attempt: '2 of 4 deliveries at most',
      Priority: '-7',
      'Idempotency key': 'order "7"',
      Schedule: SCHEDULE,
      Timeout: '30 s',
      Backoff: 'linear',
      'Base delay': '1.5 s',
      'Max delay': '1 min',
      Worker: 'worker-1',
      'Created (UTC)': '2024-01-15 10:00:00',
      'Started (UTC)': '2024-01-15 10:00:01',
      'Finished (UTC)': '2024-01-15 10:00:02',
      'Changed (UTC)': '2024-01-15 10:00:03',
    });
    expect(page.targets).toEqual(
      expect.arrayContaining(['/dashboard/queues/a%2Fb', `/dashboard/schedules/${SCHEDULE}`]),
    );
  });

  test('say how often its worker died, if it did', async () => {
    const withHeaders = await pageOf({ headers: '{"Authorization":"Bearer s3cret","X-A":"b"}' });
    expect(withHeaders.facts).toMatchObject({ 'Headers (values are hidden)': 'Authorization, X-A' });
    expect(withHeaders.text).not.toContain('s3cret');
    expect((await pageOf({ crashes: 2 })).facts).toMatchObject({ Crashes: 'its worker died 2 times' });
    expect((await pageOf()).facts).not.toHaveProperty('Crashes');
  });

  test('say what there is not, and what the queue decides', async () => {
    expect((await pageOf()).facts).toMatchObject({
      Due: '2024-01-15 10:00:00',
      'Idempotency key': 'none',
      Schedule: 'none',
      Backoff: 'as the queue says',
      'Base delay': 'as the queue says',
      Worker: 'none',
      'Started (UTC)': '–',
      'Finished (UTC)': '–',
    });
  });

  test.each<[string, Partial<Job>, string, string | undefined]>([
    ['when a new job is due', { visibleAt: NOW + 5000 }, 'Due', '2024-01-15 10:00:05'],
    [
      'when the next attempt is',
      { attempt: 1, visibleAt: NOW + 5000 },
      'Next attempt',
      '2024-01-15 10:00:05',
    ],
    [
      'when the lease ends',
      { status: 'running', visibleAt: NOW + 5000 },
      'Lease ends',
      '2024-01-15 10:00:05',
    ],
    ['of one delivery only', { maxRetries: 0 }, 'Attempt', '0 of 1 delivery at most'],
    ['a delay of nothing, which is not that of the queue', { baseDelayMs: 0 }, 'Base delay', '0 ms'],
  ])('say %s', async (_case, state, fact, text) => {
    expect((await pageOf(state)).facts).toMatchObject({ [fact]: text });
  });

  test('show the last error at the top, as text', async () => {
    const page = await pageOf({ status: 'dead', lastError: '<b>HTTP 500</b>\u0000' });
    expect(page.html).toContain('<p class="notice wrong">&lt;b&gt;HTTP 500&lt;/b&gt;\u2400</p>');
  });
});

describe('the payload', () => {
  test('is shown on several lines, with its numbers as they were sent', async () => {
    const page = await pageOf({ payload: '{"n":12345678901234567890,"m":1.10,"e":1e400,"l":[-0,{}]}' });
    expect(page.group('Payload')).toBe(
      '{\n  "n": 12345678901234567890,\n  "m": 1.10,\n  "e": 1e400,\n  "l": [\n    -0,\n    {}\n  ]\n}',
    );
  });

  test('is text, whatever is in it', async () => {
    const page = await pageOf({ payload: '{"<script>":"</pre>\\u0000&amp;"}' });
    expect(page.html).not.toContain('<script>');
    expect(page.group('Payload')).toBe('{\n  "<script>": "</pre>\\u0000&amp;"\n}');
  });

  test('is cut when it is very long, and says so', async () => {
    const payload = JSON.stringify({ text: 'x'.repeat(250_000) });
    const page = await pageOf({ payload });
    expect(page.group('Payload')).toBe(payload.slice(0, 200_000));
    expect(page.text).toContain('The first 200,000 characters of 250,011 characters; the API has all of it.');
  });

  test('is whole up to that', async () => {
    const payload = JSON.stringify({ text: 'x'.repeat(200_000 - 11) });
    expect(payload).toHaveLength(200_000);
    const page = await pageOf({ payload });
    expect(page.group('Payload')).toContain('x'.repeat(200_000 - 11));
    expect(page.text).not.toContain('The first');
  });
});

describe('the result', () => {
  test('is shown as it is; JSON on several lines', async () => {
    expect(
      (await pageOf({ status: 'completed', result: '{"id":12345678901234567890}' })).group('Result'),
    ).toBe('{\n  "id": 12345678901234567890\n}');
    expect((await pageOf({ status: 'completed', result: '<h1>OK</h1>\n' })).group('Result')).toBe(
      '<h1>OK</h1>\n',
    );
  });

  test('that was cut when it was kept says so', async () => {
    const hint = 'The answer was longer than what is kept of it.';
    expect((await pageOf({ result: 'x', resultTruncated: true })).text).toContain(hint);
    expect((await pageOf({ result: 'x' })).text).not.toContain(hint);
  });

  test('that is empty is one; where there is none, there is none', async () => {
    expect((await pageOf({ result: '' })).texts('h2')).toContain('Result');
    expect((await pageOf({ result: null })).texts('h2')).not.toContain('Result');
  });
});

describe('what can be done', () => {
  test('a dead job is retried', async () => {
    const { dashboard, id, path } = await withJob({ status: 'dead', attempt: 4, completedAt: NOW });
    const page = await dashboard.shown(path);
    const answer = await dashboard.submit(`${path}/retry`, page.form(`${path}/retry`));
    expect(answer.headers.get('location')).toBe(path);
    const after = await dashboard.follow(answer);
    expect(after.notice).toBe(`Job ${id} is pending again.`);
    expect(after.heading).toBe(`Job ${id} pending`);
    expect(dashboard.data.jobs.get(id)).toMatchObject({ status: 'pending', attempt: 0 });
  });

  test('a pending job is cancelled, once that is confirmed, and the list comes next', async () => {
    const { dashboard, id, path } = await withJob();
    const cancel = `${path}/cancel`;
    const question = await dashboard.submit(cancel, (await dashboard.shown(path)).form(cancel));
    expect(question.texts('h1')).toEqual(['Cancel this job?']);
    expect(question.text).toContain(`Job ${id} is deleted, and never delivered.`);
    expect(question.link('No, go back')).toBe(path);
    expect(dashboard.data.jobs.size).toBe(1);
    const answer = await dashboard.submit(cancel, question.form(cancel));
    // The page of the job is gone with it.
    expect(answer.headers.get('location')).toBe('/dashboard/jobs');
    expect((await dashboard.follow(answer)).notice).toBe(`Job ${id} is cancelled: deleted.`);
    expect(dashboard.data.jobs.size).toBe(0);
  });

  test.each(['completed', 'dead'] as const)(
    'a %s job is discarded, once that is confirmed',
    async (status) => {
      const { dashboard, id, path } = await withJob({ status, completedAt: NOW });
      const discard = `${path}/discard`;
      const question = await dashboard.submit(discard, (await dashboard.shown(path)).form(discard));
      expect(question.texts('h1')).toEqual(['Discard this job?']);
      expect(question.text).toContain(`Job ${id} is deleted, with its result and its attempts.`);
      expect(question.link('No, go back')).toBe(path);
      expect(dashboard.data.jobs.size).toBe(1);
      const answer = await dashboard.submit(discard, question.form(discard));
      expect(answer.headers.get('location')).toBe('/dashboard/jobs');
      expect((await dashboard.follow(answer)).notice).toBe(`Job ${id} is discarded: deleted.`);
      expect(dashboard.data.jobs.size).toBe(0);
    },
  );

  test('one that is cancelled from a list leads back to that list', async () => {
    const { dashboard, path } = await withJob();
    const list = '/dashboard/jobs?queue=default';
    const question = await dashboard.submit(`${path}/cancel`, { return: list });
    const answer = await dashboard.submit(`${path}/cancel`, question.form(`${path}/cancel`));
    expect(answer.headers.get('location')).toBe(list);
  });

  test.each([
    ['running', 'retry'],
    ['completed', 'retry'],
    ['running', 'cancel'],
    ['dead', 'cancel'],
    ['pending', 'discard'],
    ['running', 'discard'],
  ] as const)('a %s job is not there to %s', async (status, action) => {
    const { dashboard, id, path } = await withJob({ status });
    const page = await dashboard.follow(
      await dashboard.submit(`${path}/${action}`, { confirmed: 'yes', return: path }),
    );
    expect(page.notice).toContain(`is ${status}`);
    expect(page.html).toContain('<p class="notice problem">');
    expect(dashboard.data.jobs.get(id)).toMatchObject({ status });
  });

  test('is offered where it is possible, and nowhere else', async () => {
    const offered = async (status: Job['status']) => (await pageOf({ status })).texts('button');
    expect(await offered('pending')).toEqual(['Cancel…']);
    expect(await offered('dead')).toEqual(['Retry', 'Discard…']);
    expect(await offered('running')).toEqual([]);
    expect(await offered('completed')).toEqual(['Discard…']);
  });
});
