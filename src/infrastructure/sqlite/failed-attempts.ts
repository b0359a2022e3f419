import type Database from 'better-sqlite3';
import { FAILED_ATTEMPTS_KEPT } from '../../application/limits.js';
import type { FailedAttempt } from '../../domain/job/outcome.js';

/** Rows that one step deletes at most: a few milliseconds of work. */
const STEP = 500;

/** What lies between the first and the last ones that a job keeps. */
export const SELECT_SURPLUS = `SELECT id, omitted_before FROM failed_attempts INDEXED BY idx_failed_attempts_job
  WHERE job_id = ? AND id < (
    SELECT id FROM failed_attempts INDEXED BY idx_failed_attempts_job
    WHERE job_id = ? ORDER BY id DESC LIMIT 1 OFFSET ${FAILED_ATTEMPTS_KEPT - 1})
  ORDER BY id LIMIT ${STEP} OFFSET ${FAILED_ATTEMPTS_KEPT}`;
export const DELETE_SURPLUS = `DELETE FROM failed_attempts INDEXED BY idx_failed_attempts_job
  WHERE job_id = ? AND id BETWEEN ? AND ?`;
export const COUNT_OMITTED = `UPDATE failed_attempts SET omitted_before = omitted_before + ?
  WHERE id = (
    SELECT id FROM failed_attempts INDEXED BY idx_failed_attempts_job
    WHERE job_id = ? AND id > ? ORDER BY id LIMIT 1)`;

type SurplusRow = readonly [id: number, omittedBefore: number];

/** The failed attempts of jobs; a job keeps its first and its last ones. To be used inside a transaction. */
export class FailedAttempts {
  readonly #insert: Database.Statement;
  readonly #selectSurplus: Database.Statement<[string, string], SurplusRow>;
  readonly #deleteSurplus: Database.Statement<[string, number, number]>;
  readonly #countOmitted: Database.Statement<[number, string, number]>;

  constructor(db: Database.Database) {
    this.#insert = db.prepare(
      `INSERT INTO failed_attempts (job_id, number, started_at, finished_at, status_code, error, response_excerpt)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#selectSurplus = db.prepare<[string, string], SurplusRow>(SELECT_SURPLUS).raw();
    this.#deleteSurplus = db.prepare(DELETE_SURPLUS);
    this.#countOmitted = db.prepare(COUNT_OMITTED);
  }

  insert(jobId: string, attempt: FailedAttempt): void {
    this.#insert.run(
      jobId,
      attempt.number,
      attempt.startedAt,
      attempt.finishedAt,
      attempt.statusCode,
      attempt.error,
      attempt.responseExcerpt,
    );
  }

  /**
   * Deletes what a job need not keep, in a bounded step.
   * @param claims how often the job was claimed, which is its lease token: it has at most so many failed attempts
   * @returns partly: there may be more. A file of an earlier version may have any number of them.
   */
  thinOut(jobId: string, claims: number): 'done' | 'partly' {
    if (claims <= 2 * FAILED_ATTEMPTS_KEPT) return 'done';
    const surplus = this.#selectSurplus.all(jobId, jobId);
    const [first] = surplus;
    const last = surplus.at(-1);
    if (first === undefined || last === undefined) return 'done';
    const omitted = surplus.reduce((sum, [, omittedBefore]) => sum + omittedBefore, surplus.length);
    this.#deleteSurplus.run(jobId, first[0], last[0]);
    this.#countOmitted.run(omitted, jobId, last[0]);
    return surplus.length < STEP ? 'done' : 'partly';
  }
}
