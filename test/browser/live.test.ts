import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { idOf, programs } from '../support/program.js';
import { receivers } from '../support/receiver.js';
import { describeInBrowser } from './browser.js';

const { folder, run, serve } = programs();
const receiver = receivers();

describeInBrowser('what is live', (open) => {
  test('a job appears and changes its status without a reload', async () => {
    const { api } = await serve(await folder());
    const hooks = await receiver();
    const held: (() => void)[] = [];
    hooks.answer((response) => held.push(() => response.end('done')));
    const { page } = await open(api.url);
    await page.goto(`${api.url}/dashboard/jobs`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.evaluate('window.loadedOnce = true');

    const enqueuedAt = performance.now();
    const { id } = await api.enqueue({ callback_url: `${hooks.url}/hook`, queue_name: 'mails' });
    const row = page.locator(`#job-${id}`);
    await row.waitFor();
    expect(performance.now() - enqueuedAt).toBeLessThan(2000);
    await row.getByText('running').waitFor();
    for (const release of held) release();
    await row.getByText('completed').waitFor();
    expect(await page.evaluate('window.loadedOnce')).toBe(true);
  });

  test('the overview counts', async () => {
    const { api } = await serve(await folder());
    const hooks = await receiver();
    const { page } = await open(api.url);
    await page.goto(`${api.url}/dashboard`);
    await page.getByText('Live', { exact: true }).waitFor();
    await api.enqueueAll(Array.from({ length: 30 }, () => ({ callback_url: hooks.url })));
    await api.enqueue({ callback_url: hooks.url, delay_ms: 3_600_000 });
    await page.locator('#card-completed strong').getByText('30', { exact: true }).waitFor();
    await page.locator('#card-delayed strong').getByText('1', { exact: true }).waitFor();
    await page.locator('.legend').getByText('30 completed').waitFor();
    await page.getByText('claiming', { exact: true }).waitFor();
    await page.getByRole('img', { name: '30 jobs completed, 0 attempts failed' }).waitFor();
  });

  test('pause holds the jobs of a queue, and resume lets them go', async () => {
    const { api } = await serve(await folder());
    const hooks = await receiver();
    await api.request('POST', '/queues', { name: 'mails' });
    const { page } = await open(api.url);
    await page.goto(`${api.url}/dashboard/queues`);
    const row = page.locator('#queue-mails');
    await row.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Queue mails is paused').waitFor();
    await row.getByText('paused', { exact: true }).waitFor();

    const { id } = await api.enqueue({ callback_url: hooks.url, queue_name: 'mails' });
    const ready = row.getByRole('link', { name: '1', exact: true });
    await ready.waitFor();
    expect(hooks.requests).toHaveLength(0);

    await row.getByRole('button', { name: 'Resume' }).click();
    await api.until(id, 'completed');
    await row.getByText('idle', { exact: true }).waitFor();
    expect(await page.evaluate('location.pathname')).toBe('/dashboard/queues');
  });

  test('what the user is at stays while the page changes', async () => {
    const { api } = await serve(await folder());
    await api.request('POST', '/queues', { name: 'later' });
    await api.request('POST', '/queues/later/pause');
    const later = { callback_url: 'http://127.0.0.1:9/', queue_name: 'later' };
    const first = await api.enqueue(later);
    const { page } = await open(api.url);
    await page.goto(`${api.url}/dashboard/jobs`);
    await page.getByText('Live', { exact: true }).waitFor();
    const box = page.getByRole('checkbox', { name: `Select job ${first.id}` });
    await box.check();
    await page.locator(`#job-${first.id}`).getByRole('button', { name: 'Cancel' }).focus();
    const second = await api.enqueue(later);
    await page.locator(`#job-${second.id}`).waitFor();
    expect(await box.isChecked()).toBe(true);
    await page.getByText('1 selected').waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toContain(`Cancel job ${first.id}`);
  });

  test('a restart of the server heals by itself, and is shown meanwhile', async () => {
    const cwd = await folder();
    const { program, api } = await serve(cwd);
    const { port } = new URL(api.url);
    const { page } = await open(api.url, { expected: /ERR_|Failed to load|EventSource/ });
    await page.goto(`${api.url}/dashboard/jobs`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.evaluate('window.loadedOnce = true');

    program.signal('SIGTERM');
    await program.exited;
    await page.getByText('Connection lost').waitFor();
    const again = run({ cwd, args: ['--host', '127.0.0.1', '--port', port] });
    await again.url();
    await page.getByText('Live', { exact: true }).waitFor();
    const { id } = await api.enqueue({ callback_url: 'http://127.0.0.1:9/', delay_ms: 60_000 });
    await page.locator(`#job-${id}`).waitFor();
    expect(await page.evaluate('window.loadedOnce')).toBe(true);
  });

  test('a server with open pages stops at once', async () => {
    const { program, api } = await serve(await folder());
    const { page } = await open(api.url, { expected: /ERR_|Failed to load|EventSource/ });
    await page.goto(`${api.url}/dashboard`);
    await page.getByText('Live', { exact: true }).waitFor();
    const askedAt = performance.now();
    program.signal('SIGTERM');
    expect(await program.exited).toMatchObject({ code: 0 });
    expect(performance.now() - askedAt).toBeLessThan(4000);
  });

  test('where the stream is kept away, the page asks by itself', async () => {
    const { api } = await serve(await folder());
    const { page } = await open(api.url, { expected: /ERR_FAILED|Failed to load/ });
    await page.context().route('**/dashboard/events', (route) => route.abort());
    await page.addInitScript({ content: 'delete window.SharedWorker' });
    await page.goto(`${api.url}/dashboard/jobs`);
    await page.getByText('Every 5 s', { exact: true }).waitFor();
    const { id } = await api.enqueue({ callback_url: 'http://127.0.0.1:9/', delay_ms: 60_000 });
    await page.locator(`#job-${id}`).waitFor();
  });

  test('many tabs of one browser all stay live', async () => {
    const { api } = await serve(await folder());
    const { page } = await open(api.url);
    const pages = [page];
    while (pages.length < 12) pages.push(await page.context().newPage());
    await Promise.all(pages.map((one) => one.goto(`${api.url}/dashboard/jobs`)));
    await Promise.all(pages.map((one) => one.getByText('Live', { exact: true }).waitFor()));
    const { id } = await api.enqueue({ callback_url: 'http://127.0.0.1:9/', delay_ms: 60_000 });
    await eventually('the job in each tab', async () => {
      const shown = await Promise.all(pages.map((one) => one.locator(`#job-${id}`).count()));
      return shown.every((count) => count === 1);
    });
  });

  test('an answer that is not one of its pages does not take the place of a page', async () => {
    const { api } = await serve(await folder());
    await api.request('POST', '/queues', { name: 'mails' });
    const { page } = await open(api.url, { expected: /502|401/ });
    await page.goto(`${api.url}/dashboard/queues`);
    await page.getByText('Live', { exact: true }).waitFor();
    const proxy = { contentType: 'text/html', body: '<html><body><h1>Bad gateway</h1></body></html>' };
    await page.route('**/pause', (route) => route.fulfill({ status: 502, ...proxy }));
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText("the answer (502) is not one of mininq's pages").waitFor();
    let refreshes = 0;
    await page.route('**/dashboard/queues', (route) => {
      refreshes += 1;
      return route.fulfill({ status: 200, ...proxy });
    });
    await api.request('POST', '/queues', { name: 'reports' });
    await eventually('a refresh was answered by the proxy', () => refreshes > 0);
    await page.unroute('**/dashboard/queues');
    await api.request('POST', '/queues', { name: 'thumbnails' });
    await page.locator('#queue-reports').waitFor();
    await page.locator('#queue-thumbnails').waitFor();
  });

  test('a change is not lost while the page asks for something else', async () => {
    const { api } = await serve(await folder());
    const hooks = await receiver();
    const { body } = await api.request('POST', '/schedules', {
      callback_url: hooks.url,
      cron_expression: '0 0 0 1 1 *',
    });
    const { page } = await open(api.url);
    const held: (() => Promise<void>)[] = [];
    await page.route('**/schedule-preview*', (route) => void held.push(() => route.continue()));
    await page.goto(`${api.url}/dashboard/schedules/${idOf(body)}`);
    await page.getByText('Live', { exact: true }).waitFor();
    await page.getByLabel('Cron expression').fill('0 0 1 * * *');
    await eventually('the preview is asked for', () => held.length > 0);
    await api.request('POST', `/schedules/${idOf(body)}/run`);
    await eventually('the job is delivered', () => hooks.requests.length === 1);
    for (const release of held) await release();
    await page.getByRole('group', { name: 'Jobs that the schedule made' }).getByText('completed').waitFor();
  });
});
