import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { StoreUnavailableError } from '../../../src/application/errors.js';
import { GroupCommit } from '../../../src/infrastructure/sqlite/group-commit.js';
import { StoreState } from '../../../src/infrastructure/sqlite/store-state.js';
import { silentLogger } from '../../support/silent-logger.js';

let folder: string;
let db: Database.Database;
let group: GroupCommit;
let statements: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mininq-'));
  statements = [];
  db = new Database(join(folder, 'test.db'), {
    timeout: 0,
    verbose: (sql) => statements.push(String(sql)),
  });
  db.pragma('journal_mode = wal');
  db.exec('CREATE TABLE t (n INTEGER PRIMARY KEY)');
  group = new GroupCommit(db, new StoreState('test.db', silentLogger));
  statements = [];
});
afterEach(async () => {
  db.close();
  await rm(folder, { recursive: true });
});

const insert = (n: number) => () => db.prepare('INSERT INTO t VALUES (?)').run(n).changes;
const rows = () => db.prepare('SELECT n FROM t ORDER BY n').pluck().all();
const transactions = () => statements.filter((sql) => sql === 'BEGIN IMMEDIATE').length;

test('writes of one turn share one transaction, each with its own answer', async () => {
  const values = await Promise.all([1, 2, 3].map((n) => group.write(() => insert(n)() * n)));
  expect(values).toEqual([1, 2, 3]);
  expect(transactions()).toBe(1);
});

test('writes of the turns after it share the transaction too, while each turn brings one', async () => {
  // However slow the machine, no time passes.
  const gathering = new GroupCommit(db, new StoreState('test.db', silentLogger), undefined, () => 0);
  const first = gathering.write(insert(1));
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const second = turn().then(() => gathering.write(insert(2)));
  await Promise.all([first, second]);
  expect(rows()).toEqual([1, 2]);
  expect(transactions()).toBe(1);
});

test('a write waits for no others once a turn has brought none', async () => {
  const first = group.write(insert(1));
  const turn = () => new Promise<void>((resolve) => setImmediate(resolve));
  const late = turn()
    .then(turn)
    .then(turn)
    .then(() => group.write(insert(2)));
  await Promise.all([first, late]);
  expect(transactions()).toBe(2);
});

test('a write is answered after the commit', async () => {
  const other = new Database(join(folder, 'test.db'), { readonly: true });
  const seen = await group.write(insert(1)).then(() => other.prepare('SELECT count(*) FROM t').pluck().get());
  other.close();
  expect(seen).toBe(1);
});

test('a write that fails is alone in failing', async () => {
  const results = await Promise.allSettled([1, 2, 2, 3].map((n) => group.write(insert(n))));
  expect(results.map(({ status }) => status)).toEqual(['fulfilled', 'fulfilled', 'rejected', 'fulfilled']);
  expect(rows()).toEqual([1, 2, 3]);
});

test('what a failed write did before it failed is undone', async () => {
  const write = group.write(() => {
    insert(7)();
    throw new Error('after the insert');
  });
  await expect(write).rejects.toThrow('after the insert');
  expect(rows()).toEqual([]);
});

describe('when another connection holds the lock', () => {
  let other: Database.Database;
  beforeEach(() => {
    other = new Database(join(folder, 'test.db'), { timeout: 0 });
    other.exec('BEGIN IMMEDIATE');
  });
  afterEach(() => other.close());

  test('a write waits without blocking the event loop', async () => {
    const write = group.write(insert(1));
    // The lock is given up from this very event loop, which a blocking wait would never let run.
    setTimeout(() => other.exec('ROLLBACK'), 30);
    await write;
    expect(rows()).toEqual([1]);
  });

  test('closing rejects what cannot be written', async () => {
    const write = expect(group.write(insert(1))).rejects.toBeInstanceOf(StoreUnavailableError);
    group.close();
    await write;
  });
});

test('closing carries out what is waiting', async () => {
  const write = group.write(insert(1));
  group.close();
  await write;
  expect(rows()).toEqual([1]);
});

test('a full disk is told as the store being unavailable, and passes', async () => {
  db.exec('CREATE TABLE blobs (b BLOB)');
  const pages = Number(db.pragma('page_count', { simple: true }));
  db.pragma(`max_page_count = ${pages + 1}`);
  const big = () => db.prepare('INSERT INTO blobs VALUES (zeroblob(1000000))').run();
  await expect(group.write(big)).rejects.toBeInstanceOf(StoreUnavailableError);
  expect(db.inTransaction).toBe(false);
  db.pragma('max_page_count = 1000000');
  await group.write(big);
  expect(db.prepare('SELECT count(*) FROM blobs').pluck().get()).toBe(1);
});

describe('when ROLLBACK fails', () => {
  let rollbacksToFail: number;
  beforeEach(() => {
    const prepare = db.prepare.bind(db);
    rollbacksToFail = 1;
    // SQLite does so when the disk fails it, which no test can ask for.
    db.prepare = ((sql: string) => {
      const statement = prepare(sql);
      if (sql !== 'ROLLBACK') return statement;
      const run = statement.run.bind(statement);
      statement.run = () => {
        if (rollbacksToFail-- > 0) throw new Database.SqliteError('disk I/O error', 'SQLITE_IOERR_READ');
        return run();
      };
      return statement;
    }) as typeof db.prepare;
    group = new GroupCommit(db, new StoreState('test.db', silentLogger));
    db.prepare = prepare;
  });

  const broken = () => {
    insert(9)();
    throw new Error('broken');
  };

  test('every write of the transaction is answered', async () => {
    const results = await Promise.allSettled([
      group.write(insert(1)),
      group.write(broken),
      group.write(insert(2)),
    ]);
    const first = results
      .slice(0, 2)
      .map((result): unknown => (result.status === 'rejected' ? result.reason : null));
    for (const reason of first) expect(reason).toBeInstanceOf(StoreUnavailableError);
  });

  test('what it left is undone before the next transaction, and before a read', async () => {
    await expect(group.write(broken)).rejects.toBeInstanceOf(StoreUnavailableError);
    expect(db.inTransaction).toBe(true);
    group.rollBackRest();
    expect(rows()).toEqual([]);

    rollbacksToFail = 1;
    await expect(group.write(broken)).rejects.toBeInstanceOf(StoreUnavailableError);
    await group.write(insert(3));
    expect(rows()).toEqual([3]);
  });

  test('writes are refused until it succeeds', async () => {
    rollbacksToFail = 2;
    await expect(group.write(broken)).rejects.toBeInstanceOf(StoreUnavailableError);
    await expect(group.write(insert(4))).rejects.toBeInstanceOf(StoreUnavailableError);
    await group.write(insert(5));
    expect(rows()).toEqual([5]);
  });
});
