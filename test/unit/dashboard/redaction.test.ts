import { expect, test } from 'vitest';
import { NOW, pendingJob } from '../../support/jobs.js';
import { startDashboard } from './pages.js';

const REDACT = ['password', 'card.*'];

test('the page of a job hides what is to be hidden: in its payload, its result and its answers; the API does not', async () => {
  const dashboard = await startDashboard({ redact: REDACT });
  const job = pendingJob({
    payload: '{"password":"secret-1","user":"u","card":{"number":"secret-2"}}',
    status: 'completed',
    result: '[{"Password":"secret-3"},"rest',
    resultTruncated: true,
    startedAt: NOW,
    completedAt: NOW,
    attempt: 2,
  });
  dashboard.data.jobs.set(job.id, job);
  const failure = { number: 1, startedAt: NOW, finishedAt: NOW, statusCode: 500, error: 'HTTP 500' };
  const responseExcerpt = 'Sorry: {"card":{"number":"secret-4"},"password":"secret-5';
  dashboard.data.failedAttempts.set(job.id, [{ ...failure, responseExcerpt, omittedBefore: 0 }]);
  const page = await dashboard.shown(`/dashboard/jobs/${job.id}`);
  expect(page.html).not.toContain('secret');
  expect(page.group('Payload')).toBe(
    '{\n  "password": "***",\n  "user": "u",\n  "card": {\n    "number": "***"\n  }\n}',
  );
  expect(page.group('Result')).toBe('[{"Password":"***"},"rest');
  expect(page.group('Response to attempt 1')).toBe('Sorry: {"card":{"number":"***"},"password":"***"');
  expect(page.text).toContain('*** stands for what is hidden here (privacy.redact).');
  expect((await dashboard.get(`/jobs/${job.id}`)).body).toMatchObject({
    payload: job.payload,
    result: job.result,
  });
});

test('a payload that is too long to be shown hides its values as well', async () => {
  const dashboard = await startDashboard({ redact: REDACT });
  const job = pendingJob({
    payload: `{"a":"${'x'.repeat(199_950)}","password":"secret-${'y'.repeat(300)}"}`,
  });
  dashboard.data.jobs.set(job.id, job);
  const page = await dashboard.shown(`/dashboard/jobs/${job.id}`);
  expect(page.html).not.toContain('secret');
  expect(page.group('Payload').slice(-20)).toBe('xx","password":"***"');
});

test('the page of a schedule hides the values of its payload, and saving its form keeps them', async () => {
  const dashboard = await startDashboard({ redact: REDACT });
  const payload = '{ "password":"secret-1", "n":1 }';
  const created = await dashboard.post('/schedules', {
    cron_expression: '0 0 * * * *',
    callback_url: 'https://example.com/hook',
    payload: JSON.parse(payload) as unknown,
  });
  const [schedule] = [...dashboard.data.schedules.values()];
  if (!schedule) throw new Error(`no schedule: ${created.text}`);
  const path = `/dashboard/schedules/${schedule.id}`;
  const page = await dashboard.shown(path);
  expect(page.html).not.toContain('secret');
  const form = page.form(`${path}/settings`);
  await dashboard.submit(`${path}/settings`, form);
  expect(dashboard.data.schedules.get(schedule.id)?.payload).toBe(schedule.payload);
  const edited = { ...form, payload: form['payload']?.replace('"n": 1', '"n": 2') ?? '' };
  await dashboard.submit(`${path}/settings`, edited);
  expect(JSON.parse(dashboard.data.schedules.get(schedule.id)?.payload ?? '')).toEqual({
    password: 'secret-1',
    n: 2,
  });
});
