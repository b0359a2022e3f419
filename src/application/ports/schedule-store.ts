import type { NewJob } from '../../domain/job/job.js';
import type { QueueSettings } from '../../domain/queue/queue.js';
import type { Schedule } from '../../domain/schedule/schedule.js';
import type { Result } from '../errors.js';
import type { JobsRefused } from './job-store.js';

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

export interface StopRequest {
  readonly id: string;
  /** If it differs, a client changed the schedule meanwhile, perhaps for the better. */
  readonly expectedUpdatedAt: number;
  /** Why it cannot be fired. */
  readonly error: string;
  readonly now: number;
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
  /** too_many_queues: its queue is missing, and there is no room for it beside the others and those of schedules. */
  create(schedule: Schedule): Promise<'created' | 'too_many_queues'>;
  get(id: string): Promise<Schedule | null>;
  /** Newest first. */
  list(): Promise<Schedule[]>;
  search(search: ScheduleSearch): Promise<SchedulesFound>;
  /**
   * Replaces the schedule by what `revise` makes of it, in one step: no other change comes in between. Nothing happens
   * when it refuses.
   * @param revise pure, because it may be called again
   * @returns what it returned; null when there is no such schedule; too_many_queues as `create` says of its queue
   */
  update(
    id: string,
    revise: (schedule: Schedule) => Result<Schedule>,
  ): Promise<Result<Schedule> | 'too_many_queues' | null>;
  remove(id: string): Promise<'deleted' | 'missing'>;
  /** Enabled schedules with `nextRunAt <= now`, the longest due first. @param except ids of such as are left out */
  due(now: number, limit: number, except: readonly string[]): Promise<Schedule[]>;
  /** The earliest `nextRunAt` of an enabled schedule. @param except ids of such as are left out */
  nextDueAt(except: readonly string[]): Promise<number | null>;
  /**
   * Moves the schedule on and inserts the job, both or neither. lost_race: not due any more, or changed, disabled,
   * gone. When there are too many jobs, the tick stays due.
   */
  fire(request: FireRequest): Promise<'fired' | 'lost_race' | JobsRefused>;
  /** Inserts a job out of turn: the last run is now, the next one stays as it is. */
  run(request: RunRequest): Promise<'ran' | 'missing' | JobsRefused>;
  /** Takes the next run from a schedule that cannot be fired, unless a client changed it meanwhile. */
  stop(request: StopRequest): Promise<'stopped' | 'lost_race'>;
  /** enabled: those that fire when they are due. */
  counts(): Promise<{ readonly total: number; readonly enabled: number }>;
}
