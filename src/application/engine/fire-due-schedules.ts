import { parseCron } from '../../domain/schedule/cron.js';
import { nextRunAfterFiring } from '../../domain/schedule/missed-ticks.js';
import { scheduledJob, type Schedule } from '../../domain/schedule/schedule.js';
import type { QueueSettings } from '../../domain/queue/queue.js';
import { StoreUnavailableError } from '../errors.js';
import type { Clock } from '../ports/clock.js';
import type { Events } from '../ports/events.js';
import type { Ids } from '../ports/ids.js';
import type { Logger } from '../ports/logger.js';
import type { ScheduleStore } from '../ports/schedule-store.js';
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

  constructor(ports: FirePorts, queueDefaults: QueueSettings) {
    this.#ports = ports;
    this.#queueDefaults = queueDefaults;
  }

  async runOnce(): Promise<FireReport> {
    const { schedules, clock, events } = this.#ports;
    let fired = 0;
    for (const schedule of await schedules.due(clock.now(), BATCH)) {
      if (await this.#tryToFire(schedule)) fired += 1;
    }
    if (fired > 0) {
      events.publish({ type: 'jobs_pending' });
      events.publish({ type: 'schedule_fired' });
    }
    return { fired, nextRunAt: await schedules.nextDueAt() };
  }

  async #tryToFire(schedule: Schedule): Promise<boolean> {
    try {
      return await this.#fire(schedule);
    } catch (error) {
      // The store's own trouble passes; the loop tries again.
      if (error instanceof StoreUnavailableError) throw error;
      await this.#quarantine(schedule, error);
      return false;
    }
  }

  async #fire(schedule: Schedule): Promise<boolean> {
    const { schedules, clock, logger } = this.#ports;
    const { id, nextRunAt: dueAt } = schedule;
    if (dueAt === null) return false;
    const now = clock.now();
    const parsed = parseCron(schedule.cronExpression, schedule.timezone);
    if (parsed.kind === 'invalid') {
      // It was valid when it was stored; time zones do get removed.
      await this.#quarantine(schedule, new Error(`${parsed.field}: ${parsed.message}`));
      return false;
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
    if (outcome === 'lost_race') return false;
    logger.debug('schedule fired', { schedule_id: id, job_id: job.id, queue: job.queueName });
    return true;
  }

  /** A schedule that cannot be fired must not stand in the way of the others: it stays first in line for ever. */
  async #quarantine({ id, updatedAt }: Schedule, error: unknown): Promise<void> {
    this.#ports.logger.error('schedule stopped: it cannot be fired', { schedule_id: id }, error);
    await this.#ports.schedules.stop(id, updatedAt);
  }
}
