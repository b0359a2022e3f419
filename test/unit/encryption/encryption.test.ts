import { randomBytes } from 'node:crypto';
import { expect, onTestFinished, test } from 'vitest';
import { Secret } from '../../../src/application/secret.js';
import { ASIDE_MS } from '../../../src/infrastructure/encryption/encrypted-job-store.js';
import { ValueCipher } from '../../../src/infrastructure/encryption/value-cipher.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { newSchedule } from '../../support/schedules.js';
import { connectEncrypted, connectSqlite } from '../../support/sqlite.js';
import { hire } from '../../support/workers.js';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const key = (id: string) => `${id}:${randomBytes(32).toString('base64')}`;
const K1 = key('k1');
const K2 = key('k2');

function file(): string {
  const folder = mkdtempSync(join(tmpdir(), 'mininq-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  return join(folder, 'test.db');
}

/** Does something with the file as a process with these keys, and closes it. */
async function using<T>(
  path: string,
  keys: readonly string[],
  work: (stores: ReturnType<typeof connectEncrypted>) => Promise<T>,
  logger = new RecordingLogger(),
): Promise<T> {
  const stores = connectEncrypted(path, keys, { logger });
  try {
    return await work(stores);
  } finally {
    await stores.jobs.close();
  }
}

const insert = (path: string, keys: readonly string[], payload: string, id?: string) =>
  using(path, keys, async ({ jobs }) => {
    const job = newJob({ payload, ...(id !== undefined && { id }) });
    await jobs.insert({ jobs: [job], now: NOW, queueDefaults: QUEUE_DEFAULTS });
    return job.id;
  });

const payloadOf = (path: string, keys: readonly string[], id: string) =>
  using(path, keys, async ({ queries }) => (await queries.get(id))?.payload);

test('a key in front encrypts what is new, and what older keys encrypted or none did stays readable', async () => {
  const path = file();
  const plain = await insert(path, [], '{"n":0}');
  const old = await insert(path, [K1], '{"n":1}');
  const fresh = await insert(path, [K2, K1], '{"n":2}');
  for (const [n, id] of [plain, old, fresh].entries()) {
    expect(await payloadOf(path, [K2, K1], id)).toBe(`{"n":${n}}`);
  }
  expect(await payloadOf(path, [K1], fresh)).toBe(
    '"(encrypted with key \\"k2\\", which is not among privacy.encryption_keys)"',
  );
  expect(await payloadOf(path, [key('k2')], fresh)).toBe(
    '"(not readable with key \\"k2\\": encrypted with another one of that name, or changed)"',
  );
});

test('a value that was moved to another job, or another field, cannot be read', async () => {
  const path = file();
  const [one, other] = [await insert(path, [K1], '{"n":1}'), await insert(path, [K1], '{"n":2}')];
  const { database } = connectSqlite(path);
  const sealed = database.connection.prepare('SELECT payload FROM jobs WHERE id = ?').pluck().get(one);
  database.connection.prepare('UPDATE jobs SET payload = ? WHERE id = ?').run(sealed, other);
  database.connection.prepare('UPDATE jobs SET result = ? WHERE id = ?').run(sealed, one);
  await database.close();
  await using(path, [K1], async ({ queries }) => {
    expect((await queries.get(one))?.payload).toBe('{"n":1}');
    expect((await queries.get(one))?.result).toMatch(/^\(not readable with key "k1"/);
    expect((await queries.get(other))?.payload).toMatch(/^"\(not readable with key/);
  });
});

test('a job whose key is missing is not delivered, waits with the reason, and holds up nobody; it goes on once the key is back', async () => {
  const path = file();
  const lost = await insert(path, [K1], '{"n":1}');
  const next = await insert(path, [K2], '{"n":2}');
  const logger = new RecordingLogger();
  const claim = (keys: readonly string[], now: number) =>
    using(
      path,
      keys,
      async ({ jobs, queries, workers }) => {
        await hire(workers, 'me');
        const plan = () => [{ queueName: 'default', count: 10 }];
        const outcome = await jobs.claim({ now, workerId: 'me', slots: 10, queues: [], plan });
        return { claimed: outcome.kind === 'claimed' ? outcome.jobs : [], waiting: await queries.get(lost) };
      },
      logger,
    );
  for (const [round, keys] of [[K2], []].entries()) {
    const now = NOW + round * ASIDE_MS;
    const { claimed, waiting } = await claim(keys, now);
    expect(claimed.map(({ id }) => id)).toEqual(keys.length === 0 ? [] : [next]);
    expect(waiting).toMatchObject({
      status: 'pending',
      attempt: 0,
      crashes: 0,
      visibleAt: now + ASIDE_MS,
      lastError: 'encrypted with key "k1", which is not among privacy.encryption_keys',
    });
  }
  // One a process, which met the value twice.
  expect(logger.lines.filter(({ level }) => level === 'error').length).toBe(2);
  expect(JSON.stringify(logger.lines)).not.toContain(K2.slice(3));
  const { claimed } = await claim([K2, K1], NOW + 2 * ASIDE_MS);
  expect(claimed).toMatchObject([{ id: lost, payload: '{"n":1}', attempt: 1 }]);
});

test('a schedule whose key is missing makes no job, keeps its payload when it is changed, and goes on once the key is back', async () => {
  const path = file();
  const schedule = newSchedule({ payload: '{"n":1}' });
  await using(path, [K1], ({ schedules }) => schedules.create(schedule));
  await using(path, [], async ({ schedules }) => {
    const found = await schedules.get(schedule.id);
    expect(found?.payload).toContain('encrypted with key');
    const job = newJob({ payload: found?.payload ?? '' });
    const request = { id: schedule.id, job, now: NOW, queueDefaults: QUEUE_DEFAULTS };
    await expect(schedules.run(request)).rejects.toThrow('payload encrypted with key "k1"');
    await schedules.update(schedule.id, (was) => ({ ok: true, value: { ...was, timeoutMs: 7 } }));
  });
  const read = await using(path, [K1], ({ schedules }) => schedules.get(schedule.id));
  expect(read).toMatchObject({ payload: '{"n":1}', timeoutMs: 7 });
});

test('what is encrypted twice is not the same, and nothing of it is told by a message', () => {
  const logger = new RecordingLogger();
  const cipher = new ValueCipher([new Secret(K1)], logger);
  const [one, other] = [cipher.seal('secret', 'here'), cipher.seal('secret', 'here')];
  expect(one).not.toBe(other);
  expect(cipher.open(one, 'here')).toEqual({ kind: 'text', text: 'secret' });
  for (const broken of [one.slice(0, -8), one.slice(0, 20), `${one.slice(0, 30)}AAAA${one.slice(34)}`]) {
    expect(cipher.open(broken, 'here').kind).toBe('unreadable');
  }
  expect(cipher.open(one, 'there').kind).toBe('unreadable');
  expect(JSON.stringify(logger.lines)).not.toContain('secret');
});
