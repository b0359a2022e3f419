import { describe, expect, test } from 'vitest';
import type { Job } from '../../../src/domain/job/job.js';
import { NOW, pendingJob } from '../../support/jobs.js';
import { startDashboard, type Dashboard } from './pages.js';

const NEW = '/dashboard/new-job';
const HOOK = 'https://example.com/hook';

function jobs({ data }: Dashboard): Job[] {
  return [...data.jobs.values()];
}

describe('a new job', () => {
  test('is proposed for the default queue, with an empty payload and the rest left open', async () => {
    const dashboard = await startDashboard();
    const page = await dashboard.shown(NEW);
    const filled = Object.entries(page.form(NEW)).filter(([, value]) => value !== '');
    expect(Object.fromEntries(filled)).toEqual({ queue_name: 'default', payload: '{}' });
    expect(page.text).toContain('Default: 30000.');
  });

  test('is enqueued as the form says, and its page is shown', async () => {
    const dashboard = await startDashboard();
    const answer = await dashboard.submit(NEW, {
      callback_url: ` ${HOOK} `,
      queue_name: 'mails',
      payload: '{\r\n  "id": 12345678901234567890,\r\n  "price": 1.10\r\n}',
      priority: '-3',
      delay_ms: '5000',
      max_retries: '0',
      timeout_ms: '100',
      retry_backoff: 'fixed',
      base_delay_ms: '10',
      max_delay_ms: '20',
      idempotency_key: 'order-7',
      headers: '{"X-Tenant": "acme"}',
    });
    const [job] = jobs(dashboard);
    expect(answer.headers.get('location')).toBe(`/dashboard/jobs/${job?.id ?? ''}`);
    expect((await dashboard.follow(answer)).notice).toBe('The job is enqueued.');
    expect(job).toMatchObject({
      callbackUrl: HOOK,
      queueName: 'mails',
      payload: '{\n  "id": 12345678901234567890,\n  "price": 1.10\n}',
      priority: -3,
      visibleAt: NOW + 5000,
      maxRetries: 0,
      timeoutMs: 100,
      retryBackoff: 'fixed',
      baseDelayMs: 10,
      maxDelayMs: 20,
      idempotencyKey: 'order-7',
      headers: '{"X-Tenant":"acme"}',
    });
  });

  test('takes what is left open from where the API takes it', async () => {
    const dashboard = await startDashboard();
    await dashboard.post('/queues', { name: 'default', max_retries: 9 });
    const fields = (await dashboard.shown(NEW)).form(NEW);
    await dashboard.submit(NEW, { ...fields, callback_url: HOOK, queue_name: '', payload: '' });
    expect(jobs(dashboard)).toMatchObject([
      {
        queueName: 'default',
        payload: '{}',
        priority: 0,
        visibleAt: NOW,
        maxRetries: 9,
        timeoutMs: 30_000,
        retryBackoff: null,
        baseDelayMs: null,
        maxDelayMs: null,
        idempotencyKey: null,
      },
    ]);
  });

  test('that is not in order is shown again, with all that is wrong with it', async () => {
    const dashboard = await startDashboard();
    const fields = { callback_url: 'ftp://x', payload: '{"a": ]', priority: 'high', retry_backoff: 'fixed' };
    const page = await dashboard.submit(NEW, fields);
    expect(page.status).toBe(200);
    expect(Object.keys(page.problems)).toEqual(['callback_url', 'payload', 'priority']);
    expect(page.problems).toMatchObject({
      callback_url: 'must be an http or https URL, got "ftp://x"',
      payload: 'This is not valid JSON at position 6, near "]"',
    });
    expect(page.form(NEW)).toMatchObject(fields);
    const hosts = await dashboard.submit(NEW, { callback_url: HOOK, headers: '{"Host": "a"}' });
    expect(hosts.problems).toEqual({ headers: 'Host: cannot be given: mininq sets it' });
    expect(jobs(dashboard)).toEqual([]);
  });

  test('keeps its text as it was, down to the first empty line, when it is shown again', async () => {
    const dashboard = await startDashboard();
    const payload = '\n\n{"</textarea><script>": "&amp;"\n';
    const page = await dashboard.submit(NEW, { callback_url: '"><b>', payload });
    expect(page.form(NEW)).toMatchObject({ callback_url: '"><b>', payload });
    expect(page.html).not.toMatch(/<b>|<script>/);
  });

  test('is none when a job has its idempotency key already', async () => {
    const dashboard = await startDashboard();
    const fields = { callback_url: HOOK, idempotency_key: 'order-7' };
    await dashboard.submit(NEW, fields);
    const answer = await dashboard.submit(NEW, { ...fields, queue_name: 'other' });
    const [job, ...others] = jobs(dashboard);
    expect(others).toEqual([]);
    expect(answer.headers.get('location')).toBe(`/dashboard/jobs/${job?.id ?? ''}`);
    expect((await dashboard.follow(answer)).notice).toBe(
      'No job was made: this one has the idempotency key already.',
    );
  });
});

