import type { Result } from '../../application/errors.js';
import type {
  FireRequest,
  RunRequest,
  ScheduleSearch,
  SchedulesFound,
  ScheduleStore,
  StopRequest,
} from '../../application/ports/schedule-store.js';
import type { JobsRefused } from '../../application/ports/job-store.js';
import type { NewJob } from '../../domain/job/job.js';
import type { Schedule } from '../../domain/schedule/schedule.js';
import type { JobCipher } from './job-cipher.js';
import type { ValueCipher } from './value-cipher.js';

/** A store that gets to see the payloads of schedules, and of the jobs that they make, in encrypted form only. */
export class EncryptedScheduleStore implements ScheduleStore {
  readonly #store: ScheduleStore;
  readonly #values: ValueCipher;
  readonly #jobs: JobCipher;

  constructor(store: ScheduleStore, values: ValueCipher, jobs: JobCipher) {
    this.#store = store;
    this.#values = values;
    this.#jobs = jobs;
  }

  create(schedule: Schedule): Promise<'created' | 'too_many_queues'> {
    return this.#store.create(this.#sealed(schedule));
  }

  async get(id: string): Promise<Schedule | null> {
    const schedule = await this.#store.get(id);
    return schedule && this.#opened(schedule);
  }

  async list(): Promise<Schedule[]> {
    return (await this.#store.list()).map((schedule) => this.#opened(schedule));
  }

  async search(search: ScheduleSearch): Promise<SchedulesFound> {
    const { schedules, total } = await this.#store.search(search);
    return { schedules: schedules.map((schedule) => this.#opened(schedule)), total };
  }

  update(
    id: string,
    revise: (schedule: Schedule) => Result<Schedule>,
  ): Promise<Result<Schedule> | 'too_many_queues' | null> {
    let revised: Result<Schedule> | undefined;
    const outcome = this.#store.update(id, (stored) => {
      const opened = this.#opened(stored);
      revised = revise(opened);
      if (!revised.ok) return revised;
      const { value } = revised;
      // What was not changed stays as it is stored: it may be unreadable.
      const sealed =
        value.payload === opened.payload ? { ...value, payload: stored.payload } : this.#sealed(value);
      return { ok: true, value: sealed };
    });
    return outcome.then((result) =>
      typeof result === 'object' && result !== null ? (revised ?? result) : result,
    );
  }

  remove(id: string): Promise<'deleted' | 'missing'> {
    return this.#store.remove(id);
  }

  async due(now: number, limit: number, except: readonly string[]): Promise<Schedule[]> {
    return (await this.#store.due(now, limit, except)).map((schedule) => this.#opened(schedule));
  }

  nextDueAt(except: readonly string[]): Promise<number | null> {
    return this.#store.nextDueAt(except);
  }

  async fire(request: FireRequest): Promise<'fired' | 'lost_race' | JobsRefused> {
    return this.#store.fire({ ...request, job: this.#sealedJob(request.job) });
  }

  async run(request: RunRequest): Promise<'ran' | 'missing' | JobsRefused> {
    return this.#store.run({ ...request, job: this.#sealedJob(request.job) });
  }

  stop(request: StopRequest): Promise<'stopped' | 'lost_race'> {
    return this.#store.stop(request);
  }

  counts(): Promise<{ readonly total: number; readonly enabled: number }> {
    return this.#store.counts();
  }

  #sealed(schedule: Schedule): Schedule {
    return { ...schedule, payload: this.#values.seal(schedule.payload, place(schedule.id)) };
  }

  #opened(schedule: Schedule): Schedule {
    const opened = this.#values.open(schedule.payload, place(schedule.id));
    return {
      ...schedule,
      payload: opened.kind === 'text' ? opened.text : JSON.stringify(UNREADABLE + opened.reason),
    };
  }

  /** @throws Error for the job of a schedule that cannot be read: it must not be delivered with the message in its place */
  #sealedJob(job: NewJob): NewJob {
    const payload: unknown = job.payload.startsWith('"') ? JSON.parse(job.payload) : null;
    if (typeof payload === 'string' && payload.startsWith(UNREADABLE)) throw new Error(payload);
    return this.#jobs.sealNew(job);
  }
}

/** Begins what is shown in the place of a payload, which is never a text itself. */
const UNREADABLE = 'payload ';

function place(scheduleId: string): string {
  return `schedule ${scheduleId} payload`;
}
