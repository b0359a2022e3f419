import type { NewJob } from '../../domain/job/job.js';
import type { QueueSettings } from '../../domain/queue/queue.js';
import type { Schedule, ScheduleChange } from '../../domain/schedule/schedule.js';

export interface FireRequest {
  readonly id: string;
  /** The tick that is due; if the schedule has moved on, another process fired it. */
  readonly expectedNextRunAt: number;
  /** If it differs, a client changed the schedule meanwhile: the job would be made of old settings. */
  readonly expectedUpdatedAt: number;
  readonly nextRunAt: number | null;
  readonly job: NewJob;
  readonly now: number;
  readonly queueDefaults: QueueSettings;
}

export interface RunRequest {
  readonly id: string;
  readonly job: NewJob;
  readonly now: number;
  readonly queueDefaults: QueueSettings;
}

export interface ScheduleSearch {
  /**
   * Schedules whose id, cron expression, queue name, callback URL or time zone contains this text; ASCII letters in
   * either case are the same. Empty: all.
   */
  readonly text: string;
  readonly limit: number;
  readonly offset: number;
}

export interface SchedulesFound {
  /** Newest first. */
  readonly schedules: readonly Schedule[];
  /** Without the limit. */
  readonly total: number;
}

/** Cron schedules. Rejects with StoreUnavailableError when the store fails. */
export interface ScheduleStore {
  create(schedule: Schedule): Promise<void>;
  get(id: string): Promise<Schedule | null>;
  /** Newest first. */
  list(): Promise<Schedule[]>;
  search(search: ScheduleSearch): Promise<SchedulesFound>;
  /** @returns the changed schedule; null when there is none */
  update(id: string, change: ScheduleChange, now: number): Promise<Schedule | null>;
  remove(id: string): Promise<'deleted' | 'missing'>;
  /** Enabled schedules with `nextRunAt <= now`, the longest due first. */
  due(now: number, limit: number): Promise<Schedule[]>;
  /** The earliest `nextRunAt` of an enabled schedule. */
  nextDueAt(): Promise<number | null>;
  /**
   * Moves the schedule on and inserts the job, both or neither. lost_race: not due any more, or changed, disabled,
   * gone.
   */
  fire(request: FireRequest): Promise<'fired' | 'lost_race'>;
  /** Inserts a job out of turn: the last run is now, the next one stays as it is. */
  run(request: RunRequest): Promise<'ran' | 'missing'>;
  /** Takes the next run from a schedule that cannot be fired, unless a client changed it meanwhile. */
  stop(id: string, expectedUpdatedAt: number): Promise<void>;
  counts(): Promise<{ readonly total: number; readonly enabled: number }>;
}
