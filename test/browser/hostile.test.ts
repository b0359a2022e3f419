import { expect, test } from 'vitest';
import { z } from 'zod';
import { programs } from '../support/program.js';
import { receivers } from '../support/receiver.js';
import { describeInBrowser } from './browser.js';

const { folder, serve } = programs();
const receiver = receivers();

const MARKUP = `"'><img src=x onerror=alert(1)><script>alert(2)</script></pre></textarea><hx-partial hx-target="body">&lt;`;
/** What fits the name of a queue. */
const QUEUE = `"'><img src=x onerror=alert(3)><svg onload=alert(4)> \${7*7} {{7*7}} &amp;`;

describeInBrowser('hostile data', (open) => {
  test('is shown as text on every page, and neither runs nor breaks one', async () => {
    const { api } = await serve(await folder());
    const hooks = await receiver();
    hooks.answer((response, { path }) => {
      response.statusCode = path.startsWith('/ok') ? 200 : 400;
      response.setHeader('Content-Type', 'text/html');
      response.end(`${MARKUP}\0\u202e\u0007`);
    });
    const url = (path: string) => `${hooks.url}${path}?q='><img/src=x/onerror=alert(5)>javascript:alert(6)`;
    const job = { queue_name: QUEUE, payload: { [MARKUP]: MARKUP, '<hx-oob>': ['</pre>'] } };
    const dead = await api.enqueue({ ...job, callback_url: url('/bad'), idempotency_key: `${MARKUP}1` });
    const done = await api.enqueue({ ...job, callback_url: url('/ok'), idempotency_key: `${MARKUP}2` });
    await api.until(dead.id, 'dead');
    await api.until(done.id, 'completed');
    const schedule = await api.request('POST', '/schedules', {
      ...job,
      callback_url: url('/ok'),
      cron_expression: '0 0 0 1 1 *',
    });
    const { id } = z.looseObject({ id: z.string() }).parse(schedule.body);

    const { page } = await open(api.url, { expected: /404 \(Not Found\)/ });
    const queue = encodeURIComponent(QUEUE);
    const paths = [
      '/dashboard',
      '/dashboard/queues',
      `/dashboard/queues/${queue}`,
      `/dashboard/queues?search=${encodeURIComponent(MARKUP)}`,
      '/dashboard/jobs',
      `/dashboard/jobs?queue=${queue}&search=${encodeURIComponent(MARKUP)}`,
      `/dashboard/jobs/${dead.id}`,
      `/dashboard/jobs/${done.id}`,
      `/dashboard/new-job?copy=${dead.id}`,
      '/dashboard/schedules',
      `/dashboard/schedules/${id}`,
      `/dashboard/schedules?search=${encodeURIComponent(MARKUP)}`,
      `/dashboard/${encodeURIComponent(MARKUP)}`,
      `/dashboard/jobs/${encodeURIComponent(MARKUP)}`,
    ];
    for (const path of paths) {
      const response = await page.goto(api.url + path);
      // Pages that do not exist are in the list: their message names what was asked for.
      expect([200, 404]).toContain(response?.status());
      expect(await page.locator('img, script:not([src]), svg[onload], iframe').count(), path).toBe(0);
      expect(await page.locator('footer').count(), path).toBe(1);
      await page.getByText('Live', { exact: true }).waitFor();
    }

    await page.goto(`${api.url}/dashboard/jobs/${dead.id}`);
    expect(await page.getByRole('group', { name: 'Payload' }).innerText()).toContain(MARKUP.slice(0, 40));
    expect(await page.locator('.timeline pre').innerText()).toContain(MARKUP);
    expect(await page.getByText(QUEUE).count()).toBeGreaterThan(0);

    // Through the live update and its swap as well.
    await page.goto(`${api.url}/dashboard/jobs`);
    await page.getByText('Live', { exact: true }).waitFor();
    const another = await api.enqueue({ ...job, callback_url: url('/bad') });
    await page.locator(`#job-${another.id}`).getByText('dead').waitFor();
    expect(await page.locator('img').count()).toBe(0);

    // And through forms and what they answer.
    await page.goto(`${api.url}/dashboard/queues/${queue}`);
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText(`Queue ${QUEUE} is paused`).waitFor();
    await page.goto(`${api.url}/dashboard/new-schedule`);
    await page.getByLabel('Cron expression').fill(MARKUP);
    await page.getByRole('button', { name: 'Create schedule' }).click();
    await page.locator('#cron_expression-problem').waitFor();
    expect(await page.getByLabel('Cron expression').inputValue()).toBe(MARKUP);
    await page.goto(`${api.url}/dashboard/new-job?copy=${dead.id}`);
    expect(await page.getByLabel('Payload').inputValue()).toContain('</textarea>');
    await page.getByRole('button', { name: 'Enqueue' }).click();
    await page.getByText('The job is enqueued.').waitFor();
  });

  test('the policy leaves nothing inline, and no page may be framed', async () => {
    const { api } = await serve(await folder());
    const response = await fetch(`${api.url}/dashboard`);
    expect(response.headers.get('content-security-policy')).toBe(
      "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; " +
        "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    const { page } = await open(api.url, {
      expected: /CSP report: (?:script-src|style-src)|Content Security Policy/,
    });
    await page.goto(`${api.url}/dashboard`);
    await page.evaluate(`
      document.body.insertAdjacentHTML('beforeend', '<img src="/static/favicon.svg?" onerror="window.ran = 1" onload="window.ran = 1"><b style="color: red">b</b>');
      const script = document.createElement('script');
      script.textContent = 'window.ran = 2';
      document.body.append(script);
    `);
    expect(await page.evaluate('window.ran')).toBeUndefined();
  });

  test('another site cannot act through the browser of an operator', async () => {
    const { api } = await serve(await folder());
    await api.request('POST', '/queues', { name: 'mails' });
    const attacker = await receiver();
    attacker.answer((response) => {
      response.setHeader('Content-Type', 'text/html');
      response.end(
        `<form method="post" action="${api.url}/dashboard/queues/mails/pause"><button>Win</button></form>`,
      );
    });
    // The refusal is JSON, for which the browser looks for an icon; there is none.
    const { page } = await open(attacker.url, { expected: /a request to|403|favicon\.ico/ });
    await page.goto(attacker.url.replace('127.0.0.1', 'localhost'));
    await page.getByRole('button').click();
    await page.waitForURL(/\/pause$/);
    expect((await api.request('GET', '/queues/mails')).body).toMatchObject({ paused: false });
  });
});
