import { expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../support/eventually.js';
import { programs } from '../support/program.js';
import { receivers } from '../support/receiver.js';
import { describeInBrowser, type Tab } from './browser.js';

const { folder, serve } = programs();
const receiver = receivers();

/** Keeps jobs pending. */
const DELAYED = { delay_ms: 3_600_000 };

describeInBrowser('jobs', (open) => {
  test('filters and search live in the URL', async () => {
    const { api } = await serve(await folder());
    const hooks = await receiver();
    const done = await api.enqueue({ callback_url: `${hooks.url}/invoices/1`, queue_name: 'invoices' });
    await api.until(done.id, 'completed');
    const mail = await api.enqueue({
      callback_url: `${hooks.url}/mail`,
      queue_name: 'mails',
      idempotency_key: 'welcome-42',
      ...DELAYED,
    });
    const invoice = await api.enqueue({
      callback_url: `${hooks.url}/invoices/2`,
      queue_name: 'invoices',
      ...DELAYED,
    });
    const { page } = await open(api.url);
    const shown = async (...ids: string[]) => {
      await eventually(`only ${ids.join(', ')}`, async () => {
        return JSON.stringify(await rowIds(page)) === JSON.stringify(ids.map((id) => `job-${id}`));
      });
    };

    await page.goto(`${api.url}/dashboard/jobs`);
    await shown(invoice.id, mail.id, done.id);
    await page.getByLabel('Status').selectOption('pending');
    await shown(invoice.id, mail.id);
    await page.getByLabel('Queue').fill('invoices');
    await shown(invoice.id);
    expect(new URL(page.url()).search).toBe('?queue=invoices&status=pending');
    // Shared: the same view in another tab.
    await page.goto(page.url());
    await shown(invoice.id);
    await expectValues(page, { Queue: 'invoices', Status: 'pending' });

    await page.getByLabel('Queue').fill('');
    await page.getByLabel('Status').selectOption('');
    await page.getByLabel('Search').fill('INVOICES/');
    await shown(invoice.id, done.id);
    await page.getByLabel('Search').fill('welcome-42');
    await shown(mail.id);
    await page.getByLabel('Search').fill(done.id);
    await shown(done.id);
    await page.getByLabel('Search').fill('nothing like it');
    await page.getByText('No job matches.').waitFor();
    await page.goBack();
    await shown(done.id);
  });

  test('a page stays put while jobs arrive', async () => {
    const { api } = await serve(await folder());
    const job = { callback_url: 'http://127.0.0.1:9/', ...DELAYED };
    const jobs = await api.enqueueAll(Array.from({ length: 120 }, () => job));
    const newestFirst = jobs.map(({ id }) => `job-${id}`).reverse();
    const { page } = await open(api.url);
    await page.goto(`${api.url}/dashboard/jobs`);
    expect(await rowIds(page)).toEqual(newestFirst.slice(0, 50));
    await page.getByRole('link', { name: 'Older' }).click();
    await eventually('the second page', async () => (await rowIds(page))[0] === newestFirst[50]);
    await page.getByText('Live', { exact: true }).waitFor();
    await api.enqueueAll([job, job]);
    await api.request('DELETE', `/jobs/${newestFirst[60]?.slice(4) ?? ''}`);
    await eventually(
      'the deleted job is gone',
      async () => !(await rowIds(page)).includes(newestFirst[60] ?? ''),
    );
    expect(await rowIds(page)).toEqual(newestFirst.slice(50, 101).filter((id) => id !== newestFirst[60]));
    await page.getByRole('link', { name: 'Newest' }).click();
    await eventually('the first page', async () => (await rowIds(page))[2] === newestFirst[0]);
  });

  test('bulk retry says how many, asks, and retries all that match', async () => {
    const { api } = await serve(await folder());
    const hooks = await receiver();
    hooks.answer((response) => {
      response.statusCode = 400;
      response.end();
    });
    const jobs = await api.enqueueAll(
      Array.from({ length: 130 }, (_, i) => ({
        callback_url: `${hooks.url}/`,
        queue_name: i < 120 ? 'broken' : 'other',
      })),
    );
    await eventually('all dead', async () => (await api.counts()).dead === 130);
    hooks.answer((response) => response.end('mended'));

    const { page } = await open(api.url);
    await page.goto(`${api.url}/dashboard/jobs?queue=broken&status=dead`);
    await page.getByRole('button', { name: 'Retry…' }).click();
    await page.getByRole('heading', { name: 'Retry 120 dead jobs?' }).waitFor();
    await page.getByRole('link', { name: 'No, go back' }).click();
    expect((await api.counts()).dead).toBe(130);

    await page.getByRole('button', { name: 'Retry…' }).click();
    await page.getByRole('button', { name: 'Retry 120 dead jobs' }).click();
    await page.getByText('120 jobs retried.').waitFor();
    await eventually('all completed', async () => (await api.counts()).completed === 120);
    expect((await api.counts()).dead).toBe(10);
    expect(new URL(page.url()).search).toBe('?queue=broken&status=dead');
    expect(jobs).toHaveLength(130);
  });

  test('a selection is cancelled, and nothing else', async () => {
    const { api } = await serve(await folder());
    const job = { callback_url: 'http://127.0.0.1:9/', ...DELAYED };
    const [a, b, c] = await api.enqueueAll([job, job, job]);
    if (!a || !b || !c) throw new Error('three jobs were enqueued');
    const { page } = await open(api.url);
    await page.goto(`${api.url}/dashboard/jobs`);
    const cancel = page.getByRole('group', { name: 'Many jobs at once' }).getByRole('button', {
      name: 'Cancel',
      exact: true,
    });
    expect(await cancel.isDisabled()).toBe(true);
    await page.getByRole('checkbox', { name: `Select job ${a.id}` }).check();
    await page.getByRole('checkbox', { name: `Select job ${c.id}` }).check();
    await cancel.click();
    await page.getByRole('button', { name: 'Cancel 2 pending jobs' }).click();
    await page.getByText('2 jobs cancelled').waitFor();
    await page.locator(`#job-${b.id}`).waitFor();
    expect(await page.locator('tbody tr').count()).toBe(1);
    expect((await api.counts()).total).toBe(1);
  });

  test('the page of a job with three failed attempts', async () => {
    const { api } = await serve(await folder());
    const hooks = await receiver();
    hooks.answer((response, { attempt }) => {
      response.statusCode = attempt === 3 ? 503 : 500;
      response.end(`try ${attempt} <b>failed</b>`);
    });
    const { id } = await api.enqueue({
      callback_url: `${hooks.url}/hook`,
      payload: { order: 12_345_678_901_234_567_890n.toString(), lines: [1, 2.5] },
      max_retries: 2,
      retry_backoff: 'fixed',
      base_delay_ms: 10,
    });
    await api.until(id, 'dead');
    const { page } = await open(api.url);
    await page.goto(`${api.url}/dashboard/jobs/${id}`);
    const attempts = page.locator('.timeline .attempt');
    expect(await attempts.count()).toBe(3);
    const texts = await attempts.allInnerTexts();
    for (const [index, text] of texts.entries()) {
      expect(text).toContain(`Attempt ${index + 1}`);
      expect(text).toContain(`HTTP ${index === 2 ? 503 : 500}`);
      expect(text).toContain(`try ${index + 1} <b>failed</b>`);
      expect(text).toMatch(/took \d/);
    }
    expect(await page.getByRole('group', { name: 'Payload' }).innerText()).toBe(
      '{\n  "order": "12345678901234567890",\n  "lines": [\n    1,\n    2.5\n  ]\n}',
    );

    hooks.answer((response) => response.end('{"ok":true}'));
    await page.getByRole('button', { name: 'Retry' }).click();
    await page.getByText(`Job ${id} is pending again.`).waitFor();
    await page.getByRole('heading', { name: 'completed' }).waitFor();
    await page.getByText('Retried by hand').waitFor();
    expect(await page.getByRole('group', { name: 'Result' }).innerText()).toBe('{\n  "ok": true\n}');
  });

  test('a copy of a job is enqueued with another payload', async () => {
    const { api } = await serve(await folder());
    const hooks = await receiver();
    const { id } = await api.enqueue({
      callback_url: `${hooks.url}/hook`,
      queue_name: 'mails',
      payload: { to: 'a@example.com' },
    });
    await api.until(id, 'completed');
    const { page } = await open(api.url);
    await page.goto(`${api.url}/dashboard/jobs/${id}`);
    await page.getByRole('link', { name: 'Enqueue a copy' }).click();
    const payload = page.getByLabel('Payload');
    expect(await payload.inputValue()).toBe('{\n  "to": "a@example.com"\n}');
    await payload.fill('{"to": "b@example.com",}');
    await page.getByRole('button', { name: 'Enqueue' }).click();
    await page.getByText('This is not valid JSON at position 23').waitFor();
    await payload.fill('{"to": "b@example.com", "n": 1.10}');
    await page.getByRole('button', { name: 'Enqueue' }).click();
    await page.getByText('The job is enqueued.').waitFor();
    await eventually('the delivery', () => hooks.requests.length === 2);
    expect(hooks.requests[1]).toMatchObject({ body: '{"to": "b@example.com", "n": 1.10}', path: '/hook' });
    expect(page.url()).toMatch(/\/dashboard\/jobs\/[\da-f-]{36}$/);
    expect(page.url()).not.toContain(id);
  });

  test('a delayed job counts down, and goes when it is cancelled', async () => {
    const { api } = await serve(await folder());
    const { id } = await api.enqueue({ callback_url: 'http://127.0.0.1:9/', ...DELAYED });
    const { page } = await open(api.url);
    await page.goto(`${api.url}/dashboard/jobs/${id}`);
    const due = page.locator('.attempt.next time');
    expect(await due.innerText()).toMatch(/^in (?:59 min \d+ s|1 h 0 min)$/);
    const before = await due.innerText();
    await eventually('the countdown goes on', async () => (await due.innerText()) !== before);
    await page.getByRole('button', { name: 'Cancel…' }).click();
    await page.getByRole('button', { name: 'Cancel job' }).click();
    await page.getByText(`Job ${id} is cancelled`).waitFor();
    expect((await api.request('GET', `/jobs/${id}`)).status).toBe(404);
  });
});

/** The ids of the rows of the page's table. */
async function rowIds(page: Tab['page']): Promise<string[]> {
  const ids = await page.evaluate('[...document.querySelectorAll("tbody tr")].map(({ id }) => id)');
  return z.array(z.string()).parse(ids);
}

async function expectValues(page: Tab['page'], values: Readonly<Record<string, string>>): Promise<void> {
  for (const [label, value] of Object.entries(values)) {
    expect(await page.getByLabel(label).inputValue()).toBe(value);
  }
}
