import { DEFAULT_CONFIG, queueDefaults } from '../../src/application/config.js';
import { pendingJob as jobOf, type Job, type NewJob } from '../../src/domain/job/job.js';
import { claim } from '../../src/domain/job/transitions.js';
import { STATE_FIELDS } from '../../src/infrastructure/sql/job-columns.js';
import { SequentialIds } from './sequential-ids.js';

export const NOW = Date.UTC(2024, 0, 15, 10);
export const QUEUE_DEFAULTS = queueDefaults(DEFAULT_CONFIG.defaults);

const ids = new SequentialIds();

/** A job that is due at NOW, on a queue of default settings. */
export function newJob(change: Partial<NewJob> = {}): NewJob {
  return {
    id: ids.next(),
    queueName: 'default',
    priority: 0,
    payload: '{"n":1}',
    callbackUrl: 'http://receiver.test/hook',
    headers: null,
    maxRetries: 3,
    retryBackoff: null,
    baseDelayMs: null,
    maxDelayMs: null,
    timeoutMs: 30_000,
    idempotencyKey: null,
    scheduleId: null,
    createdAt: NOW,
    visibleAt: NOW,
    ...change,
  };
}

export function pendingJob(change: Partial<Job> = {}): Job {
  return { ...jobOf(newJob(), 3), ...change };
}

/** A job in its first attempt, claimed at NOW by worker-1. */
export function runningJob(change: Partial<Job> = {}): Job {
  const job = pendingJob();
  const transition = claim(job, { workerId: 'worker-1' }, NOW);
  if (transition.kind !== 'changed') throw new Error('a pending job can be claimed');
  return { ...transition.job, ...change };
}

/** The part of a job that a transition replaces. */
export function stateOf(job: Job): Partial<Job> {
  return Object.fromEntries(STATE_FIELDS.map((field) => [field, job[field]]));
}
