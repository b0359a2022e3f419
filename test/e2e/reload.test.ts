import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { programs } from '../support/program.js';

const { folder, serve } = programs();
const OLD = 'old-0123456789abcdef';
const NEW = 'new-0123456789abcdef';

test('SIGHUP takes other tokens, names what it cannot take, and leaves all as it is if it cannot read them', async () => {
  const cwd = await folder(`[auth]\ntoken = "${OLD}"\n`);
  const { program, api } = await serve(cwd);
  const status = async (token: string) =>
    (await fetch(`${api.url}/jobs`, { headers: { Authorization: `Bearer ${token}` } })).status;
  const logged = (msg: string) =>
    eventually(`"${msg}" is logged`, () => program.log.find((line) => line.msg === msg));
  const write = (text: string) => writeFile(join(cwd, 'mininq.toml'), text);
  expect([await status(OLD), await status(NEW)]).toEqual([200, 401]);

  await write(`[auth]\ntoken = "${NEW}"\n[worker]\nconcurrency = 3\n`);
  program.signal('SIGHUP');
  expect(await logged('some changes wait for the next start')).toMatchObject({
    level: 'warn',
    keys: ['worker.concurrency'],
  });
  expect(await logged('configuration reloaded')).toMatchObject({
    changed: ['auth.token', 'worker.concurrency'],
  });
  expect([await status(OLD), await status(NEW)]).toEqual([401, 200]);

  await write(`[auth]\ntoken = "short"\n`);
  program.signal('SIGHUP');
  const refused = await logged('configuration not reloaded, the old one stays');
  expect(refused).toMatchObject({ level: 'error' });
  expect(refused['error']).toMatch(/^mininq\.toml: auth\.token must be 16 to 256 letters/);
  expect([await status(OLD), await status(NEW)]).toEqual([401, 200]);

  const all = program.stdout + program.stderr;
  for (const token of [OLD, NEW, 'short"']) expect(all).not.toContain(token);
});
