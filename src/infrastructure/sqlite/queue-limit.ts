import type Database from 'better-sqlite3';

/**
 * How many queues there may be. They are counted, in the transaction that would add to them, only when one is missing:
 * every job passes here, and few bring a new queue. To be called inside a transaction.
 */
export class QueueLimit {
  readonly #max: number;
  readonly #count: Database.Statement<[], number>;
  readonly #countWithScheduled: Database.Statement<[], number>;
  readonly #isKnown: Database.Statement<[string, string], number>;

  constructor(db: Database.Database, max: number) {
    this.#max = max;
    this.#count = db.prepare<[], number>('SELECT count(*) FROM queues').pluck();
    this.#countWithScheduled = db
      .prepare<[], number>(
        'SELECT count(*) FROM (SELECT name FROM queues UNION SELECT queue_name FROM schedules)',
      )
      .pluck();
    this.#isKnown = db
      .prepare<[string, string], number>(
        'SELECT 1 FROM queues WHERE name = ? UNION ALL SELECT 1 FROM schedules WHERE queue_name = ? LIMIT 1',
      )
      .pluck();
  }

  /** Is there room for so many more queues? */
  admits(more: number): boolean {
    return (this.#count.get() ?? 0) + more <= this.#max;
  }

  /** May a schedule have this queue, which its first tick would make? The queues of other schedules count as made. */
  admitsScheduled(queueName: string): boolean {
    if (this.#isKnown.get(queueName, queueName) !== undefined) return true;
    return (this.#countWithScheduled.get() ?? 0) < this.#max;
  }
}
