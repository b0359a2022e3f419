import { parseCron } from '../../domain/schedule/cron.js';
import { nextRunAfterFiring } from '../../domain/schedule/missed-ticks.js';
import { cronOf, scheduledJob, type Schedule } from '../../domain/schedule/schedule.js';
import type { QueueSettings } from '../../domain/queue/queue.js';
import { StoreUnavailableError } from '../errors.js';
import type { Clock } from '../ports/clock.js';
import type { Events } from '../ports/events.js';
import type { Ids } from '../ports/ids.js';
import type { Logger } from '../ports/logger.js';
import type { ScheduleStore } from '../ports/schedule-store.js';
import { FailingSchedules } from './failing-schedules.js';
import type { LoopReport } from './loop.js';

export interface FirePorts {
  readonly schedules: ScheduleStore;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly events: Events;
  readonly logger: Logger;
}

export interface FireReport extends LoopReport {
  readonly fired: number;
}

const BATCH = 100;

/** Makes the jobs of due schedules, one a tick, whichever process comes first. A pass is one batch. */
export class FireDueSchedules {
  readonly #ports: FirePorts;
  readonly #queueDefaults: QueueSettings;
  readonly #failing: FailingSchedules;

  constructor(ports: FirePorts, queueDefaults: QueueSettings) {
    this.#ports = ports;
    this.#queueDefaults = queueDefaults;
    this.#failing = new FailingSchedules(ports.clock);
  }

  async runOnce(): Promise<FireReport> {
    const { schedules, clock, events } = this.#ports;
    let fired = 0;
    for (const schedule of await schedules.due(clock.now(), BATCH, this.#failing.paused().ids)) {
      if (await this.#tryToFire(schedule)) fired += 1;
    }
    if (fired > 0) {
      events.publish({ type: 'jobs_pending' });
      events.publish({ type: 'schedule_fired' });
    }
    return { fired, nextRunAt: await this.#nextRunAt() };
  }

  /** A schedule whose firing fails keeps its tick, and must not stand in the way of the others. */
  async #tryToFire(schedule: Schedule): Promise<boolean> {
    const { id } = schedule;
    try {
      const outcome = await this.#fire(schedule);
      if (outcome === 'put_off') return false;
      this.#failing.remove(id);
      return outcome === 'fired';
    } catch (error) {
      // The store's own trouble passes; the loop tries again.
      if (error instanceof StoreUnavailableError) throw error;
      const fields = { schedule_id: id, next_try_in_ms: this.#failing.add(id) };
      this.#ports.logger.error('schedule not fired', fields, error);
      return false;
    }
  }

  /** put_off: there is no room for the job. The tick stays due; with those that are missed meanwhile it makes one. */
  async #fire(schedule: Schedule): Promise<'fired' | 'not_fired' | 'put_off'> {
    const { schedules, clock, logger } = this.#ports;
    const { id, nextRunAt: dueAt } = schedule;
    if (dueAt === null) return 'not_fired';
    const now = clock.now();
    const parsed = parseCron(cronOf(schedule));
    if (parsed.kind === 'invalid') {
      await this.#stop(schedule, `${parsed.field}: ${parsed.message}`);
      return 'not_fired';
    }
    const job = scheduledJob(schedule, this.#ports.ids.next(), now);
    const outcome = await schedules.fire({
      id,
      expectedNextRunAt: dueAt,
      expectedUpdatedAt: schedule.updatedAt,
      nextRunAt: nextRunAfterFiring(parsed.cron, dueAt, now),
      job,
      now,
      queueDefaults: this.#queueDefaults,
    });
    if (outcome === 'lost_race') return 'not_fired';
    if (outcome !== 'fired') {
      logger.warn('schedule not fired: there is no room for its job', {
        schedule_id: id,
        queue: job.queueName,
        limit: outcome === 'too_many_jobs' ? 'server.max_jobs' : 'max_depth',
        next_try_in_ms: this.#failing.add(id),
      });
      return 'put_off';
    }
    logger.debug('schedule fired', { schedule_id: id, job_id: job.id, queue: job.queueName });
    return 'fired';
  }

  /** Its expression or zone was valid when it was stored; time zones do get removed. No retry would mend that. */
  async #stop({ id, updatedAt }: Schedule, error: string): Promise<void> {
    const { schedules, clock, events, logger } = this.#ports;
    const outcome = await schedules.stop({ id, expectedUpdatedAt: updatedAt, error, now: clock.now() });
    if (outcome === 'lost_race') return;
    logger.error('schedule stopped: it cannot be fired', { schedule_id: id, reason: error });
    events.publish({ type: 'schedule_changed' });
  }

  async #nextRunAt(): Promise<number | null> {
    const { ids, endsAt } = this.#failing.paused();
    const dueAt = await this.#ports.schedules.nextDueAt(ids);
    return dueAt === null || endsAt === null ? (dueAt ?? endsAt) : Math.min(dueAt, endsAt);
  }
}
