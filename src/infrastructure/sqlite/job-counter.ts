import type Database from 'better-sqlite3';
import type { JobStatus } from '../../domain/job/job.js';

/** The columns of job_counts: the statuses, with pending split as the indexes split it. */
export type JobCount = 'ready' | 'delayed' | Exclude<JobStatus, 'pending'>;

export function countOf(status: JobStatus, ready: boolean): JobCount {
  if (status !== 'pending') return status;
  return ready ? 'ready' : 'delayed';
}

/**
 * Collects what a transaction changes in job_counts, so that it costs one statement a queue instead of one a job.
 */
export class JobCounter {
  readonly #upsert: Database.Statement;
  readonly #pending: Database.Statement<[string], number>;
  readonly #total: Database.Statement<[], number | null>;
  /** All jobs as they are stored, once somebody has asked in this transaction. */
  #storedTotal: number | undefined;
  #deltas = new Map<string, Record<JobCount, number>>();

  constructor(db: Database.Database) {
    this.#upsert = db.prepare(
      `INSERT INTO job_counts (queue_name, ready, delayed, running, completed, dead) VALUES (?, ?, ?, ?, ?, ?)
       ON CONFLICT (queue_name) DO UPDATE SET
         ready = ready + excluded.ready, delayed = delayed + excluded.delayed, running = running + excluded.running,
         completed = completed + excluded.completed, dead = dead + excluded.dead`,
    );
    this.#pending = db
      .prepare<[string], number>('SELECT ready + delayed FROM job_counts WHERE queue_name = ?')
      .pluck();
    this.#total = db
      .prepare<[], number | null>('SELECT sum(ready + delayed + running + completed + dead) FROM job_counts')
      .pluck();
  }

  /** The pending jobs of the queue, with what this transaction has changed. */
  pending(queueName: string): number {
    const delta = this.#deltas.get(queueName);
    return (this.#pending.get(queueName) ?? 0) + (delta ? delta.ready + delta.delayed : 0);
  }

  /** All jobs, likewise. */
  total(): number {
    let total = (this.#storedTotal ??= this.#total.get() ?? 0);
    for (const { ready, delayed, running, completed, dead } of this.#deltas.values()) {
      total += ready + delayed + running + completed + dead;
    }
    return total;
  }

  add(queueName: string, count: JobCount, change: number): void {
    let delta = this.#deltas.get(queueName);
    if (!delta) {
      delta = { ready: 0, delayed: 0, running: 0, completed: 0, dead: 0 };
      this.#deltas.set(queueName, delta);
    }
    delta[count] += change;
  }

  /** Stores what was collected: at the end of each transaction, and before the counts are read within one. */
  flush(): void {
    const deltas = this.#deltas;
    this.#deltas = new Map();
    this.#storedTotal = undefined;
    for (const [queueName, { ready, delayed, running, completed, dead }] of deltas) {
      this.#upsert.run(queueName, ready, delayed, running, completed, dead);
    }
  }

  /** Forgets what a transaction had collected that failed. */
  reset(): void {
    this.#deltas.clear();
    this.#storedTotal = undefined;
  }
}
