import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreFailedError } from '../../../src/application/errors.js';
import { FakeClock } from '../../support/fake-clock.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { ManualScheduler } from '../../support/manual-scheduler.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { connectSqlite } from '../../support/sqlite.js';

let folder: string;
let path: string;
let scheduler: ManualScheduler;
let logger: RecordingLogger;
let stores: ReturnType<typeof connectSqlite>;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mininq-'));
  path = join(folder, 'test.db');
  scheduler = new ManualScheduler(new FakeClock());
  logger = new RecordingLogger();
  stores = connectSqlite(path, { scheduler, logger });
});
afterEach(async () => {
  await stores.jobs.close();
  await rm(folder, { recursive: true });
});

const insert = (jobs = [newJob()]) => stores.jobs.insert({ jobs, now: NOW, queueDefaults: QUEUE_DEFAULTS });
const claim = () =>
  stores.jobs.claim({
    now: NOW,
    workerId: 'worker-1',
    slots: 1,
    queues: [],
    plan: (offered) => offered.map(({ name }) => ({ queueName: name, count: 1 })),
  });

/** What everything is answered with from now on, though the file is not asked any more. */
async function expectFailed(reason: string): Promise<void> {
  const { connection } = stores.database;
  for (const action of [insert, claim, () => stores.jobs.ping(), () => stores.queries.totals()]) {
    const before = connection.prepare('SELECT total_changes()').pluck().get();
    await expect(action()).rejects.toBeInstanceOf(StoreFailedError);
    await expect(action()).rejects.toThrow(
      `The store has failed: ${reason}. Nothing is stored or claimed until that is mended and mininq started again; the log says how`,
    );
    expect(connection.prepare('SELECT total_changes()').pluck().get()).toBe(before);
  }
  expect(
    logger.lines.map(({ level, message, fields }) => [level, message, fields['db'], fields['reason']]),
  ).toEqual([['error', 'store failed', path, reason]]);
  expect(logger.lines[0]?.fields['mend']).toMatch(/start/);
}

/** As somebody else would: a descriptor that this process closes would take SQLite's locks with it. */
function overwritePages(from: number, to: number): void {
  const script = `const fs = require('fs'), fd = fs.openSync(process.argv[1], 'r+');
    for (let page = ${from}; page < ${to}; page += 1) fs.writeSync(fd, Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);`;
  execFileSync(process.execPath, ['-e', script, path]);
}

describe('pages that are overwritten while the store is in use', () => {
  beforeEach(async () => {
    await insert(Array.from({ length: 500 }, () => newJob({ payload: JSON.stringify('x'.repeat(500)) })));
    stores.database.connection.pragma('wal_checkpoint(TRUNCATE)');
    overwritePages(2, 90);
    stores.database.connection.pragma('shrink_memory');
  });

  test('fail the store as soon as a write meets one', async () => {
    await expect(claim()).rejects.toBeInstanceOf(StoreFailedError);
    await expectFailed('the database file is damaged');
  });

  test('fail the store as soon as a read meets one', async () => {
    await expect(stores.queries.list({}, { limit: 500, offset: 0 })).rejects.toBeInstanceOf(StoreFailedError);
    await expectFailed('the database file is damaged');
  });

  test('fail the writes that wait for the same transaction, or for the next', async () => {
    const writes = await Promise.allSettled([insert(), claim(), insert()]);
    const reasons = writes.map((write): unknown => (write.status === 'rejected' ? write.reason : null));
    for (const reason of reasons) expect(reason).toBeInstanceOf(StoreFailedError);
  });
});

test('a header that is overwritten fails the store', async () => {
  await insert();
  stores.database.connection.pragma('wal_checkpoint(TRUNCATE)');
  const other = connectSqlite(path);
  await other.jobs.insert({ jobs: [newJob()], now: NOW, queueDefaults: QUEUE_DEFAULTS });
  await other.jobs.close();
  const somebody = new Database(path);
  somebody.pragma('wal_checkpoint(TRUNCATE)');
  somebody.close();
  overwritePages(0, 1);
  await expect(insert()).rejects.toBeInstanceOf(StoreFailedError);
  await expectFailed('the database file is damaged');
});

