import { statSync } from 'node:fs';
import { mkdtemp, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Checkpointer } from '../../../src/infrastructure/sqlite/checkpointer.js';
import { LOG_LIMIT } from '../../../src/infrastructure/sqlite/open-database.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { ManualScheduler } from '../../support/manual-scheduler.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { connectSqlite } from '../../support/sqlite.js';

const PAYLOAD = JSON.stringify('x'.repeat(1_000_000));

let folder: string;
let path: string;
let scheduler: ManualScheduler;
let logger: RecordingLogger;
let stores: ReturnType<typeof connectSqlite>;
let reader: Database.Database;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mininq-'));
  path = join(folder, 'test.db');
  scheduler = new ManualScheduler(new FakeClock());
  logger = new RecordingLogger();
  stores = connectSqlite(path, { scheduler, logger });
  reader = new Database(path, { readonly: true });
});
afterEach(async () => {
  vi.unstubAllGlobals();
  vi.restoreAllMocks();
  reader.close();
  await stores.jobs.close();
  await rm(folder, { recursive: true, force: true });
});

const logSize = () => statSync(`${path}-wal`).size;
const insert = (count: number) =>
  stores.jobs.insert({
    jobs: Array.from({ length: count }, () => newJob({ payload: PAYLOAD })),
    now: NOW,
    queueDefaults: QUEUE_DEFAULTS,
  });
/** Whether commits write the log back, as they do while it is short. */
const byCommits = () => stores.database.connection.pragma('wal_autocheckpoint', { simple: true }) !== 0;

/** The log grows over its limit, as it does while somebody reads. */
async function growLog(): Promise<void> {
  reader.exec('BEGIN');
  reader.prepare('SELECT count(*) FROM jobs').get();
  for (let megabytes = 0; megabytes < 24; megabytes += 1) await insert(1);
  expect(logSize()).toBeGreaterThan(LOG_LIMIT);
}

test('a log that a reader has let grow is written back and cut without a commit doing it', async () => {
  await growLog();
  scheduler.advance(1000);
  expect(byCommits()).toBe(false);
  // While the reader stays, nothing can be done but to leave it to the thread.
  await insert(1);
  expect(byCommits()).toBe(false);
  reader.exec('COMMIT');
  await eventually('the log is short', () => logSize() <= LOG_LIMIT);
  await eventually('commits write it back again', byCommits);
  expect((await stores.queries.totals()).pending).toBe(25);
  expect(logger.lines).toEqual([]);
});

test('it is noticed while many are written, not only when a second has passed', async () => {
  await growLog();
  expect(byCommits()).toBe(false);
});

test('a log that stays short is left to the commits', async () => {
  for (let megabytes = 0; megabytes < 24; megabytes += 1) await insert(1);
  scheduler.advance(1000);
  expect(byCommits()).toBe(true);
  expect(logSize()).toBeLessThan(LOG_LIMIT);
});

test('closing does not wait for the reader', async () => {
  await growLog();
  scheduler.advance(1000);
  await stores.jobs.close();
  reader.exec('COMMIT');
  reader.close();
  stores = connectSqlite(path);
  expect((await stores.queries.totals()).pending).toBe(24);
});

test('when the thread fails, the log says so, and it is left to the commits', async () => {
  const { connection } = stores.database;
  // Its log is there, but not the database.
  await writeFile(join(folder, 'gone.db-wal'), Buffer.alloc(LOG_LIMIT + 1));
  const checkpointer = new Checkpointer(connection, join(folder, 'gone.db'), logger);
  checkpointer.look();
  expect(byCommits()).toBe(false);
  await eventually('commits write the log back again', byCommits);
  expect(logger.lines).toMatchObject([
    { level: 'warn', message: 'the write-ahead log could not be written back' },
  ]);
  // Not at once: whatever ails it, takes its time.
  checkpointer.look();
  expect(byCommits()).toBe(true);
});

test.each<[string, () => Promise<string>]>([
  [
    'the log cannot be looked at',
    async () => {
      // A part of the path is a link that leads nowhere but to itself.
      await symlink('loop', join(folder, 'loop'));
      return join(folder, 'loop', 'test.db');
    },
  ],
  [
    'there is no memory for the thread',
    async () => {
      await writeFile(join(folder, 'long.db-wal'), Buffer.alloc(LOG_LIMIT + 1));
      vi.stubGlobal('SharedArrayBuffer', function fail() {
        throw new RangeError('Array buffer allocation failed');
      });
      return join(folder, 'long.db');
    },
  ],
])('when %s, the log says so once, and it is left to the commits', async (_what, arrange) => {
  let now = performance.now();
  vi.spyOn(performance, 'now').mockImplementation(() => now);
  const checkpointer = new Checkpointer(stores.database.connection, await arrange(), logger);
  for (let times = 0; times < 3; times += 1) {
    checkpointer.look();
    expect(byCommits()).toBe(true);
    now += 10_000;
  }
  expect(logger.lines).toMatchObject([
    { level: 'warn', message: 'the write-ahead log could not be written back' },
  ]);
  await checkpointer.close();
});
