import { statSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.js';
import type { Api, Program } from '../support/program.js';
import { allFinished, deliveredFigures, lostJobs } from './harness/figures.js';
import { amount } from './harness/form.js';
import { scenario } from './harness/scenario.js';
import { DEADLINE_MS, type Site } from './harness/site.js';
import { expectSound, storedJobs } from './harness/stored.js';

/** A connection of another program, which is what this process is to the server. */
function connect(site: Site): Database.Database {
  const db = new Database(site.database, { timeout: 30_000 });
  site.onClose(() => {
    db.close();
  });
  return db;
}

function post(api: Api, job: object): Promise<Response> {
  const headers = { 'Content-Type': 'application/json' };
  return fetch(`${api.url}/jobs`, { method: 'POST', headers, body: JSON.stringify(job) });
}

scenario('F25 another connection holds the write lock', {}, async (site) => {
  const receiver = await site.receiver();
  const { api, program } = await site.serve();
  const job = { callback_url: `${receiver}/` };
  const other = connect(site);

  // For a while: whoever enqueues waits, and is served.
  other.exec('BEGIN IMMEDIATE');
  const producer = site.producer({ url: api.url, connections: 10, batch: 1, total: 100, job });
  const waiting = post(api, job);
  // Answered meanwhile, because waiting for the lock does not block the event loop.
  expect((await api.request('GET', '/jobs')).status).toBe(200);
  other.exec('COMMIT');
  expect((await waiting).status).toBe(201);
  await producer.exited;
  expect(producer.stdout).toBe('{"201":100}\n');

  // For too long: it is told to come again, and later is served.
  other.exec('BEGIN IMMEDIATE');
  const refused = await post(api, job);
  expect(refused.status).toBe(503);
  expect(Number(refused.headers.get('Retry-After'))).toBeGreaterThan(0);
  other.exec('COMMIT');
  expect((await post(api, job)).status).toBe(201);
  await allFinished({ api });
  // A lock is nothing that a log would call an error.
  expect(program.log.filter(({ level }) => level === 'error')).toEqual([]);
  return deliveredFigures(site);
});

scenario('F27 a reader that holds up the checkpoints', {}, async (site) => {
  const { api } = await site.serve({ env: { MININQ_WORKER_QUEUES: 'none' } });
  const job = { callback_url: 'http://127.0.0.1:9/' };
  const log = `${site.database}-wal`;
  const enqueue = async (total: number): Promise<number> => {
    await site.producer({ url: api.url, connections: 4, batch: 20, total, job }).exited;
    return statSync(log).size;
  };
  const some = amount(6000, 60_000);
  const reader = connect(site);
  reader.exec('BEGIN');
  const seen = reader.prepare('SELECT count(*) FROM jobs').pluck().get();
  const grown = await enqueue(some);
  // It still sees what it saw, and nobody waited for it.
  expect(reader.prepare('SELECT count(*) FROM jobs').pluck().get()).toBe(seen);
  reader.exec('COMMIT');
  await enqueue(1);
  // From here on the log is used again from its beginning: it does not grow by as much once more.
  const after = await enqueue(some);
  expect(after).toBeLessThan(grown * 1.5);
  expectSound(site.database);
  const lost = lostJobs(site).length;
  return { acknowledged: site.ledger.acknowledged.length, lost, duplicates: null, allowed: null };
});

/** What may go on while the backup is made, and what the backup then holds. */
scenario('F28 backups under load', {}, async (site) => {
  const receiver = await site.receiver();
  const server = await site.serve();
  const job = { callback_url: `${receiver}/` };
  const plan = { url: server.api.url, connections: 16, batch: 1, total: null, job };
  const producer = site.producer(plan);
  const source = connect(site);
  for (let n = 0; n < amount(3, 20); n += 1) {
    const enough = site.ledger.acknowledged.length + amount(150, 1000);
    await eventually('more is acknowledged', () => site.ledger.acknowledged.length > enough, DEADLINE_MS);
    const before = [...site.ledger.acknowledged];
    const backup = join(site.folder, `backup-${n}.db`);
    if (n % 2 === 0) await source.backup(backup, { progress: () => 1_000_000 });
    else source.prepare('VACUUM INTO ?').run(backup);
    expectSound(backup);
    const stored = storedJobs(backup);
    expect(before.filter((id) => !stored.has(id))).toEqual([]);
  }
  producer.signal('SIGTERM');
  await producer.exited;
  expectUnrefused(producer);
  await allFinished(server);
  return deliveredFigures(site);
});

function expectUnrefused({ stdout }: Program): void {
  expect(Object.keys(JSON.parse(stdout) as object)).toEqual(['201']);
}
