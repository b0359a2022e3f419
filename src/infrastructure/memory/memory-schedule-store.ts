import type { Schedule, ScheduleChange } from '../../domain/schedule/schedule.js';
import { lowerAscii } from '../../application/lower-ascii.js';
import type {
  FireRequest,
  RunRequest,
  ScheduleSearch,
  SchedulesFound,
  ScheduleStore,
} from '../../application/ports/schedule-store.js';
import type { MemoryData } from './memory-data.js';

export class MemoryScheduleStore implements ScheduleStore {
  readonly #data: MemoryData;

  constructor(data: MemoryData) {
    this.#data = data;
  }

  create(schedule: Schedule): Promise<void> {
    this.#data.schedules.set(schedule.id, schedule);
    return Promise.resolve();
  }

  get(id: string): Promise<Schedule | null> {
    return Promise.resolve(this.#data.schedules.get(id) ?? null);
  }

  list(): Promise<Schedule[]> {
    return Promise.resolve([...this.#data.schedules.values()].sort((a, b) => (a.id < b.id ? 1 : -1)));
  }

  async search({ text, limit, offset }: ScheduleSearch): Promise<SchedulesFound> {
    const wanted = lowerAscii(text);
    const matching = (await this.list()).filter(({ id, cronExpression, queueName, callbackUrl, timezone }) =>
      [id, cronExpression, queueName, callbackUrl, timezone].some((part) =>
        lowerAscii(part).includes(wanted),
      ),
    );
    return { schedules: matching.slice(offset, offset + limit), total: matching.length };
  }

  update(id: string, change: ScheduleChange, now: number): Promise<Schedule | null> {
    const schedule = this.#data.schedules.get(id);
    if (!schedule) return Promise.resolve(null);
    const changed = { ...schedule, ...change, updatedAt: now };
    this.#data.schedules.set(id, changed);
    return Promise.resolve(changed);
  }

  remove(id: string): Promise<'deleted' | 'missing'> {
    return Promise.resolve(this.#data.schedules.delete(id) ? 'deleted' : 'missing');
  }

  due(now: number, limit: number): Promise<Schedule[]> {
    const due = this.#enabled().filter(({ at }) => at <= now);
    return Promise.resolve(due.slice(0, limit).map(({ schedule }) => schedule));
  }

  nextDueAt(): Promise<number | null> {
    return Promise.resolve(this.#enabled()[0]?.at ?? null);
  }

  fire({
    id,
    expectedNextRunAt,
    expectedUpdatedAt,
    nextRunAt,
    job,
    now,
    queueDefaults,
  }: FireRequest): Promise<'fired' | 'lost_race'> {
    const schedule = this.#data.schedules.get(id);
    const asExpected = schedule?.nextRunAt === expectedNextRunAt && schedule.updatedAt === expectedUpdatedAt;
    if (!schedule?.enabled || !asExpected) return Promise.resolve('lost_race');
    this.#data.schedules.set(id, { ...schedule, lastRunAt: now, nextRunAt });
    this.#data.insert({ jobs: [job], now, queueDefaults });
    return Promise.resolve('fired');
  }

  run({ id, job, now, queueDefaults }: RunRequest): Promise<'ran' | 'missing'> {
    const schedule = this.#data.schedules.get(id);
    if (!schedule) return Promise.resolve('missing');
    this.#data.schedules.set(id, { ...schedule, lastRunAt: now });
    this.#data.insert({ jobs: [job], now, queueDefaults });
    return Promise.resolve('ran');
  }

  stop(id: string, expectedUpdatedAt: number): Promise<void> {
    const schedule = this.#data.schedules.get(id);
    if (schedule?.updatedAt === expectedUpdatedAt) {
      this.#data.schedules.set(id, { ...schedule, nextRunAt: null });
    }
    return Promise.resolve();
  }

  counts(): Promise<{ readonly total: number; readonly enabled: number }> {
    const schedules = [...this.#data.schedules.values()];
    return Promise.resolve({
      total: schedules.length,
      enabled: schedules.filter(({ enabled }) => enabled).length,
    });
  }

  /** Enabled schedules that have a next tick, the earliest first. */
  #enabled(): { readonly schedule: Schedule; readonly at: number }[] {
    return [...this.#data.schedules.values()]
      .flatMap((schedule) =>
        schedule.enabled && schedule.nextRunAt !== null ? [{ schedule, at: schedule.nextRunAt }] : [],
      )
      .sort((a, b) => a.at - b.at);
  }
}