describe('a copy of a job', () => {
  async function withJob(state: Partial<Job>) {
    const dashboard = await startDashboard();
    const job = pendingJob(state);
    dashboard.data.jobs.set(job.id, job);
    await dashboard.post('/queues', { name: job.queueName, max_retries: 1 });
    return { dashboard, job, copy: `${NEW}?copy=${job.id}` };
  }

  test('is proposed with all that it had, but for the idempotency key, the headers and the delay', async () => {
    const { dashboard, job, copy } = await withJob({
      queueName: 'mails',
      callbackUrl: `${HOOK}?a=1&b="2"`,
      payload: '{"id":12345678901234567890}',
      priority: -3,
      maxRetries: 0,
      timeoutMs: 100,
      retryBackoff: 'fixed',
      baseDelayMs: 0,
      maxDelayMs: 20,
      idempotencyKey: 'order-7',
      headers: '{"Authorization":"Bearer s3cret"}',
      visibleAt: NOW + 60_000,
      status: 'dead',
    });
    expect((await dashboard.shown(`/dashboard/jobs/${job.id}`)).link('Enqueue a copy')).toBe(copy);
    expect((await dashboard.shown(copy)).form(NEW)).toEqual({
      copy: job.id,
      callback_url: `${HOOK}?a=1&b="2"`,
      queue_name: 'mails',
      payload: '{\n  "id": 12345678901234567890\n}',
      priority: '-3',
      delay_ms: '',
      max_retries: '0',
      timeout_ms: '100',
      retry_backoff: 'fixed',
      base_delay_ms: '0',
      max_delay_ms: '20',
      idempotency_key: '',
      headers: '',
    });
  });

  test('is another job, and the same again', async () => {
    const { dashboard, job, copy } = await withJob({
      payload: '{"10":1.10,\r\n"2":"\\u0041\\/","2":0}',
      status: 'completed',
      attempt: 2,
    });
    const fields = (await dashboard.shown(copy)).form(NEW);
    expect(fields['payload']).toBe('{\n  "10": 1.10,\n  "2": "\\u0041\\/",\n  "2": 0\n}');
    await dashboard.submit(NEW, fields);
    const [, second] = jobs(dashboard);
    expect(second).toMatchObject({
      payload: job.payload,
      callbackUrl: job.callbackUrl,
      maxRetries: job.maxRetries,
      timeoutMs: job.timeoutMs,
      retryBackoff: null,
      baseDelayMs: null,
      status: 'pending',
      attempt: 0,
    });
    expect(second?.id).not.toBe(job.id);
  });

  test('has the payload of the form, if that was changed or the job is gone', async () => {
    const { dashboard, job, copy } = await withJob({ payload: '{"a":1}' });
    const fields = (await dashboard.shown(copy)).form(NEW);
    await dashboard.submit(NEW, { ...fields, payload: '{"a" : 2}' });
    dashboard.data.jobs.delete(job.id);
    await dashboard.submit(NEW, fields);
    expect(jobs(dashboard).map(({ payload }) => payload)).toEqual(['{"a" : 2}', '{\n  "a": 1\n}']);
  });

  test('has the control characters of its payload, though the form is refused once', async () => {
    const payload = '{"\u007f":"a\u0080\u0085\u009fb"}';
    const { dashboard, copy } = await withJob({ payload });
    const fields = (await dashboard.shown(copy)).form(NEW);
    const refused = await dashboard.submit(NEW, { ...fields, payload, priority: 'high' });
    expect(Object.keys(refused.problems)).toEqual(['priority']);
    for (const form of [fields, { ...refused.form(NEW), priority: '0' }]) await dashboard.submit(NEW, form);
    expect(jobs(dashboard).map((job) => job.payload)).toEqual([payload, payload, payload]);
  });

  test('can be sent, however much its payload grows on lines of its own', async () => {
    const payload = `{"list":[${new Array<number>(450_000).fill(1).join()}]}`;
    const { dashboard, copy } = await withJob({ payload });
    const answer = await dashboard.submit(NEW, (await dashboard.shown(copy)).form(NEW));
    expect(answer.status).toBe(303);
    expect(jobs(dashboard)[1]?.payload).toBe(payload);
  });
});

