import type Database from 'better-sqlite3';
import type { ClaimRequest } from '../../application/ports/job-store.js';
import { claimable, type QueueSnapshot } from '../../domain/queue/claim-plan.js';
import { isAhead, nextTokenAt, refill } from '../../domain/queue/token-bucket.js';

interface Row {
  readonly name: string;
  readonly ready: number;
  readonly running: number;
  readonly maxConcurrency: number;
  readonly rateLimitRps: number | null;
  readonly tokens: number | null;
  readonly tokensAt: number | null;
  /** null but for those that wait for it. */
  readonly nextTokenAt: number | null;
}

/**
 * Queues that a claim looks at, at most, and marks if they have no token: a few milliseconds of work. Thousands may wait
 * for a token, or for a slot at an origin that hangs.
 */
const LOOK_LIMIT = 500;
/** When a claim that gave nothing has not looked at all queues, the next one goes on after this. */
const LOOK_AGAIN_MS = 25;

function selectWaiting(counts: string, condition: string, order: string): string {
  return `SELECT q.name, c.ready, c.running, q.max_concurrency AS maxConcurrency, q.rate_limit_rps AS rateLimitRps,
      q.tokens, q.tokens_at AS tokensAt, c.next_token_at AS nextTokenAt
    FROM ${counts} CROSS JOIN queues q ON q.name = c.queue_name
    WHERE c.ready > 0 AND q.paused = 0 AND c.running < q.max_concurrency AND ${condition}
    ORDER BY ${order}`;
}

// Each statement names its index; test/unit/sqlite checks the plans.
const BY_TOKEN = 'job_counts c INDEXED BY idx_job_counts_ready';
export const SELECT_WAITING_AFTER = selectWaiting(
  BY_TOKEN,
  'c.next_token_at IS NULL AND c.queue_name > ?',
  'c.queue_name',
);
export const SELECT_WAITING_FOR_TOKENS = selectWaiting(
  BY_TOKEN,
  'c.next_token_at IS NOT NULL',
  'c.next_token_at',
);
export const NEXT_TOKEN = `SELECT next_token_at FROM job_counts INDEXED BY idx_job_counts_ready
  WHERE ready > 0 AND next_token_at IS NOT NULL ORDER BY next_token_at LIMIT 1`;
export const UNMARK_DUE = `UPDATE job_counts SET next_token_at = NULL
  WHERE queue_name IN (
    SELECT queue_name FROM job_counts INDEXED BY idx_job_counts_ready
    WHERE ready > 0 AND next_token_at <= ? ORDER BY next_token_at LIMIT ?)`;

/**
 * Queues that have ready jobs, are not paused and are below their concurrency, read in the order of their names from
 * the index on exactly those counts: ten thousand idle queues cost a claim nothing. A queue that is found to have no
 * token is marked with the instant of its next one, and not read again before.
 */
export class ClaimableQueues {
  readonly #after: Database.Statement<[string], Row>;
  readonly #among: Database.Statement<[string], Row>;
  readonly #forTokens: Database.Statement<[], Row>;
  readonly #nextToken: Database.Statement<[], number>;
  readonly #mark: Database.Statement<[number, string]>;
  /** A bucket from before the clock was set back fills from now on. */
  readonly #restart: Database.Statement<[number, number, string]>;
  readonly #unmarkDue: Database.Statement<[number, number]>;
  readonly #unmarkAll: Database.Statement<[]>;
  /** The last queue looked at. The next offer starts behind it, so that each queue has its turn. */
  #cursor = '';
  /** The time of the last claim. */
  #claimedAt = Number.POSITIVE_INFINITY;

