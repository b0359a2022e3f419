import { and, asc, count, desc, eq, isNotNull, lte, min, or, sql, type SQL } from 'drizzle-orm';
import type { Schedule, ScheduleChange } from '../../domain/schedule/schedule.js';
import type {
  FireRequest,
  RunRequest,
  ScheduleSearch,
  SchedulesFound,
  ScheduleStore,
} from '../../application/ports/schedule-store.js';
import type { JobWriter } from './job-writer.js';
import { schedules } from './schema.js';
import type { SqliteDatabase } from './sqlite-database.js';

export class SqliteScheduleStore implements ScheduleStore {
  readonly #db: SqliteDatabase;
  readonly #writer: JobWriter;

  constructor(db: SqliteDatabase, writer: JobWriter) {
    this.#db = db;
    this.#writer = writer;
  }

  create(schedule: Schedule): Promise<void> {
    return this.#db.write(() => {
      this.#db.orm.insert(schedules).values(schedule).run();
    });
  }

  get(id: string): Promise<Schedule | null> {
    return this.#db.read(
      () => this.#db.orm.select().from(schedules).where(eq(schedules.id, id)).get() ?? null,
    );
  }

  list(): Promise<Schedule[]> {
    return this.#db.read(() => this.#db.orm.select().from(schedules).orderBy(desc(schedules.id)).all());
  }

  search({ text, limit, offset }: ScheduleSearch): Promise<SchedulesFound> {
    return this.#db.snapshot(() => {
      const matches = text === '' ? undefined : contains(text);
      const found = this.#db.orm
        .select()
        .from(schedules)
        .where(matches)
        .orderBy(desc(schedules.id))
        .limit(limit)
        .offset(offset)
        .all();
      const total = this.#db.orm.select({ n: count() }).from(schedules).where(matches).get()?.n ?? 0;
      return { schedules: found, total };
    });
  }

  update(id: string, change: ScheduleChange, now: number): Promise<Schedule | null> {
    return this.#db.write(() => {
      const [changed] = this.#db.orm
        .update(schedules)
        .set({ ...change, updatedAt: now })
        .where(eq(schedules.id, id))
        .returning()
        .all();
      return changed ?? null;
    });
  }

  remove(id: string): Promise<'deleted' | 'missing'> {
    return this.#db.write(() => {
      const { changes } = this.#db.orm.delete(schedules).where(eq(schedules.id, id)).run();
      return changes === 1 ? 'deleted' : 'missing';
    });
  }

  due(now: number, limit: number): Promise<Schedule[]> {
    return this.#db.read(() =>
      this.#db.orm
        .select()
        .from(schedules)
        .where(and(eq(schedules.enabled, true), lte(schedules.nextRunAt, now)))
        .orderBy(asc(schedules.nextRunAt))
        .limit(limit)
        .all(),
    );
  }

  nextDueAt(): Promise<number | null> {
    return this.#db.read(
      () =>
        this.#db.orm
          .select({ next: min(schedules.nextRunAt) })
          .from(schedules)
          .where(and(eq(schedules.enabled, true), isNotNull(schedules.nextRunAt)))
          .get()?.next ?? null,
    );
  }

  fire(request: FireRequest): Promise<'fired' | 'lost_race'> {
    return this.#db.write(() => {
      const { changes } = this.#db.orm
        .update(schedules)
        .set({ lastRunAt: request.now, nextRunAt: request.nextRunAt })
        .where(
          and(
            eq(schedules.id, request.id),
            eq(schedules.nextRunAt, request.expectedNextRunAt),
            eq(schedules.updatedAt, request.expectedUpdatedAt),
            eq(schedules.enabled, true),
          ),
        )
        .run();
      if (changes === 0) return 'lost_race';
      this.#writer.insert({ jobs: [request.job], now: request.now, queueDefaults: request.queueDefaults });
      return 'fired';
    });
  }

  run({ id, job, now, queueDefaults }: RunRequest): Promise<'ran' | 'missing'> {
    return this.#db.write(() => {
      const { changes } = this.#db.orm
        .update(schedules)
        .set({ lastRunAt: now })
        .where(eq(schedules.id, id))
        .run();
      if (changes === 0) return 'missing';
      this.#writer.insert({ jobs: [job], now, queueDefaults });
      return 'ran';
    });
  }

  stop(id: string, expectedUpdatedAt: number): Promise<void> {
    return this.#db.write(() => {
      this.#db.orm
        .update(schedules)
        .set({ nextRunAt: null })
        .where(and(eq(schedules.id, id), eq(schedules.updatedAt, expectedUpdatedAt)))
        .run();
    });
  }

  counts(): Promise<{ readonly total: number; readonly enabled: number }> {
    return this.#db.read(() => {
      const total = this.#db.orm.select({ n: count() }).from(schedules).get()?.n ?? 0;
      const enabled = this.#db.orm
        .select({ n: count() })
        .from(schedules)
        .where(eq(schedules.enabled, true))
        .get()?.n;
      return { total, enabled: enabled ?? 0 };
    });
  }
}

/** All of these columns lie before the payload, which is not read to compare them. */
function contains(text: string): SQL | undefined {
  const { id, cronExpression, queueName, callbackUrl, timezone } = schedules;
  return or(
    ...[id, cronExpression, queueName, callbackUrl, timezone].map(
      (column) => sql`instr(lower(${column}), lower(${text})) > 0`,
    ),
  );
}
