import Database from 'better-sqlite3';
import { expect } from 'vitest';

export interface StoredJob {
  readonly id: string;
  readonly status: string;
  readonly attempt: number;
  readonly maxRetries: number;
  readonly workerId: string | null;
}

/**
 * What the file holds, read with a connection of its own that cannot write: it leaves the log of a killed server for
 * the next one to recover. SQL only; the test's process is another than the server's, so that locks stay where they are.
 */
export function readStored<T>(path: string, read: (db: Database.Database) => T): T {
  const db = new Database(path, { readonly: true, timeout: 30_000 });
  try {
    return read(db);
  } finally {
    db.close();
  }
}

export function storedJobs(path: string): Map<string, StoredJob> {
  return readStored(path, (db) => {
    const rows = db
      .prepare<[], StoredJob>(
        'SELECT id, status, attempt, max_retries AS maxRetries, worker_id AS workerId FROM jobs',
      )
      .all();
    return new Map(rows.map((job) => [job.id, job]));
  });
}

/** Ids of the jobs that are running, of all processes or of one. */
export function runningJobs(path: string, pid?: number): Set<string> {
  const jobs = [...storedJobs(path).values()].filter(
    ({ status, workerId }) =>
      status === 'running' && (pid === undefined || workerId?.includes(`:${pid}:`) === true),
  );
  return new Set(jobs.map(({ id }) => id));
}

const MISCOUNTED = `
SELECT * FROM (
  SELECT queue_name, sum(status = 'pending') AS pending, sum(status = 'running') AS running,
    sum(status = 'completed') AS completed, sum(status = 'dead') AS dead
  FROM jobs GROUP BY queue_name
) AS counted
FULL JOIN (
  SELECT queue_name, ready + delayed AS pending, running, completed, dead FROM job_counts
) AS kept USING (queue_name)
WHERE coalesce(counted.pending, 0) <> coalesce(kept.pending, 0)
  OR coalesce(counted.running, 0) <> coalesce(kept.running, 0)
  OR coalesce(counted.completed, 0) <> coalesce(kept.completed, 0)
  OR coalesce(counted.dead, 0) <> coalesce(kept.dead, 0)`;

/**
 * What holds of the file at any time, after any fault: it is no damaged database, what refers to a job finds it, the
 * counts that are kept are those that would be counted, a key names one job, and no job had more attempts than it may.
 */
export function expectSound(path: string): void {
  readStored(path, (db) => {
    expect(db.pragma('integrity_check', { simple: true })).toBe('ok');
    expect(db.pragma('foreign_key_check')).toEqual([]);
    expect(db.prepare(MISCOUNTED).all()).toEqual([]);
    const twice =
      'SELECT idempotency_key FROM jobs WHERE idempotency_key IS NOT NULL GROUP BY idempotency_key HAVING count(*) > 1';
    expect(db.prepare(twice).all()).toEqual([]);
    expect(db.prepare('SELECT id FROM jobs WHERE attempt > max_retries + 1').all()).toEqual([]);
  });
}
