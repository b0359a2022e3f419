import type Database from 'better-sqlite3';
import type { NewJob } from '../../domain/job/job.js';
import type { JobsRefused } from '../../application/ports/job-store.js';
import type { SqliteDatabase } from './sqlite-database.js';

/**
 * How many jobs there may be: pending ones of a queue, by its max_depth, and stored ones in all. Both are told by the
 * kept counts; where neither is limited nothing is asked. To be called inside a transaction.
 */
export class JobLimit {
  readonly #db: SqliteDatabase;
  readonly #maxJobs: number;
  readonly #maxDepth: Database.Statement<[string], number | null>;
  readonly #byKey: Database.Statement<[string], number>;

  /** @param maxJobs infinite: as many as the disk holds */
  constructor(db: SqliteDatabase, maxJobs: number) {
    this.#db = db;
    this.#maxJobs = maxJobs;
    this.#maxDepth = db.connection
      .prepare<[string], number | null>('SELECT max_depth FROM queues WHERE name = ?')
      .pluck();
    this.#byKey = db.connection
      .prepare<[string], number>('SELECT 1 FROM jobs WHERE idempotency_key = ?')
      .pluck();
  }

  /** Why these may not be inserted, all of them or none; null: they may. */
  refusal(jobs: readonly NewJob[], maxDepths: ReadonlyMap<string, number>): JobsRefused | null {
    if (maxDepths.size === 0 && this.#maxJobs === Infinity) return null;
    // Looked for only when there may be too many, as each costs a statement.
    let fresh: readonly NewJob[] | undefined;
    const exceed = (room: number, queueName?: string): boolean => {
      const count = (of: readonly NewJob[]) =>
        queueName === undefined ? of.length : of.filter((job) => job.queueName === queueName).length;
      if (count(jobs) <= room) return false;
      const more = count((fresh ??= this.#fresh(jobs)));
      // There may be more already than a limit that was lowered allows.
      return more > 0 && more > room;
    };
    const { counter } = this.#db;
    for (const [queueName, maxDepth] of maxDepths) {
      if (exceed(maxDepth - counter.pending(queueName), queueName)) return { kind: 'queue_full', queueName };
    }
    if (this.#maxJobs !== Infinity && exceed(this.#maxJobs - counter.total())) return 'too_many_jobs';
    return null;
  }

  /** The same for a job of a schedule. */
  refusalOf(job: NewJob): JobsRefused | null {
    const maxDepth = this.#maxDepth.get(job.queueName) ?? null;
    return this.refusal([job], new Map(maxDepth === null ? [] : [[job.queueName, maxDepth]]));
  }

  /** Without those whose idempotency key is taken, by a stored job or one before them. */
  #fresh(jobs: readonly NewJob[]): NewJob[] {
    const keys = new Set<string>();
    return jobs.filter(({ idempotencyKey: key }) => {
      if (key === null) return true;
      if (keys.has(key) || this.#byKey.get(key) !== undefined) return false;
      keys.add(key);
      return true;
    });
  }
}