  constructor(db: Database.Database) {
    this.#after = db.prepare(SELECT_WAITING_AFTER);
    this.#among = db.prepare(
      selectWaiting('job_counts c', 'c.queue_name IN (SELECT value FROM json_each(?))', 'c.queue_name'),
    );
    this.#forTokens = db.prepare(SELECT_WAITING_FOR_TOKENS);
    this.#nextToken = db.prepare<[], number>(NEXT_TOKEN).pluck();
    this.#mark = db.prepare('UPDATE job_counts SET next_token_at = ? WHERE queue_name = ?');
    this.#restart = db.prepare('UPDATE queues SET tokens = ?, tokens_at = ? WHERE name = ?');
    this.#unmarkDue = db.prepare(UNMARK_DUE);
    this.#unmarkAll = db.prepare(
      'UPDATE job_counts SET next_token_at = NULL WHERE next_token_at IS NOT NULL',
    );
  }

  /**
   * Up to `slots` queues that may start a job now; of more queues than that, each gets its turn. To be called inside
   * a transaction.
   */
  offer({ queues, slots, now, admission }: ClaimRequest): QueueSnapshot[] {
    this.#unmark(now);
    const offered: QueueSnapshot[] = [];
    const withoutToken: QueueSnapshot[] = [];
    let looked = 0;
    for (const queue of this.#inTurn(queues)) {
      this.#cursor = queue.name;
      looked += 1;
      if (claimable(queue, now) === 0) withoutToken.push(queue);
      else if (admission?.queue(queue.name) !== false) offered.push(queue);
      if (offered.length >= slots || looked >= LOOK_LIMIT) break;
    }
    for (const queue of withoutToken) this.#wait(queue, now);
    return offered;
  }

  /**
   * When the next offer may give something, epoch milliseconds; `now` or earlier when it would; infinite when nothing
   * is foreseen.
   * @param names only these queues; empty: all
   */
  nextOfferAt(names: readonly string[], admits: (queueName: string) => boolean, now: number): number {
    let next = Number.POSITIVE_INFINITY;
    let looked = 0;
    for (const queue of this.#inTurn(names)) {
      if (admits(queue.name)) next = Math.min(next, tokenAt(queue, now));
      if (next <= now) return now;
      looked += 1;
      if (looked < LOOK_LIMIT) continue;
      // Those that wait for a token are to be marked by the next claims.
      return next === Number.POSITIVE_INFINITY ? now + LOOK_AGAIN_MS : now;
    }
    return Math.min(next, this.#nextTokenOf(names, admits));
  }

  /** Of the queues that are marked. */
  #nextTokenOf(names: readonly string[], admits: (queueName: string) => boolean): number {
    const rows =
      names.length > 0 ? this.#among.all(JSON.stringify(names)).sort(byToken) : this.#forTokens.iterate();
    for (const { name, nextTokenAt } of rows) if (nextTokenAt !== null && admits(name)) return nextTokenAt;
    return Number.POSITIVE_INFINITY;
  }

  #wait(queue: QueueSnapshot, now: number): void {
    const { name, rateLimitRps, bucket } = queue;
    this.#mark.run(tokenAt(queue, now), name);
    if (rateLimitRps === null || bucket === null || !isAhead(bucket.refilledAt, now)) return;
    const { tokens, refilledAt } = refill(bucket, rateLimitRps, now);
    this.#restart.run(tokens, refilledAt, name);
  }

  *#inTurn(names: readonly string[]): Generator<QueueSnapshot> {
    const cursor = this.#cursor;
    if (names.length > 0) {
      const rows = this.#among.all(JSON.stringify(names)).filter((row) => row.nextTokenAt === null);
      yield* rows.filter(({ name }) => name > cursor).map(toSnapshot);
      yield* rows.filter(({ name }) => name <= cursor).map(toSnapshot);
      return;
    }
    for (const row of this.#after.iterate(cursor)) yield toSnapshot(row);
    for (const row of this.#after.iterate('')) {
      if (row.name > cursor) return;
      yield toSnapshot(row);
    }
  }

  /** Queues that may have gained a token are to be looked at again. */
  #unmark(now: number): void {
    // When the clock was set back, maybe while no process ran, the instants are of no use.
    if (isAhead(this.#claimedAt, now)) this.#unmarkAll.run();
    else if ((this.#nextToken.get() ?? Number.POSITIVE_INFINITY) <= now) this.#unmarkDue.run(now, LOOK_LIMIT);
    this.#claimedAt = now;
  }
}

function byToken(a: Row, b: Row): number {
  return (a.nextTokenAt ?? 0) - (b.nextTokenAt ?? 0);
}

/** When the queue has a token, epoch milliseconds. */
function tokenAt({ rateLimitRps, bucket }: QueueSnapshot, now: number): number {
  return rateLimitRps === null || bucket === null ? now : nextTokenAt(bucket, rateLimitRps, now);
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
