import { asc, count, desc, eq, sql } from 'drizzle-orm';
import { changeQueue, type Queue, type QueueChange } from '../../domain/queue/queue.js';
import type {
  QueueSearch,
  QueuesFound,
  QueueStats,
  QueueStore,
} from '../../application/ports/queue-store.js';
import type { JobCounts } from '../../application/ports/job-queries.js';
import type { QueueLimit } from './queue-limit.js';
import { jobCounts, queues } from './schema.js';
import type { SqliteDatabase } from './sqlite-database.js';

/** Of a queue in a left join: zeros for one that never had a job. */
const COUNTS = {
  pending: sql<number>`coalesce(${jobCounts.ready} + ${jobCounts.delayed}, 0)`,
  delayed: sql<number>`coalesce(${jobCounts.delayed}, 0)`,
  running: sql<number>`coalesce(${jobCounts.running}, 0)`,
  completed: sql<number>`coalesce(${jobCounts.completed}, 0)`,
  dead: sql<number>`coalesce(${jobCounts.dead}, 0)`,
};

export class SqliteQueueStore implements QueueStore {
  readonly #db: SqliteDatabase;
  readonly #limit: QueueLimit;
  /** Asked for at each failed attempt. */
  readonly #byName;

  constructor(db: SqliteDatabase, limit: QueueLimit) {
    this.#db = db;
    this.#limit = limit;
    this.#byName = db.orm
      .select()
      .from(queues)
      .where(eq(queues.name, sql.placeholder('name')))
      .prepare();
  }

  create(queue: Queue): Promise<'created' | 'exists' | 'too_many_queues'> {
    return this.#db.write(() => {
      if (this.#select(queue.name)) return 'exists';
      if (!this.#limit.admits(1)) return 'too_many_queues';
      this.#db.orm.insert(queues).values(toRow(queue)).run();
      return 'created';
    });
  }

  get(name: string): Promise<Queue | null> {
    return this.#db.read(() => this.#select(name));
  }

  list(): Promise<Queue[]> {
    return this.#db.read(() =>
      this.#db.orm.select().from(queues).orderBy(asc(queues.name)).all().map(toQueue),
    );
  }

  search({ text, order, limit, offset }: QueueSearch): Promise<QueuesFound> {
    return this.#db.snapshot(() => {
      const matches = sql`instr(lower(${queues.name}), lower(${text})) > 0`;
      const found = this.#db.orm
        .select({ queue: queues, counts: COUNTS })
        .from(queues)
        .leftJoin(jobCounts, eq(jobCounts.queueName, queues.name))
        .where(matches)
        .orderBy(...(order === 'name' ? [] : [desc(COUNTS[order])]), asc(queues.name))
        .limit(limit)
        .offset(offset)
        .all();
      const total = this.#db.orm.select({ n: count() }).from(queues).where(matches).get()?.n ?? 0;
      return { queues: found.map(toStats), total };
    });
  }

  update(name: string, change: QueueChange, now: number): Promise<Queue | null> {
    return this.#db.write(() => {
      const queue = this.#select(name);
      if (!queue) return null;
      const changed = changeQueue(queue, change, now);
      this.#db.orm.update(queues).set(toRow(changed)).where(eq(queues.name, name)).run();
      this.#forgetNextToken(name);
      return changed;
    });
  }

  remove(name: string): Promise<'deleted' | 'active' | 'missing'> {
    return this.#db.write(() => {
      this.#db.counter.flush();
      const counts = this.#db.orm.select().from(jobCounts).where(eq(jobCounts.queueName, name)).get();
      if (counts && counts.ready + counts.delayed + counts.running > 0) return 'active';
      const { changes } = this.#db.orm.delete(queues).where(eq(queues.name, name)).run();
      this.#forgetNextToken(name);
      return changes === 1 ? 'deleted' : 'missing';
    });
  }

  /** Under other settings it may come earlier: the next claim finds out. */
  #forgetNextToken(name: string): void {
    this.#db.orm.update(jobCounts).set({ nextTokenAt: null }).where(eq(jobCounts.queueName, name)).run();
  }

  #select(name: string): Queue | null {
    const row = this.#byName.get({ name });
    return row ? toQueue(row) : null;
  }
}

function toRow({ bucket, ...queue }: Queue): typeof queues.$inferInsert {
  return { ...queue, tokens: bucket?.tokens ?? null, tokensAt: bucket?.refilledAt ?? null };
}

function toStats(row: {
  readonly queue: typeof queues.$inferSelect;
  readonly counts: Omit<JobCounts, 'queueName'>;
}): QueueStats {
  return { queue: toQueue(row.queue), counts: { queueName: row.queue.name, ...row.counts } };
}

function toQueue({ tokens, tokensAt, ...queue }: typeof queues.$inferSelect): Queue {
  return {
    ...queue,
    bucket: tokens === null || tokensAt === null ? null : { tokens, refilledAt: tokensAt },
  };
}
