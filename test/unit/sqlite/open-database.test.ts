import { createHash } from 'node:crypto';
import { chmod, copyFile, mkdir, mkdtemp, open, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { readMigrationFiles } from 'drizzle-orm/migrator';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StartupError } from '../../../src/application/errors.js';
import { ALWAYS_CHECKED_BYTES, openDatabase } from '../../../src/infrastructure/sqlite/open-database.js';
import { eventually } from '../../support/eventually.js';
import { FakeClock } from '../../support/fake-clock.js';
import { ManualScheduler } from '../../support/manual-scheduler.js';
import { silentLogger } from '../../support/silent-logger.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { connectSqlite } from '../../support/sqlite.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';

const MIGRATIONS = readMigrationFiles({ migrationsFolder: 'drizzle/sqlite' });

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mininq-'));
  path = join(folder, 'test.db');
});
afterEach(() => rm(folder, { recursive: true }));

async function hash(): Promise<string> {
  return createHash('sha256')
    .update(await readFile(path))
    .digest('hex');
}

function refusal(): string {
  try {
    openDatabase(path, 'normal', silentLogger).close();
  } catch (error) {
    expect(error).toBeInstanceOf(StartupError);
    return error instanceof Error ? error.message : '';
  }
  throw new Error('the file was opened');
}

async function expectRefused(message: string | RegExp): Promise<void> {
  const before = await hash();
  const text = refusal();
  expect(text).toMatch(message);
  expect(text).not.toContain('\n');
  expect(await hash()).toBe(before);
}

describe('a file that is refused, untouched and with one line', () => {
  test('no database', async () => {
    await writeFile(path, 'Dear diary, today I am not a database.\n'.repeat(100));
    await expectRefused(`database ${path}: not a SQLite database; set server.db_path to another file`);
  });

  test.each(['delete', 'wal'])("another program's database, in journal mode %s", async (mode) => {
    const foreign = new Database(path);
    foreign.pragma(`journal_mode = ${mode}`);
    foreign.exec('CREATE TABLE customers (name TEXT)');
    foreign.close();
    await expectRefused(
      `database ${path}: a SQLite database, but not one of mininq; set server.db_path to another file`,
    );
  });

  test('one that a newer mininq wrote', async () => {
    const db = openDatabase(path, 'normal', silentLogger);
    db.prepare('INSERT INTO __drizzle_migrations (hash, created_at) VALUES (?, ?)').run('unknown', 9e15);
    db.close();
    await expectRefused(`database ${path}: written by a newer mininq; start that version, or a later one`);
  });

  test('a damaged one', async () => {
    const stores = connectSqlite(path);
    const jobs = Array.from({ length: 500 }, () => newJob({ payload: JSON.stringify('x'.repeat(500)) }));
    await stores.jobs.insert({ jobs, now: NOW, queueDefaults: QUEUE_DEFAULTS });
    await stores.jobs.close();
    const file = await open(path, 'r+');
    for (let page = 5; page < 60; page += 1) await file.write(Buffer.alloc(4096, 0xa5), 0, 4096, page * 4096);
    await file.close();
    await expectRefused(/^database .*: damaged.*; restore a backup, or rescue what is left with/);
  });

  test('a folder', async () => {
    await mkdir(path);
    expect(refusal()).toBe(`database ${path}: not a file`);
  });

  test('one in a folder that does not exist', () => {
    path = join(folder, 'missing', 'test.db');
    expect(refusal()).toBe(
      `database ${path}: cannot be opened; check that the directory exists and that this user may write there`,
    );
  });
});

test('a file in a directory that is read-only is refused, and the directory named', async () => {
  openDatabase(path, 'normal', silentLogger).close();
  // Anybody may read what was made, and nobody may write to it: for root, that holds as another user only.
  await chmod(folder, 0o555);
  await chmod(path, 0o666);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(65_534);
  const text = refusal();
  if (isRoot) process.seteuid?.(0);
  await chmod(folder, 0o755);
  expect(text).toBe(
    `database ${path}: its directory is not writable for this user, and SQLite keeps further files there`,
  );
});

