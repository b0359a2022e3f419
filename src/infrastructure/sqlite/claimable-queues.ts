import type Database from 'better-sqlite3';
import type { ClaimRequest } from '../../application/ports/job-store.js';
import { claimable, type QueueSnapshot } from '../../domain/queue/claim-plan.js';

interface Row {
  readonly name: string;
  readonly ready: number;
  readonly running: number;
  readonly maxConcurrency: number;
  readonly rateLimitRps: number | null;
  readonly tokens: number | null;
  readonly tokensAt: number | null;
}

function selectWaiting(condition: string): string {
  return `SELECT q.name, c.ready, c.running, q.max_concurrency AS maxConcurrency, q.rate_limit_rps AS rateLimitRps,
      q.tokens, q.tokens_at AS tokensAt
    FROM job_counts c CROSS JOIN queues q ON q.name = c.queue_name
    WHERE c.ready > 0 AND q.paused = 0 AND c.running < q.max_concurrency AND ${condition}
    ORDER BY c.queue_name`;
}

// test/unit/sqlite checks its plan.
export const SELECT_WAITING_AFTER = selectWaiting('c.queue_name > ?');

/**
 * Queues that have ready jobs, are not paused and are below their concurrency, read in the order of their names from
 * the index on exactly those counts: ten thousand idle queues cost a claim nothing.
 */
export class ClaimableQueues {
  readonly #after: Database.Statement<[string], Row>;
  readonly #among: Database.Statement<[string], Row>;
  /** The last queue offered. The next offer starts behind it, so that each queue has its turn. */
  #cursor = '';

  constructor(db: Database.Database) {
    this.#after = db.prepare(SELECT_WAITING_AFTER);
    this.#among = db.prepare(selectWaiting('c.queue_name IN (SELECT value FROM json_each(?))'));
  }

  /** Up to `limit` queues that may start a job now; of more queues than that, each gets its turn. */
  offer({ queues, slots: limit, now, admission }: ClaimRequest): QueueSnapshot[] {
    const offered: QueueSnapshot[] = [];
    for (const queue of this.#inTurn(queues)) {
      if (claimable(queue, now) > 0 && admission?.queue(queue.name) !== false) offered.push(queue);
      if (offered.length >= limit) break;
    }
    this.#cursor = offered.at(-1)?.name ?? this.#cursor;
    return offered;
  }

  /** All that have ready jobs and room, whether or not they have a token. */
  *waiting(names: readonly string[]): Generator<QueueSnapshot> {
    const rows = names.length > 0 ? this.#among.iterate(JSON.stringify(names)) : this.#after.iterate('');
    for (const row of rows) yield toSnapshot(row);
  }

  *#inTurn(names: readonly string[]): Generator<QueueSnapshot> {
    const cursor = this.#cursor;
    if (names.length > 0) {
      const queues = [...this.waiting(names)];
      yield* queues.filter(({ name }) => name > cursor);
      yield* queues.filter(({ name }) => name <= cursor);
      return;
    }
    for (const row of this.#after.iterate(cursor)) yield toSnapshot(row);
    for (const row of this.#after.iterate('')) {
      if (row.name > cursor) return;
      yield toSnapshot(row);
    }
  }
}

function toSnapshot(row: Row): QueueSnapshot {
  const { tokens, tokensAt } = row;
  return {
    name: row.name,
    paused: false,
    ready: row.ready,
    running: row.running,
    maxConcurrency: row.maxConcurrency,
    rateLimitRps: row.rateLimitRps,
    bucket: tokens === null || tokensAt === null ? null : { tokens, refilledAt: tokensAt },
  };
}
