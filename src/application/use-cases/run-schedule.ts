import { pendingJob, type Job } from '../../domain/job/job.js';
import { scheduledJob } from '../../domain/schedule/schedule.js';
import { queueDefaults, type JobDefaults } from '../config.js';
import { ok, type Result } from '../errors.js';
import { jobsRefused } from './enqueue-jobs.js';
import { scheduleNotFound } from './get-schedule.js';
import type { Ports } from './ports.js';

/**
 * Makes a job of the schedule now, out of turn: its next run stays as it is. Of a disabled schedule too.
 * @returns the job as it was stored
 */
export type RunSchedule = (id: string) => Promise<Result<Job>>;

export function runSchedule(
  { schedules, clock, ids, events }: Pick<Ports, 'schedules' | 'clock' | 'ids' | 'events'>,
  defaults: JobDefaults,
): RunSchedule {
  return async (id) => {
    const schedule = await schedules.get(id);
    if (!schedule) return scheduleNotFound(id);
    const now = clock.now();
    const job = scheduledJob(schedule, ids.next(), now);
    const outcome = await schedules.run({ id, job, now, queueDefaults: queueDefaults(defaults) });
    if (outcome === 'missing') return scheduleNotFound(id);
    if (outcome !== 'ran') return jobsRefused(outcome);
    events.publish({ type: 'jobs_pending' });
    events.publish({ type: 'schedule_fired' });
    // Not read again: by now it may be done, and cleaned up or cancelled.
    return ok(pendingJob(job, schedule.maxRetries));
  };
}