describe('a file that is opened', () => {
  test('has the documented pragmas, without a memory map', () => {
    const db = openDatabase(path, 'normal', silentLogger);
    const pragma = (name: string) => db.pragma(name, { simple: true });
    expect(pragma('journal_mode')).toBe('wal');
    expect(pragma('synchronous')).toBe(1);
    expect(pragma('temp_store')).toBe(2);
    expect(pragma('cache_size')).toBe(-64000);
    expect(pragma('foreign_keys')).toBe(1);
    expect(pragma('mmap_size')).toBe(0);
    db.close();
  });

  test('syncs at each commit when durability is full', () => {
    const db = openDatabase(path, 'full', silentLogger);
    expect(db.pragma('synchronous', { simple: true })).toBe(2);
    db.close();
  });

  test('is migrated once, and the same when opened again', () => {
    openDatabase(path, 'normal', silentLogger).close();
    const db = openDatabase(path, 'normal', silentLogger);
    const applied = db.prepare('SELECT hash FROM __drizzle_migrations').pluck().all();
    expect(applied).toHaveLength(MIGRATIONS.length);
    expect(new Set(applied).size).toBe(MIGRATIONS.length);
    db.close();
  });

  test('may be new, empty, or a database without anything in it', async () => {
    await writeFile(path, '');
    openDatabase(path, 'normal', silentLogger).close();
    path = join(folder, 'bare.db');
    const bare = new Database(path);
    bare.pragma('user_version = 1');
    bare.close();
    openDatabase(path, 'normal', silentLogger).close();
  });

  test('is read after a crash, its log included', async () => {
    const stores = connectSqlite(path);
    const job = newJob();
    await stores.jobs.insert({ jobs: [job], now: NOW, queueDefaults: QUEUE_DEFAULTS });
    // What a killed process leaves: the database and its log, not checkpointed.
    const crashed = join(folder, 'crashed.db');
    for (const suffix of ['', '-wal']) await copyFile(path + suffix, crashed + suffix);
    await stores.jobs.close();
    const again = connectSqlite(crashed);
    expect((await again.queries.get(job.id))?.status).toBe('pending');
    await again.jobs.close();
  });

  test('leaves nothing beside it when closed', async () => {
    openDatabase(path, 'normal', silentLogger).close();
    openDatabase(path, 'normal', silentLogger).close();
    expect(await readdir(folder)).toEqual(['test.db']);
  });
});

describe('a large file', () => {
  /** Damaged in a place that nothing but the check looks at. */
  beforeEach(async () => {
    const stores = connectSqlite(path);
    const { connection } = stores.database;
    connection.exec(`CREATE TABLE filler AS SELECT zeroblob(${ALWAYS_CHECKED_BYTES}) AS bytes`);
    await stores.jobs.close();
    const file = await open(path, 'r+');
    await file.write(Buffer.alloc(4096, 0xa5), 0, 4096, 4096 * 10_000);
    await file.close();
  });

  test('is not looked through after it was closed', async () => {
    await connectSqlite(path).jobs.close();
  });

  test('is looked through when it was not', async () => {
    const stores = connectSqlite(path);
    await copyFile(path, `${path}.left`);
    await stores.jobs.close();
    path = `${path}.left`;
    await expectRefused(/^database .*: damaged/);
  });
});

describe('the write-ahead log', () => {
  const warnings = async (): Promise<string[]> => {
    const logger = new RecordingLogger();
    await connectSqlite(path, { logger }).jobs.close();
    return logger.lines.map(({ message }) => message);
  };

  /** Puts the file, not another one, into the state that a killed process leaves, but without the log. */
  async function killWithoutLog(): Promise<void> {
    const stores = connectSqlite(path);
    await stores.jobs.insert({ jobs: [newJob()], now: NOW, queueDefaults: QUEUE_DEFAULTS });
    const left = await readFile(path);
    await stores.jobs.close();
    await writeFile(path, left);
  }

  test('is missed when the file was not closed', async () => {
    await killWithoutLog();
    expect(await warnings()).toEqual([
      'the write-ahead log is missing: what was stored last is lost, or this file is a backup that was put here',
    ]);
    expect(await warnings()).toEqual([]);
  });

  test('may be missed when a backup was written over the file, and the warning says so', async () => {
    const stores = connectSqlite(path);
    await stores.database.connection.backup(join(folder, 'backup.db'));
    await chmod(join(folder, 'backup.db'), 0o600);
    await stores.jobs.close();
    await copyFile(join(folder, 'backup.db'), path);
    expect(await warnings()).toEqual([expect.stringContaining('or this file is a backup that was put here')]);
  });

  test('would be missed as well after another process has closed the file: the mark is put back', async () => {
    const scheduler = new ManualScheduler(new FakeClock());
    const stores = connectSqlite(path, { scheduler });
    const mark = (): unknown => stores.database.connection.pragma('user_version', { simple: true });
    const inUse = mark();
    await connectSqlite(path).jobs.close();
    expect(mark()).toBe(0);
    scheduler.advance(1000);
    await eventually('the file is marked again', () => mark() === inUse);
    await stores.jobs.close();
    expect(await warnings()).toEqual([]);
  });

  test('is not missed after an orderly stop, nor by a backup of a file in use', async () => {
    const stores = connectSqlite(path);
    await stores.jobs.ping();
    const backup = join(folder, 'backup.db');
    await stores.database.connection.backup(backup);
    await chmod(backup, 0o600);
    await stores.jobs.close();
    expect(await warnings()).toEqual([]);
    path = backup;
    expect(await warnings()).toEqual([]);
  });
});
