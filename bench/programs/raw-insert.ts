import { readdirSync, readFileSync, statSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import Database from 'better-sqlite3';
import { v7 } from 'uuid';

/*
 * Inserts rows into the table of mininq, with its columns, indexes and pragmas, but with nothing around it.
 * Parameters: path of the file (made, with the schema, if it is missing), queue name, callback URL, payload (JSON
 * text), rows, rows of the warm-up. Rows are inserted 1000 a transaction.
 */

/** The columns that mininq fills when it enqueues a job. */
const INSERT = `INSERT INTO jobs (id, queue_name, status, ready, priority, visible_at, attempt, max_retries,
    retry_backoff, base_delay_ms, max_delay_ms, timeout_ms, lease_token, created_at, updated_at, schedule_id,
    idempotency_key, callback_url, result_truncated, crashes, payload)
  VALUES (?, ?, 'pending', 1, 0, ?, 0, 3, NULL, NULL, NULL, 30000, 0, ?, ?, NULL, NULL, ?, 0, 0, ?)`;
const MIGRATIONS = fileURLToPath(new URL('../../drizzle/sqlite', import.meta.url));
const BATCH = 1000;

const [path = '', queueName = '', callbackUrl = '', payload = '', rows, warmUp] = process.argv.slice(2);
const db = open(path);
const insert = db.prepare(INSERT);
const insertBatch = db.transaction(() => {
  for (let row = 0; row < BATCH; row += 1) {
    const now = Date.now();
    insert.run(v7(), queueName, now, now, now, callbackUrl, payload);
  }
});
insertAll(Number(warmUp));
const startedAt = performance.now();
insertAll(Number(rows));
const seconds = (performance.now() - startedAt) / 1000;
db.close();
process.stdout.write(`${JSON.stringify({ seconds })}\n`);

function insertAll(count: number): void {
  for (let inserted = 0; inserted < count; inserted += BATCH) insertBatch();
}

function open(file: string): Database.Database {
  const isNew = statSync(file, { throwIfNoEntry: false }) === undefined;
  const database = new Database(file);
  database.pragma('journal_mode = wal');
  database.pragma('synchronous = normal');
  database.pragma('temp_store = memory');
  database.pragma('mmap_size = 30000000000');
  database.pragma('cache_size = -64000');
  database.pragma('foreign_keys = on');
  if (isNew) {
    const migrations = readdirSync(MIGRATIONS).filter((name) => name.endsWith('.sql'));
    for (const name of migrations.sort()) database.exec(readFileSync(`${MIGRATIONS}/${name}`, 'utf8'));
  }
  return database;
}