describe('a copy of a job with hidden values', () => {
  const STORED =
    '{ "n":1.10,"card":{"number":4111, "year":27},"user":{"password":"s3cret"},"list":[{"password":1},{"password":2}] }';

  async function copyOf(payload: string) {
    const dashboard = await startDashboard({ redact: ['password', 'card.*'] });
    const job = pendingJob({ payload });
    dashboard.data.jobs.set(job.id, job);
    const fields = (await dashboard.shown(`${NEW}?copy=${job.id}`)).form(NEW);
    const shown = fields['payload'] ?? '';
    return {
      shown,
      /** The payload of the job that is enqueued then; or the page with what is wrong. */
      send: async (edited: string) => {
        const answer = await dashboard.submit(NEW, { ...fields, payload: edited.replaceAll('\n', '\r\n') });
        const page = answer.status === 200 ? answer : null;
        return { page, payload: jobs(dashboard).find(({ id }) => id !== job.id)?.payload };
      },
    };
  }

  test('shows none of them', async () => {
    const { shown } = await copyOf(STORED);
    expect(shown).not.toMatch(/s3cret|4111|27/);
    expect(JSON.parse(shown)).toEqual({
      n: 1.1,
      card: { number: '***', year: '***' },
      user: { password: '***' },
      list: [{ password: '***' }, { password: '***' }],
    });
  });

  test('has them all, byte for byte, when nothing is changed', async () => {
    const { shown, send } = await copyOf(STORED);
    expect((await send(shown)).payload).toBe(STORED);
  });

  test('has those that were left, and what was written in their place', async () => {
    const { shown, send } = await copyOf(STORED);
    const edited = shown.replace('1.10', '2.50').replace('"year": "***"', '"year": 31');
    expect(JSON.parse((await send(edited)).payload ?? '')).toEqual({
      n: 2.5,
      card: { number: 4111, year: 31 },
      user: { password: 's3cret' },
      list: [{ password: 1 }, { password: 2 }],
    });
  });

  test('is not made with *** for a value that the job does not have, or whose list was changed', async () => {
    const { shown, send } = await copyOf(STORED);
    const moved = await send(shown.replace('"card"', '"other": {"password": "***"}, "card"'));
    expect(moved.page?.problems).toEqual({
      payload: 'other.password is hidden, and was not there before: write it out',
    });
    const { list, ...rest } = JSON.parse(shown) as { list: unknown[] };
    const cut = JSON.stringify({ ...rest, list: list.slice(1) });
    const shortened = await send(cut);
    expect(shortened.page?.problems).toEqual({
      payload: 'list.0.password is hidden, and its list was changed: write it out',
    });
    expect(shortened.page?.form(NEW)['payload']).toBe(cut);
    expect(shortened.page?.html).not.toMatch(/s3cret|4111/);
    expect(shortened.payload).toBeUndefined();
  });
});
