import { and, asc, count, desc, eq, isNotNull, isNull, lte, min, or, sql, type SQL } from 'drizzle-orm';
import type { Schedule } from '../../domain/schedule/schedule.js';
import type { Result } from '../../application/errors.js';
import type { JobsRefused } from '../../application/ports/job-store.js';
import type {
  FireRequest,
  RunRequest,
  ScheduleSearch,
  SchedulesFound,
  ScheduleStore,
  StopRequest,
} from '../../application/ports/schedule-store.js';
import type { JobWriter, Limits } from './job-writer.js';
import { schedules } from './schema.js';
import type { SqliteDatabase } from './sqlite-database.js';

export class SqliteScheduleStore implements ScheduleStore {
  readonly #db: SqliteDatabase;
  readonly #writer: JobWriter;
  readonly #limits: Limits;

  constructor(db: SqliteDatabase, writer: JobWriter, limits: Limits) {
    this.#db = db;
    this.#limits = limits;
    this.#writer = writer;
  }

  create(schedule: Schedule): Promise<'created' | 'too_many_queues'> {
    return this.#db.write(() => {
      if (!this.#limits.queues.admitsScheduled(schedule.queueName)) return 'too_many_queues';
      this.#db.orm.insert(schedules).values(schedule).run();
      return 'created';
    });
  }

  get(id: string): Promise<Schedule | null> {
    return this.#db.read(() => this.#select(id));
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

  update(
    id: string,
    revise: (schedule: Schedule) => Result<Schedule>,
  ): Promise<Result<Schedule> | 'too_many_queues' | null> {
    return this.#db.write(() => {
      const schedule = this.#select(id);
      if (!schedule) return null;
      const revised = revise(schedule);
      if (!revised.ok) return revised;
      if (!this.#limits.queues.admitsScheduled(revised.value.queueName)) return 'too_many_queues';
      this.#db.orm.update(schedules).set(revised.value).where(eq(schedules.id, id)).run();
      return revised;
    });
  }

  remove(id: string): Promise<'deleted' | 'missing'> {
    return this.#db.write(() => {
      const { changes } = this.#db.orm.delete(schedules).where(eq(schedules.id, id)).run();
      return changes === 1 ? 'deleted' : 'missing';
    });
  }

  due(now: number, limit: number, except: readonly string[]): Promise<Schedule[]> {
    return this.#db.read(() =>
      this.#db.orm
        .select()
        .from(schedules)
        .where(and(eq(schedules.enabled, true), lte(schedules.nextRunAt, now), noneOf(except)))
        .orderBy(asc(schedules.nextRunAt))
        .limit(limit)
        .all(),
    );
  }

  nextDueAt(except: readonly string[]): Promise<number | null> {
    return this.#db.read(
      () =>
        this.#db.orm
          .select({ next: min(schedules.nextRunAt) })
          .from(schedules)
          .where(and(eq(schedules.enabled, true), isNotNull(schedules.nextRunAt), noneOf(except)))
          .get()?.next ?? null,
    );
  }

  fire(request: FireRequest): Promise<'fired' | 'lost_race' | JobsRefused> {
    return this.#db.write(() => {
      const refused = this.#limits.jobs.refusalOf(request.job);
      if (refused) return refused;
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

  run({ id, job, now, queueDefaults }: RunRequest): Promise<'ran' | 'missing' | JobsRefused> {
    return this.#db.write(() => {
      const refused = this.#limits.jobs.refusalOf(job);
      if (refused) return refused;
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

  stop({ id, expectedUpdatedAt, error, now }: StopRequest): Promise<'stopped' | 'lost_race'> {
    return this.#db.write(() => {
      const { changes } = this.#db.orm
        .update(schedules)
        .set({ nextRunAt: null, stoppedAt: now, stoppedError: error })
        .where(and(eq(schedules.id, id), eq(schedules.updatedAt, expectedUpdatedAt)))
        .run();
      return changes === 1 ? 'stopped' : 'lost_race';
    });
  }

  counts(): Promise<{ readonly total: number; readonly enabled: number }> {
    return this.#db.read(() => {
      const total = this.#db.orm.select({ n: count() }).from(schedules).get()?.n ?? 0;
      const enabled = this.#db.orm
        .select({ n: count() })
        .from(schedules)
        .where(and(eq(schedules.enabled, true), isNull(schedules.stoppedAt)))
        .get()?.n;
      return { total, enabled: enabled ?? 0 };
    });
  }

  #select(id: string): Schedule | null {
    return this.#db.orm.select().from(schedules).where(eq(schedules.id, id)).get() ?? null;
  }
}

/** However many there are, they are one parameter. */
function noneOf(ids: readonly string[]): SQL | undefined {
  if (ids.length === 0) return undefined;
  return sql`${schedules.id} not in (select value from json_each(${JSON.stringify(ids)}))`;
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
