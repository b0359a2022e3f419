import { expect, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../support/eventually.js';
import { programs } from '../support/program.js';
import { receivers } from '../support/receiver.js';
import { describeInBrowser } from './browser.js';

const { folder, serve } = programs();
const receiver = receivers();

describeInBrowser('schedules and queues', (open) => {
  test('a schedule is refused beside its field, then made', async () => {
    const { api } = await serve(await folder());
    const hooks = await receiver();
    const { page } = await open(api.url);
    await page.goto(`${api.url}/dashboard/schedules`);
    await page.getByRole('link', { name: 'New schedule' }).click();
    const expression = page.getByLabel('Cron expression');
    await expression.fill('0 0 25 * * *');
    await page.locator('#preview').getByText('hour "25" is out of range 0-23').waitFor();
    await page.getByRole('button', { name: 'Create schedule' }).click();
    const problem = page.locator('#cron_expression-problem');
    await problem.waitFor();
    await page.locator('#callback_url-problem').getByText('is required').waitFor();
    await page.getByLabel('Callback URL').fill(`${hooks.url}/report`);
    await page.getByLabel('Time zone').fill('Mars/Olympus');
    await page.getByRole('button', { name: 'Create schedule' }).click();
    await problem.getByText('hour "25" is out of range 0-23').waitFor();
    expect(await expression.getAttribute('aria-invalid')).toBe('true');
    expect(await expression.getAttribute('aria-describedby')).toContain('cron_expression-problem');

    await expression.fill('0 30 9 * * MON-FRI');
    await page.getByRole('button', { name: 'Create schedule' }).click();
    await page.locator('#timezone-problem').getByText('"Mars/Olympus" is not an IANA time zone').waitFor();
    await page.getByLabel('Time zone').fill('America/New_York');
    await page.locator('#preview').getByText('At 09:30, Monday through Friday').waitFor();
    await page.getByRole('button', { name: 'Create schedule' }).click();
    await page.getByText('The schedule is created.').waitFor();
    expect(page.url()).toMatch(/\/dashboard\/schedules\/[\da-f-]{36}$/);
    await page.getByText('At 09:30, Monday through Friday, America/New_York').first().waitFor();
    const ticks = page.locator('#live').getByRole('group', { name: 'Next ticks' }).locator('tbody tr');
    expect(await ticks.count()).toBe(5);
    expect(await ticks.first().innerText()).toMatch(
      /(Mon|Tue|Wed|Thu|Fri) \d{4}-\d\d-\d\d 09:30:00\s.*1[34]:30:00/s,
    );

    await page.getByRole('button', { name: 'Run now' }).click();
    await page.getByText(/Job [\da-f-]{36} is enqueued\./).waitFor();
    await page.getByRole('group', { name: 'Jobs that the schedule made' }).getByText('completed').waitFor();
    expect(hooks.requests.map(({ path }) => path)).toEqual(['/report']);

    await page.getByRole('button', { name: /^Disable/ }).click();
    await page.getByText('is disabled.').first().waitFor();
    await page.getByRole('button', { name: 'Delete schedule…' }).click();
    await page.getByRole('button', { name: 'Delete schedule', exact: true }).click();
    await page.getByText('No schedule matches.').waitFor();
    expect((await api.request('GET', '/schedules')).body).toEqual([]);
  });

  test('a queue is made, refused, changed and deleted', async () => {
    const { api } = await serve(await folder());
    const { page } = await open(api.url);
    await page.goto(`${api.url}/dashboard/queues`);
    await page.getByRole('link', { name: 'New queue' }).click();
    await page.getByLabel('Name').fill('a/b ?#');
    await page.getByLabel('Max concurrency').fill('0');
    await page.getByRole('button', { name: 'Create queue' }).click();
    await page.locator('#max_concurrency-problem').getByText('must be an integer between 1 and').waitFor();
    await page.getByLabel('Max concurrency').fill('3');
    await page.getByLabel('Rate limit').fill('2.5');
    await page.getByRole('button', { name: 'Create queue' }).click();
    await page.getByText('Queue a/b ?# is created.').waitFor();
    await page.getByText('2.5 / s').waitFor();

    await page.getByLabel('Rate limit').fill('');
    await page.getByLabel('Max retries').fill('7');
    await page.getByRole('button', { name: 'Save settings' }).click();
    await page.getByText('The settings of queue a/b ?# are saved.').waitFor();
    const stored = z
      .looseObject({ max_concurrency: z.number(), rate_limit_rps: z.null(), max_retries: z.number() })
      .parse((await api.request('GET', `/queues/${encodeURIComponent('a/b ?#')}`)).body);
    expect(stored).toMatchObject({ max_concurrency: 3, max_retries: 7 });

    await api.enqueue({ callback_url: 'http://127.0.0.1:9/', queue_name: 'a/b ?#', delay_ms: 60_000 });
    await page.getByRole('button', { name: 'Delete queue…' }).click();
    await page.getByRole('button', { name: 'Delete queue', exact: true }).click();
    await page.getByText('still has pending or running jobs').waitFor();
  });

  test('a thousand queues are found by name and paged through', async () => {
    const { api } = await serve(await folder());
    await api.enqueueAll(
      Array.from({ length: 1000 }, (_, i) => ({
        callback_url: 'http://127.0.0.1:9/',
        queue_name: `tenant-${String(i).padStart(4, '0')}`,
        delay_ms: 3_600_000,
      })),
    );
    await api.enqueue({
      callback_url: 'http://127.0.0.1:9/',
      queue_name: 'tenant-0777',
      delay_ms: 3_600_000,
    });
    const { page } = await open(api.url);
    const names = () => page.locator('tbody a.strong').allInnerTexts();
    await page.goto(`${api.url}/dashboard/queues`);
    expect(await names()).toHaveLength(50);
    await page.getByText('1–50 of 1,000 queues').waitFor();
    await page.getByRole('link', { name: 'Next' }).click();
    await page.getByText('51–100 of 1,000 queues').waitFor();
    expect((await names())[0]).toBe('tenant-0050');
    await page.getByLabel('Order').selectOption('pending');
    await eventually('the longest first', async () => (await names())[0] === 'tenant-0777');
    await page.getByLabel('Name contains').fill('T-099');
    await page.getByText('1–10 of 10 queues').waitFor();
    expect(await page.evaluate('location.search')).toBe('?search=T-099&sort=pending');
  });
});
