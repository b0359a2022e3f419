import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import { startDashboard } from './pages.js';

const { maxBodyBytes } = DEFAULT_CONFIG.server;
const PATH = '/dashboard/new-job';
const FORM = { 'Content-Type': 'application/x-www-form-urlencoded' };

describe('a form', () => {
  test('may be of the largest payload that the API takes, however it is encoded', async () => {
    const dashboard = await startDashboard();
    // Each of its bytes takes three.
    const payload = JSON.stringify({ text: '"'.repeat(maxBodyBytes / 2 - 100) });
    const answer = await dashboard.submit(PATH, { callback_url: 'https://example.com/', payload });
    expect(answer.status).toBe(303);
    expect([...dashboard.data.jobs.values()][0]?.payload).toBe(payload);
  });

  test('that is larger is refused', async () => {
    const dashboard = await startDashboard();
    const answer = await dashboard.submit(PATH, { payload: ' '.repeat(maxBodyBytes * 3 + 65_536) });
    expect(answer.status).toBe(413);
    expect(answer.heading).toBe('That did not work');
    expect(answer.text).toContain('The form is too large; send less, or raise server.max_body_bytes');
    expect(dashboard.data.jobs.size).toBe(0);
  });

  test('has the limit of the API for each of its fields', async () => {
    const dashboard = await startDashboard();
    const payload = JSON.stringify({ text: 'x'.repeat(maxBodyBytes) });
    const answer = await dashboard.submit(PATH, { callback_url: 'https://example.com/', payload });
    expect(answer.status).toBe(413);
    expect(answer.text).toContain(`The form has more than ${maxBodyBytes} bytes in "payload"`);
    expect(dashboard.data.jobs.size).toBe(0);
  });

  test('with thousands of fields is refused', async () => {
    const dashboard = await startDashboard();
    const answer = await dashboard.submit(PATH, { a: Array<string>(2001).fill('') });
    expect(answer.status).toBe(413);
    expect(answer.text).toContain('The form has too many fields');
  });

  test('that names its character set is taken', async () => {
    const dashboard = await startDashboard();
    const answer = await dashboard.send(PATH, {
      method: 'POST',
      body: `callback_url=https%3A%2F%2Fexample.com%2F%C3%A9&csrf=${await dashboard.formToken()}`,
      headers: { 'Content-Type': 'Application/X-WWW-Form-Urlencoded ; charset=UTF-8' },
    });
    expect(answer.status).toBe(303);
    expect([...dashboard.data.jobs.values()][0]?.callbackUrl).toBe('https://example.com/é');
  });

  test('without a body has no fields, so no token either', async () => {
    const dashboard = await startDashboard();
    const answer = await dashboard.send(PATH, { method: 'POST', headers: FORM });
    expect(answer.status).toBe(403);
    expect(answer.heading).toBe('This form is out of date');
  });

  test('with escapes that mean nothing is read as far as it goes', async () => {
    const dashboard = await startDashboard();
    const answer = await dashboard.send(PATH, {
      method: 'POST',
      headers: FORM,
      body: `callback_url=%zz&%=&&a&csrf=${await dashboard.formToken()}`,
    });
    expect(answer.status).toBe(200);
    expect(answer.form(PATH)['callback_url']).toBe('%zz');
  });
});

test.each([
  ['application/json', '{"callback_url":"https://example.com/"}'],
  ['multipart/form-data; boundary=x', '--x--'],
  ['text/plain', 'callback_url=https://example.com/'],
  ['application/x-www-form-urlencodedx', 'callback_url=https://example.com/'],
])('%s is no form', async (type, body) => {
  const dashboard = await startDashboard();
  const answer = await dashboard.send(PATH, { method: 'POST', body, headers: { 'Content-Type': type } });
  expect(answer.status).toBe(415);
  expect(answer.text).toContain('The dashboard takes forms; programs use the API.');
  expect(dashboard.data.jobs.size).toBe(0);
});

test('nor is a body of no type at all', async () => {
  const dashboard = await startDashboard();
  expect((await dashboard.send('/dashboard/queues/x/pause', { method: 'POST' })).status).toBe(415);
});

describe('a form of another site', () => {
  const attempts = {
    'a browser says so': { 'Sec-Fetch-Site': 'cross-site', Origin: 'https://evil.example' },
    'its origin says so': { Origin: 'https://evil.example' },
  };

  test.each(Object.entries(attempts))('does nothing: %s', async (_case, headers) => {
    const dashboard = await startDashboard();
    await dashboard.post('/queues', { name: 'mails' });
    const answer = await dashboard.submit('/dashboard/queues/mails/pause', {}, headers);
    expect(answer.status).toBe(403);
    await dashboard.submit('/dashboard/queues/mails/delete', { confirmed: 'yes' }, headers);
    expect(dashboard.data.queues.get('mails')).toMatchObject({ paused: false });
  });
});
