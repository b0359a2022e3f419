import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { programs } from '../support/program.js';
import { receivers } from '../support/receiver.js';

const { folder, serve } = programs();
const receiver = receivers();

test('with its file deleted a server stores no more, says so once, and can be stopped', async () => {
  const cwd = await folder();
  const hooks = await receiver();
  const { program, api } = await serve(cwd);
  await api.enqueue({ callback_url: hooks.url, delay_ms: 3_600_000 });
  expect((await api.request('GET', '/health')).status).toBe(200);

  rmSync(join(cwd, 'mininq.db'));
  const refused = await eventually('a job is refused', async () => {
    const answer = await api.request('POST', '/jobs', { callback_url: hooks.url });
    return answer.status === 201 ? null : answer;
  });
  const reason = {
    status: 503,
    body: {
      code: 'store_unavailable',
      error: expect.stringContaining('the database file is gone') as string,
    },
  };
  expect(refused).toMatchObject(reason);
  expect(await api.request('GET', '/health')).toMatchObject(reason);
  const page = await fetch(`${api.url}/dashboard`);
  expect(await page.text()).toContain('the database file is gone');

  program.signal('SIGTERM');
  expect((await program.exited).code).toBe(0);
  expect(program.log.filter(({ level }) => level === 'error')).toMatchObject([
    { msg: 'store failed', reason: 'the database file is gone' },
  ]);
});
