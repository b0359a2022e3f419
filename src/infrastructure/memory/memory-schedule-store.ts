import { isActive, type Schedule } from '../../domain/schedule/schedule.js';
import type { Result } from '../../application/errors.js';
import type { JobsRefused } from '../../application/ports/job-store.js';
import { lowerAscii } from '../../application/lower-ascii.js';
import type {
  FireRequest,
  RunRequest,
  ScheduleSearch,
  SchedulesFound,
  ScheduleStore,
  StopRequest,
} from '../../application/ports/schedule-store.js';
import type { MemoryData } from './memory-data.js';

export class MemoryScheduleStore implements ScheduleStore {
  readonly #data: MemoryData;

  constructor(data: MemoryData) {
    this.#data = data;
  }

  create(schedule: Schedule): Promise<'created' | 'too_many_queues'> {
    if (!this.#data.admitsScheduled(schedule.queueName)) return Promise.resolve('too_many_queues');
    this.#data.schedules.set(schedule.id, schedule);
    return Promise.resolve('created');
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

  update(
    id: string,
    revise: (schedule: Schedule) => Result<Schedule>,
  ): Promise<Result<Schedule> | 'too_many_queues' | null> {
    const schedule = this.#data.schedules.get(id);
    if (!schedule) return Promise.resolve(null);
    const revised = revise(schedule);
    if (!revised.ok) return Promise.resolve(revised);
    if (!this.#data.admitsScheduled(revised.value.queueName)) return Promise.resolve('too_many_queues');
    this.#data.schedules.set(id, revised.value);
    return Promise.resolve(revised);
  }

  remove(id: string): Promise<'deleted' | 'missing'> {
    return Promise.resolve(this.#data.schedules.delete(id) ? 'deleted' : 'missing');
  }

  due(now: number, limit: number, except: readonly string[]): Promise<Schedule[]> {
    const due = this.#enabled(except).filter(({ at }) => at <= now);
    return Promise.resolve(due.slice(0, limit).map(({ schedule }) => schedule));
  }

  nextDueAt(except: readonly string[]): Promise<number | null> {
    return Promise.resolve(this.#enabled(except)[0]?.at ?? null);
  }

  fire({
    id,
    expectedNextRunAt,
    expectedUpdatedAt,
    nextRunAt,
    job,
    now,
    queueDefaults,
  }: FireRequest): Promise<'fired' | 'lost_race' | JobsRefused> {
    const refused = this.#data.refusal([job]);
    if (refused) return Promise.resolve(refused);
    const schedule = this.#data.schedules.get(id);
    const asExpected = schedule?.nextRunAt === expectedNextRunAt && schedule.updatedAt === expectedUpdatedAt;
    if (!schedule?.enabled || !asExpected) return Promise.resolve('lost_race');
    this.#data.schedules.set(id, { ...schedule, lastRunAt: now, nextRunAt });
    this.#data.insert({ jobs: [job], now, queueDefaults });
    return Promise.resolve('fired');
  }

  run({ id, job, now, queueDefaults }: RunRequest): Promise<'ran' | 'missing' | JobsRefused> {
    const refused = this.#data.refusal([job]);
    if (refused) return Promise.resolve(refused);
    const schedule = this.#data.schedules.get(id);
    if (!schedule) return Promise.resolve('missing');
    this.#data.schedules.set(id, { ...schedule, lastRunAt: now });
    this.#data.insert({ jobs: [job], now, queueDefaults });
    return Promise.resolve('ran');
  }

  stop({ id, expectedUpdatedAt, error, now }: StopRequest): Promise<'stopped' | 'lost_race'> {
    const schedule = this.#data.schedules.get(id);
    if (schedule?.updatedAt !== expectedUpdatedAt) return Promise.resolve('lost_race');
    this.#data.schedules.set(id, { ...schedule, nextRunAt: null, stoppedAt: now, stoppedError: error });
    return Promise.resolve('stopped');
  }

  counts(): Promise<{ readonly total: number; readonly enabled: number }> {
    const schedules = [...this.#data.schedules.values()];
    return Promise.resolve({
      total: schedules.length,
      enabled: schedules.filter(isActive).length,
    });
  }

  /** Enabled schedules that have a next tick, the earliest first. */
  #enabled(except: readonly string[]): { readonly schedule: Schedule; readonly at: number }[] {
    return [...this.#data.schedules.values()]
      .flatMap((schedule) =>
        schedule.enabled && schedule.nextRunAt !== null && !except.includes(schedule.id)
          ? [{ schedule, at: schedule.nextRunAt }]
          : [],
      )
      .sort((a, b) => a.at - b.at);
  }
}
