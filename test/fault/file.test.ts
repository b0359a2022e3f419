import { createHash } from 'node:crypto';
import {
  chmodSync,
  closeSync,
  ftruncateSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeSync,
} from 'node:fs';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.js';
import { MAIN } from '../support/program.js';
import { amount } from './harness/form.js';
import type { SeededRandom } from './harness/random.js';
import { scenario } from './harness/scenario.js';
import { DEADLINE_MS, type Site } from './harness/site.js';
import { expectSound, storedJobs } from './harness/stored.js';

const PAGE = 4096;
const IDLE = { MININQ_WORKER_QUEUES: 'none' };
const JOB = { callback_url: 'http://127.0.0.1:9/' };

/** Enqueues some jobs one after the other and kills the server; what is not in the file is in its log. */
async function killedWithJobs(site: Site, jobs: number): Promise<void> {
  const { api, program } = await site.serve({ env: IDLE });
  await site.producer({ url: api.url, connections: 1, batch: 1, total: jobs, job: JOB }).exited;
  await program.kill();
}

function hashOf(path: string): string {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

/** The program refuses to start, in one line, and leaves the file as it is. */
async function expectRefusal(site: Site, line: RegExp): Promise<void> {
  const before = hashOf(site.database);
  const program = site.run({});
  expect(await program.exited).toEqual({ code: 1, signal: null });
  expect(program.stderr).toMatch(line);
  expect(program.stderr.trimEnd()).not.toContain('\n');
  expect(hashOf(site.database)).toBe(before);
}

function garble(path: string, offset: number, length: number, random: SeededRandom): void {
  const file = openSync(path, 'r+');
  const noise = Buffer.from(Array.from({ length }, () => random.between(0, 255)));
  writeSync(file, noise, 0, length, offset);
  closeSync(file);
}

scenario('F19 file or folder that cannot be written', {}, async (site) => {
  await killedWithJobs(site, 5);
  // Closed as it should be, so that there is no log beside it.
  const { program } = await site.serve({ env: IDLE });
  program.signal('SIGTERM');
  await program.exited;
  chmodSync(site.database, 0o444);
  chmodSync(site.folder, 0o555);
  site.onClose(() => chmodSync(site.folder, 0o755));
  const before = hashOf(site.database);
  // Nothing is read-only for root.
  const nobody = ['setpriv', '--reuid=65534', '--regid=65534', '--clear-groups', process.execPath] as const;
  const refused = site.run({
    command: process.getuid?.() === 0 ? [...nobody, MAIN] : [process.execPath, MAIN],
  });
  expect(await refused.exited).toEqual({ code: 1, signal: null });
  expect(refused.stderr).toMatch(
    /^mininq: database .*: (not writable for this user|its directory is not writable for this user|cannot be opened; check)/,
  );
  expect(refused.stderr.trimEnd()).not.toContain('\n');
  expect(hashOf(site.database)).toBe(before);
  return null;
});

scenario('F20 a damaged page, found at the start', { short: 3, long: 40 }, async (site, random) => {
  await killedWithJobs(site, 60);
  const { program } = await site.serve({ env: IDLE });
  program.signal('SIGTERM');
  await program.exited;
  const pages = statSync(site.database).size / PAGE;
  // The first page is the header: without it, it is no database.
  const page = random.between(1, pages - 1);
  garble(site.database, page * PAGE, PAGE, random);
  await expectRefusal(site, /^mininq: database .*: damaged.*; restore a backup, or rescue/);
  return null;
});

scenario('F22 a log with a torn end', { short: 2, long: 30 }, async (site, random) => {
  await killedWithJobs(site, 120);
  const log = `${site.database}-wal`;
  const { size } = statSync(log);
  const from = random.between(Math.floor(size / 4), size - 1);
  if (random.next() < 0.5) {
    const file = openSync(log, 'r+');
    ftruncateSync(file, from);
    closeSync(file);
  } else {
    garble(log, from, Math.min(size - from, 20_000), random);
  }
  const { program } = await site.serve({ env: IDLE });
  await program.kill();
  expectSound(site.database);
  // What was acknowledged before the damage is there: of jobs that came one after the other, the first ones.
  const stored = storedJobs(site.database);
  const { acknowledged } = site.ledger;
  const there = acknowledged.filter((id) => stored.has(id));
  expect(there).toEqual(acknowledged.slice(0, there.length));
  return { acknowledged: acknowledged.length, lost: null, duplicates: null, allowed: null };
});

scenario('F23 a log that is deleted after a kill', { short: 1, long: 10 }, async (site) => {
  await killedWithJobs(site, amount(200, 2000));
  rmSync(`${site.database}-wal`);
  const { acknowledged } = site.ledger;
  // By hand, and against the manual: acknowledged jobs are gone. The file is taken as it is, or refused.
  const program = site.run({ env: IDLE });
  const url = await Promise.race([program.url(), program.exited.then(() => null)]);
  if (url === null) {
    expect(program.stderr).toMatch(/^mininq: database .*: /);
    expect(program.stderr.trimEnd()).not.toContain('\n');
  } else {
    await program.kill();
    expectSound(site.database);
  }
  return { acknowledged: acknowledged.length, lost: null, duplicates: null, allowed: null };
});

scenario('F21 damaged pages, found while running', {}, async (site, random) => {
  await killedWithJobs(site, 300);
  const stopped = await site.serve({ env: IDLE });
  stopped.program.signal('SIGTERM');
  await stopped.program.exited;
  const { api, program } = await site.serve({ env: IDLE });
  const pages = statSync(site.database).size / PAGE;
  garble(site.database, 2 * PAGE, (pages - 2) * PAGE, random);
  const refused = await eventually(
    'the damage is met',
    async () => {
      const { status, body } = await api.request('POST', '/jobs', JOB);
      return status === 201 ? null : { status, body };
    },
    DEADLINE_MS,
  );
  expect(refused).toMatchObject({ status: 503, body: { code: 'store_unavailable' } });
  // For good: whatever still works by chance is not relied on.
  expect((await api.request('GET', '/health')).status).toBe(503);
  expect((await api.request('POST', '/jobs', JOB)).status).toBe(503);
  expect(program.log.filter(({ level }) => level === 'error')).toMatchObject([{ msg: 'store failed' }]);
  await program.kill();
  await expectRefusal(site, /^mininq: database .*: damaged/);
  return null;
});
