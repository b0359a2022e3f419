import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../support/eventually.js';
import { programs, type Api } from '../support/program.js';
import { receivers, type Receiver } from '../support/receiver.js';
import { describeInBrowser, type Tab } from './browser.js';

const { folder, serve } = programs();
const receiver = receivers();

const AXE = createRequire(import.meta.url).resolve('axe-core/axe.min.js');
const found = z.array(
  z.looseObject({ id: z.string(), impact: z.string().nullable(), nodes: z.array(z.unknown()) }),
);

/** A server with something to see on every page. */
async function furnish(
  api: Api,
  hooks: Receiver,
): Promise<{ readonly paths: string[]; readonly jobId: string }> {
  hooks.answer((response, { path }) => {
    response.statusCode = path === '/bad' ? 500 : 200;
    response.end('{"answer":42}');
  });
  await api.request('POST', '/queues', { name: 'mails', max_concurrency: 2, rate_limit_rps: 5 });
  const good = await api.enqueue({
    callback_url: `${hooks.url}/good`,
    queue_name: 'mails',
    payload: { n: 1 },
  });
  const bad = await api.enqueue({ callback_url: `${hooks.url}/bad`, max_retries: 1, base_delay_ms: 1 });
  await api.enqueue({ callback_url: `${hooks.url}/good`, delay_ms: 3_600_000, idempotency_key: 'later' });
  await api.until(good.id, 'completed');
  await api.until(bad.id, 'dead');
  await api.request('POST', '/queues/mails/pause');
  await api.enqueue({ callback_url: `${hooks.url}/good`, queue_name: 'mails' });
  const schedule = await api.request('POST', '/schedules', {
    callback_url: `${hooks.url}/good`,
    cron_expression: '0 30 9 * * MON-FRI',
    timezone: 'Europe/Berlin',
  });
  const { id } = z.looseObject({ id: z.string() }).parse(schedule.body);
  const paths = [
    '/dashboard',
    '/dashboard/queues',
    '/dashboard/queues/mails',
    '/dashboard/new-queue',
    '/dashboard/jobs',
    `/dashboard/jobs/${bad.id}`,
    `/dashboard/jobs/${good.id}`,
    '/dashboard/new-job',
    '/dashboard/schedules',
    `/dashboard/schedules/${id}`,
    '/dashboard/new-schedule',
    '/dashboard/workers',
    '/dashboard/nowhere',
  ];
  return { paths, jobId: bad.id };
}

describeInBrowser('access', (open) => {
  test.each([
    { name: 'light', width: 1280, dark: false },
    { name: 'dark', width: 1280, dark: true },
    { name: 'a phone', width: 390, dark: false },
  ])('axe finds nothing to complain of: $name', async ({ width, dark }) => {
    const { api } = await serve(await folder());
    const { paths } = await furnish(api, await receiver());
    const { page } = await open(api.url, { width, dark, expected: /404/ });
    const axe = await readFile(AXE, 'utf8');
    for (const path of paths) {
      await page.goto(api.url + path);
      await page.getByText('Live', { exact: true }).waitFor();
      // Given to the engine directly, as the policy keeps other scripts out.
      await page.evaluate(axe);
      const violations = found.parse(await page.evaluate('axe.run().then(({ violations }) => violations)'));
      expect(violations, path).toEqual([]);
    }
  });

  test('nothing is wider than a phone', async () => {
    const { api } = await serve(await folder());
    const { paths } = await furnish(api, await receiver());
    const { page } = await open(api.url, { width: 360, height: 740, expected: /404/ });
    for (const path of paths) {
      await page.goto(api.url + path);
      const width = z.number().parse(await page.evaluate('document.documentElement.scrollWidth'));
      expect(width, path).toBeLessThanOrEqual(360);
    }
  });

  test('the keyboard is enough', async () => {
    const { api } = await serve(await folder());
    await api.request('POST', '/queues', { name: 'mails' });
    const { page } = await open(api.url);
    await page.goto(`${api.url}/dashboard/queues`);
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to content');
    await page.keyboard.press('Enter');
    const seen: string[] = [];
    while (!seen.includes('Pause mails') && seen.length < 20) {
      await page.keyboard.press('Tab');
      seen.push(await focused(page));
    }
    expect(seen).toContain('New queue');
    await page.keyboard.press('Enter');
    await page.getByText('Queue mails is paused').waitFor();
    // Where the button was is its counterpart, still in focus.
    expect(await focused(page)).toBe('Resume mails');
  });

  test('the focus goes where the page goes on', async () => {
    const { api } = await serve(await folder());
    const { page } = await open(api.url);
    await page.goto(`${api.url}/dashboard/new-queue`);
    await page.getByLabel('Max concurrency').fill('0');
    await page.getByRole('button', { name: 'Create queue' }).click();
    await page.locator('#name-problem').waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('name');
    await page.getByLabel('Name').fill('mails');
    await page.getByLabel('Max concurrency').fill('2');
    await page.keyboard.press('Enter');
    await page.getByText('Queue mails is created.').waitFor();
    expect(await page.evaluate('document.activeElement.id')).toBe('main');

    // A second Enter deletes nothing.
    await page.getByRole('button', { name: 'Delete queue…' }).press('Enter');
    await page.getByRole('heading', { name: 'Delete queue mails?' }).waitFor();
    expect(await focused(page)).toBe('No, go back');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { name: 'mails' }).waitFor();
    expect((await api.request('GET', '/queues/mails')).status).toBe(200);
  });

  test('a double click is one order', async () => {
    const { api } = await serve(await folder());
    const { page } = await open(api.url);
    await page.goto(`${api.url}/dashboard/new-job`);
    await page.getByLabel('Callback URL').fill('http://127.0.0.1:9/');
    await page.getByLabel('Delay (ms)', { exact: true }).fill('3600000');
    await page.getByRole('button', { name: 'Enqueue' }).dblclick();
    await page.getByText('The job is enqueued.').waitFor();
    expect((await api.counts()).total).toBe(1);
  });

  test('without scripts every page can be read, and every action works', async () => {
    const { api } = await serve(await folder());
    const { paths, jobId } = await furnish(api, await receiver());
    const { page } = await open(api.url, { javaScript: false, expected: /404/ });
    for (const path of paths) {
      await page.goto(api.url + path);
      expect((await page.locator('main').innerText()).length, path).toBeGreaterThan(20);
    }
    await page.goto(`${api.url}/dashboard/queues/mails`);
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('Queue mails is resumed.').waitFor();
    await page.goto(`${api.url}/dashboard/jobs`);
    await page.getByLabel('Status').selectOption('dead');
    await page.getByRole('button', { name: 'Show' }).click();
    await page.getByRole('checkbox', { name: `Select job ${jobId}` }).check();
    await page.getByRole('button', { name: 'Retry', exact: true }).click();
    await page.getByRole('button', { name: 'Retry 1 dead job' }).click();
    await page.getByText('1 job retried.').waitFor();
    await eventually('dead again', async () => (await api.job(jobId)).status === 'dead');
  });
});

function focused(page: Tab['page']): Promise<string> {
  return page.evaluate('document.activeElement.textContent.replace(/\\s+/g, " ").trim()');
}
