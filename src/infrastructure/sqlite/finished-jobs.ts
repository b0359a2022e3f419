import type Database from 'better-sqlite3';
import { FAILED_ATTEMPTS_KEPT } from '../../application/limits.js';
import type { PruneOutcome, PruneRequest } from '../../application/ports/job-store.js';
import { FOR_EVER } from '../../domain/job/retention.js';
import type { JobWriter } from './job-writer.js';

type Status = 'completed' | 'dead';

interface QueueRow {
  readonly name: string;
  readonly completed: number | null;
  readonly dead: number | null;
}

interface FinishedRow {
  readonly rowid: number;
  readonly id: string;
  readonly leaseToken: number;
}

// A queue that was deleted has counts still, and no retention of its own.
export const SELECT_RETENTIONS = `SELECT c.queue_name AS name, q.retention_completed_ms AS completed,
    q.retention_dead_ms AS dead
  FROM job_counts c LEFT JOIN queues q ON q.name = c.queue_name
  WHERE c.queue_name > ? ORDER BY c.queue_name LIMIT ?`;
export const SELECT_FINISHED = `SELECT rowid, id, lease_token AS leaseToken FROM jobs INDEXED BY idx_jobs_finished
  WHERE queue_name = ? AND status = ? AND completed_at IS NOT NULL AND completed_at < ?
  ORDER BY completed_at LIMIT ?`;

/** What one step does at most, each a few milliseconds of work. */
const STEP_QUEUES = 500;
const STEP_ATTEMPTS = 1000;

/** Deletes finished jobs whose time is over, queue by queue in the order of their names. */
export class FinishedJobs {
  readonly #writer: JobWriter;
  readonly #retentions: Database.Statement<[string, number], QueueRow>;
  readonly #finished: Database.Statement<[string, Status, number, number], FinishedRow>;

  constructor(db: Database.Database, writer: JobWriter) {
    this.#writer = writer;
    this.#retentions = db.prepare(SELECT_RETENTIONS);
    this.#finished = db.prepare(SELECT_FINISHED);
  }

  /** To be called inside a transaction. */
  prune({ now, retention, limit, after = '' }: PruneRequest): PruneOutcome {
    const queues = this.#retentions.all(after, STEP_QUEUES);
    const room = { jobs: limit, attempts: STEP_ATTEMPTS };
    let done = after;
    for (const queue of queues) {
      for (const status of ['completed', 'dead'] as const) {
        const keptMs = queue[status] ?? retention[status];
        if (keptMs >= FOR_EVER || this.#pruneRun(queue.name, status, now - keptMs, room)) continue;
        return { deleted: limit - room.jobs, next: done };
      }
      done = queue.name;
    }
    return { deleted: limit - room.jobs, next: queues.length < STEP_QUEUES ? null : done };
  }

  /** @returns whether none of these jobs is left */
  #pruneRun(
    queueName: string,
    status: Status,
    completedBefore: number,
    room: { jobs: number; attempts: number },
  ): boolean {
    const wanted = room.jobs;
    const finished = this.#finished.all(queueName, status, completedBefore, wanted);
    for (const { rowid, id, leaseToken } of finished) {
      room.attempts -= Math.min(leaseToken, 2 * FAILED_ATTEMPTS_KEPT);
      if (room.attempts < 0) return false;
      if (this.#writer.delete(id, leaseToken, { rowid, queueName, count: status }) === 'partly') return false;
      room.jobs -= 1;
    }
    return finished.length < wanted;
  }
}
