import { expect, test } from 'vitest';
import { programs } from '../support/program.js';
import { describeInBrowser } from './browser.js';

const { folder, run } = programs();

const ADMIN = 'admin-0123456789abcdef';
const VIEWER = 'viewer-0123456789abcdef';
const env = { MININQ_TOKEN: ADMIN, MININQ_AUTH_TOKENS: `wall:viewer:${VIEWER}` };

/** With the queue "mails", which a program made. */
async function furnished() {
  const url = await run({ cwd: await folder(), args: ['--host', '127.0.0.1', '--port', '0'], env }).url();
  const ask = (path: string, token: string, init: RequestInit = {}) =>
    fetch(url + path, {
      ...init,
      headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
    });
  const made = await ask('/queues', ADMIN, { method: 'POST', body: '{"name":"mails"}' });
  expect(made.status).toBe(201);
  return { url, ask };
}

describeInBrowser('a browser with a login', (open) => {
  // The first answer, which asks for the token, is an error for the console.
  const expected = /401 \(Unauthorized\)/;

  test.each([true, false])('that is an admin changes things, scripts: %s', async (javaScript) => {
    const { url } = await furnished();
    const { page } = await open(url, { token: ADMIN, javaScript, expected });
    await page.goto(`${url}/dashboard/queues/mails`);
    if (javaScript) await page.getByText('Live', { exact: true }).waitFor();
    await page.getByRole('button', { name: 'Pause' }).click();
    await page.getByText('Queue mails is paused').waitFor();
    await page.getByRole('button', { name: 'Resume' }).click();
    await page.getByText('Queue mails is resumed').waitFor();
    await page.getByLabel('Max concurrency').fill('9');
    await page.getByRole('button', { name: 'Save settings' }).click();
    await page.getByText('The settings of queue mails are saved.').waitFor();
  });

  test('that is a viewer sees what changes, and has nothing to change it by', async () => {
    const { url, ask } = await furnished();
    const { page } = await open(url, { token: VIEWER, expected });
    await page.goto(`${url}/dashboard/queues`);
    await page.getByText('Live', { exact: true }).waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
    await ask('/queues/mails/pause', ADMIN, { method: 'POST' });
    await page.locator('#queue-mails').getByText('paused').waitFor();
    expect(await page.getByRole('button').count()).toBe(0);
  });
});
