import { setImmediate as turn } from 'node:timers/promises';
import Database from 'better-sqlite3';
import type { JobCount } from './job-counter.js';
import type { SqliteDatabase } from './sqlite-database.js';

type Counts = Readonly<Record<JobCount, number>>;

/** Queues that one step looks at. */
const QUEUES_A_STEP = 50;
/** Jobs that are counted in one turn of the event loop: about three milliseconds of work. */
const JOBS_A_TURN = 5000;

// Each statement names its index; test/unit/sqlite checks the plans.
export const SELECT_COUNTED: Readonly<Record<JobCount, string>> = {
  ready: 'SELECT 1 FROM jobs INDEXED BY idx_jobs_ready WHERE queue_name = ? AND ready = 1',
  delayed: `SELECT 1 FROM jobs INDEXED BY idx_jobs_delayed_queue
    WHERE queue_name = ? AND status = 'pending' AND ready = 0`,
  running: "SELECT 1 FROM jobs INDEXED BY idx_jobs_reaper WHERE status = 'running' AND queue_name = ?",
  completed: `SELECT 1 FROM jobs INDEXED BY idx_jobs_queue_status
    WHERE queue_name = ? AND status = 'completed' AND status <> 'running'`,
  dead: `SELECT 1 FROM jobs INDEXED BY idx_jobs_queue_status
    WHERE queue_name = ? AND status = 'dead' AND status <> 'running'`,
};
const COUNTS = Object.keys(SELECT_COUNTED) as readonly JobCount[];

/**
 * Compares job_counts with the jobs, which somebody may have deleted or inserted by hand. A queue with a million jobs
 * takes many turns of the event loop: a connection of its own keeps one state of the file in view meanwhile. What the
 * counts are off by in that state they are off by afterwards as well, as every write changes both alike; so it is the
 * difference that is stored.
 */
export class JobRecount {
  readonly #db: SqliteDatabase;
  readonly #suspects = new Set<string>();
  /** Queues to be looked at; undefined before the first step. */
  #left: string[] | undefined;
  #reader: Database.Database | undefined;

  constructor(db: SqliteDatabase) {
    this.#db = db;
  }

  /** The queue's counts are known to be wrong: it comes first. */
  suspect(queueName: string): void {
    this.#suspects.add(queueName);
  }

  /** @returns whether queues are left */
  async step(): Promise<boolean> {
    this.#left ??= await this.#db.read(() => this.#names());
    for (let looked = 0; looked < QUEUES_A_STEP; looked += 1) {
      const name = first(this.#suspects) ?? this.#left.pop();
      if (name === undefined) break;
      await this.#recount(name);
      this.#suspects.delete(name);
    }
    const more = this.#suspects.size + this.#left.length > 0;
    if (!more) this.close();
    return more;
  }

  close(): void {
    this.#reader?.close();
    this.#reader = undefined;
  }

  #names(): string[] {
    return this.#db.connection
      .prepare<[], string>('SELECT queue_name FROM job_counts UNION SELECT name FROM queues')
      .pluck()
      .all();
  }

  async #recount(queueName: string): Promise<void> {
    const reader = (this.#reader ??= new Database(this.#db.connection.name, { readonly: true }));
    reader.exec('BEGIN');
    try {
      const was = countsIn(reader, queueName);
      const is = { ready: 0, delayed: 0, running: 0, completed: 0, dead: 0 };
      for (const count of COUNTS) is[count] = await jobsIn(reader, SELECT_COUNTED[count], queueName);
      const wrong = COUNTS.filter((count) => was[count] !== is[count]);
      if (wrong.length === 0) return;
      await this.#db.write(() => {
        for (const count of wrong) this.#db.counter.add(queueName, count, is[count] - was[count]);
      });
      this.#db.logger.warn('counts corrected', {
        queue: queueName,
        was: wrong.map((count) => `${was[count]} ${count}`),
        is: wrong.map((count) => `${is[count]} ${count}`),
      });
    } finally {
      reader.exec('COMMIT');
    }
  }
}

function countsIn(reader: Database.Database, queueName: string): Counts {
  const counts = reader
    .prepare<[string], Counts>(`SELECT ${COUNTS.join(', ')} FROM job_counts WHERE queue_name = ?`)
    .get(queueName);
  return counts ?? { ready: 0, delayed: 0, running: 0, completed: 0, dead: 0 };
}

async function jobsIn(reader: Database.Database, select: string, queueName: string): Promise<number> {
  let jobs = 0;
  const rows = reader.prepare<[string]>(select).raw().iterate(queueName);
  while (rows.next().done !== true) {
    jobs += 1;
    if (jobs % JOBS_A_TURN === 0) await turn();
  }
  return jobs;
}

function first(names: ReadonlySet<string>): string | undefined {
  for (const name of names) return name;
  return undefined;
}