describe.each([
  ['deleted', () => rmSync(path), 'the database file is gone'],
  ['moved away', () => renameSync(path, `${path}.old`), 'the database file is gone'],
  [
    'replaced',
    () => {
      copyFileSync(path, `${path}.copy`);
      renameSync(`${path}.copy`, path);
    },
    'another file is in the place of the database file',
  ],
  ['deprived of its log', () => rmSync(`${path}-wal`), 'the write-ahead log of the database is gone'],
])('a file that is %s while the store is in use', (_what, takeAway, reason) => {
  test('fails the store within a second', async () => {
    await insert();
    takeAway();
    scheduler.advance(1000);
    await expectFailed(reason);
    expect(scheduler.pending).toBe(0);
  });

  test('fails the store at the next check of its health', async () => {
    await insert();
    takeAway();
    await expect(stores.jobs.ping()).rejects.toBeInstanceOf(StoreFailedError);
    await expectFailed(reason);
  });
});

describe('files in a folder of their own', () => {
  beforeEach(async () => {
    await stores.jobs.close();
    const own = join(folder, 'own');
    mkdirSync(own);
    path = join(own, 'test.db');
    stores = connectSqlite(path, { scheduler, logger });
    await insert();
    renameSync(own, `${own}.moved`);
  });
  // SQLite finds its files by their paths when it closes them.
  afterEach(() => {
    rmSync(join(folder, 'own'), { force: true });
    renameSync(join(folder, 'own.moved'), join(folder, 'own'));
  });

  test('that cannot be looked at are not taken for gone', async () => {
    symlinkSync('own', join(folder, 'own'));
    scheduler.advance(1000);
    await insert();
    expect((await stores.queries.totals()).pending).toBe(2);
    expect(logger.lines).toMatchObject([
      { level: 'warn', message: 'the write-ahead log could not be written back' },
    ]);
    expect(logger.lines[0]?.fields['reason']).toMatch('ELOOP');
  });

  test('that is a file now are gone', async () => {
    writeFileSync(join(folder, 'own'), '');
    scheduler.advance(1000);
    await expectFailed('the database file is gone');
  });
});

test('a log that is gone loses nothing when the store is closed', async () => {
  await insert();
  rmSync(`${path}-wal`);
  scheduler.advance(1000);
  await stores.jobs.close();
  stores = connectSqlite(path);
  expect((await stores.queries.totals()).pending).toBe(1);
});

test('a file that stays where it is, is looked at until the store is closed', async () => {
  for (let second = 0; second < 5; second += 1) {
    scheduler.advance(1000);
    await insert();
  }
  expect(logger.lines).toEqual([]);
  expect(scheduler.pending).toBe(1);
  await stores.jobs.close();
  expect(scheduler.pending).toBe(0);
});

test('what another process does to the file, its opening and closing included, does not fail the store', async () => {
  const other = connectSqlite(path);
  await other.jobs.insert({ jobs: [newJob()], now: NOW, queueDefaults: QUEUE_DEFAULTS });
  other.database.connection.pragma('wal_checkpoint(TRUNCATE)');
  await other.jobs.close();
  scheduler.advance(1000);
  await stores.jobs.ping();
  expect((await stores.queries.totals()).pending).toBe(1);
});

test('a full disk does not fail the store for good', async () => {
  const { connection } = stores.database;
  connection.pragma(`max_page_count = ${String(connection.pragma('page_count', { simple: true }))}`);
  const big = [newJob({ payload: JSON.stringify('x'.repeat(200_000)) })];
  await expect(insert(big)).rejects.not.toBeInstanceOf(StoreFailedError);
  connection.pragma('max_page_count = 1000000');
  await insert(big);
  expect(logger.lines).toEqual([]);
});
