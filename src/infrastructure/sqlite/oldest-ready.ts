import type Database from 'better-sqlite3';

/** Runs that are found at most, each with the look that finds no further one: about four milliseconds of work. */
const RUNS_LIMIT = 2000;
/** Rows that are looked at in one run and in all, at most: about four milliseconds if each is on a page of its own. */
const RUN_LOOK_LIMIT = 500;
const LOOK_LIMIT = 1000;
/** Rows that are looked at in one go. */
const CHUNK = 100;

/**
 * The first row of each run, skipping from one run of a queue to the next. The queue of a recursive select is first in,
 * first out: if the limit cuts anything, it is the lower priorities. test/unit/sqlite checks the plans.
 */
export const FIRST_OF_RUNS = `WITH RECURSIVE runs(first) AS (
    SELECT (
      SELECT rowid FROM jobs INDEXED BY idx_jobs_ready
      WHERE queue_name = c.queue_name AND ready = 1 ORDER BY priority DESC, rowid LIMIT 1)
    FROM job_counts c INDEXED BY idx_job_counts_ready WHERE c.ready > 0
    UNION ALL
    SELECT (
      SELECT rowid FROM jobs INDEXED BY idx_jobs_ready
      WHERE queue_name = j.queue_name AND ready = 1 AND priority < j.priority ORDER BY priority DESC, rowid LIMIT 1)
    FROM runs CROSS JOIN jobs j ON j.rowid = runs.first
    LIMIT ?)
  SELECT j.queue_name, j.priority, j.rowid, j.created_at, j.visible_at FROM runs CROSS JOIN jobs j ON j.rowid = runs.first`;
export const NEXT_OF_RUN = `SELECT count(*), max(rowid), max(created_at), min(visible_at) FROM (
    SELECT rowid, created_at, visible_at FROM jobs INDEXED BY idx_jobs_ready
    WHERE queue_name = ? AND ready = 1 AND priority = ? AND rowid > ? ORDER BY rowid LIMIT ${CHUNK})`;

/** The ready jobs of one queue and priority, with what the first of them says. */
type Run = readonly [
  queueName: string,
  priority: number,
  firstRowid: number,
  createdAt: number,
  visibleAt: number,
];

/** Some jobs of a run; nulls when there are none. */
type Chunk = readonly [
  count: number,
  lastRowid: number | null,
  lastCreatedAt: number | null,
  firstVisibleAt: number | null,
];

/**
 * Finds the instant at which the first of the ready jobs fell due. An index on it would tell at once, but cost 7 % of
 * the time of a batch insert. Instead idx_jobs_ready is read run by run, a run being the jobs of one queue and
 * priority. They are in the order of their creation there, and none is due before it was created: a run need not be
 * read further than to the first job that was created after the oldest instant found so far. Where jobs are neither
 * delayed nor retried, that is the first of each run.
 */
export class OldestReady {
  readonly #firstOfRuns: Database.Statement<[number], Run>;
  readonly #next: Database.Statement<[string, number, number], Chunk>;

  constructor(db: Database.Database) {
    this.#firstOfRuns = db.prepare<[number], Run>(FIRST_OF_RUNS).raw();
    this.#next = db.prepare<[string, number, number], Chunk>(NEXT_OF_RUN).raw();
  }

  /** Epoch milliseconds; null when no job is ready. To be called inside a transaction: it reads more than once. */
  read(): number | null {
    const runs = this.#firstOfRuns.all(RUNS_LIMIT);
    if (runs.length === 0) return null;
    let oldest = runs.reduce((least, [, , , , visibleAt]) => Math.min(least, visibleAt), Infinity);
    let looks = 0;
    const promising = runs.filter(([, , , createdAt]) => createdAt < oldest);
    // Those that may go back furthest come first: what they tell spares the others.
    for (const run of promising.sort(([, , , a], [, , , b]) => a - b)) {
      const [, , , createdAt] = run;
      if (createdAt >= oldest || looks >= LOOK_LIMIT) break;
      const read = this.#readRun(run, oldest, Math.min(RUN_LOOK_LIMIT, LOOK_LIMIT - looks));
      oldest = read.oldest;
      looks += read.looks;
    }
    return oldest;
  }

  /** @param oldest found so far */
  #readRun(
    [queueName, priority, firstRowid]: Run,
    oldest: number,
    limit: number,
  ): { readonly oldest: number; readonly looks: number } {
    let looks = 0;
    let after: number | null = firstRowid;
    while (after !== null && looks < limit) {
      const chunk = this.#next.get(queueName, priority, after);
      if (!chunk) break;
      const [count, lastRowid, lastCreatedAt, firstVisibleAt] = chunk;
      looks += count;
      oldest = Math.min(oldest, firstVisibleAt ?? oldest);
      const mayGoOn: boolean = count === CHUNK && lastCreatedAt !== null && lastCreatedAt < oldest;
      after = mayGoOn ? lastRowid : null;
    }
    return { oldest, looks };
  }
}
