import { randomBytes } from 'node:crypto';
import { readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { programs } from '../support/program.js';
import { receivers } from '../support/receiver.js';

const { folder, run, serve } = programs();
const receiver = receivers();

const KEYS = ['k1', 'k2'].map((id) => `${id}:${randomBytes(32).toString('base64')}`);
const WORDS = ['payloadword', 'headerword', 'resultword', 'excerptword', 'scheduleword', 'waitingword'];

/** Which words stand in some file of the folder, but for the configuration. */
async function wordsIn(cwd: string): Promise<string[]> {
  const names = (await readdir(cwd)).filter((name) => name.startsWith('mininq.db'));
  const files = await Promise.all(names.map((name) => readFile(join(cwd, name), 'latin1')));
  expect(names).toContain('mininq.db-wal');
  return WORDS.filter((word) => files.some((bytes) => bytes.includes(word)));
}

test('no word of what jobs carry is in any file of the database, and searches, the API and deliveries know nothing of it', async () => {
  const cwd = await folder(
    `[defaults]\nbase_delay_ms = 10\n[privacy]\nencryption_keys = ${JSON.stringify(KEYS)}\n`,
  );
  const hooks = await receiver();
  let failed = false;
  hooks.answer((response) => {
    response.statusCode = failed ? 200 : 500;
    response.end(failed ? '{"is":"resultword"}' : 'excerptword');
    failed = true;
  });
  const { program, api } = await serve(cwd);
  const job = await api.enqueue({
    callback_url: hooks.url,
    payload: { is: 'payloadword' },
    headers: { 'X-Is': 'headerword' },
    idempotency_key: 'order-7',
  });
  await api.request('POST', '/queues', { name: 'waiting' });
  await api.request('POST', '/queues/waiting/pause');
  await api.enqueue({ callback_url: hooks.url, queue_name: 'waiting', payload: { is: 'waitingword' } });
  await api.request('POST', '/schedules', {
    cron_expression: '0 0 0 1 1 *',
    callback_url: hooks.url,
    payload: { is: 'scheduleword' },
  });
  await eventually('the job is completed', async () => (await api.counts()).completed === 1);
  expect(hooks.requests.map(({ body }) => body)).toEqual(['{"is":"payloadword"}', '{"is":"payloadword"}']);
  expect(hooks.requests[1]?.headers['x-is']).toBe('headerword');
  expect(await api.job(job.id)).toMatchObject({
    payload: '{"is":"payloadword"}',
    result: '{"is":"resultword"}',
  });
  expect(JSON.stringify(await api.request('GET', `/jobs/${job.id}/attempts`))).toContain('excerptword');
  for (const search of [job.id, 'order-7', hooks.url.slice(7)]) {
    expect(JSON.stringify(await api.request('GET', `/jobs?search=${encodeURIComponent(search)}`))).toContain(
      job.id,
    );
  }
  expect(JSON.stringify(await api.request('GET', '/jobs?search=payloadword'))).not.toContain(job.id);
  expect(await wordsIn(cwd)).toEqual([]);
  await program.kill();
  expect(await wordsIn(cwd)).toEqual([]);

  await writeFile(join(cwd, 'mininq.toml'), '');
  const other = await serve(cwd);
  await eventually('one line', () => other.program.log.some(({ level }) => level === 'error'));
  expect(other.program.log.filter(({ level }) => level === 'error')).toMatchObject([
    { reason: 'encrypted with key "k1", which is not among privacy.encryption_keys' },
  ]);
  const outputs = program.stdout + program.stderr + other.program.stdout;
  for (const key of KEYS) expect(outputs).not.toContain(key.slice(3));
});

test('mininq check shows no key, and a key that is none is refused without being quoted', async () => {
  const cwd = await folder();
  const check = async (keys: string): Promise<string> => {
    const program = run({ cwd, args: ['check'], env: { MININQ_PRIVACY_ENCRYPTION_KEYS: keys } });
    await program.exited;
    return program.stdout + program.stderr;
  };
  expect(await check(KEYS.join(','))).toMatch(/^# encryption_keys = \[\(set\), \(set\)\] +# environment/m);
  const refused = await check('k1:c2hvcnQ=');
  expect(refused).toContain('MININQ_PRIVACY_ENCRYPTION_KEYS must be a list of keys');
  expect(refused).not.toContain('c2hvcnQ');
  const twice = KEYS.map((key) => `k1${key.slice(2)}`).join(',');
  expect(await check(twice)).toContain('must not have two keys of the same name');
});
