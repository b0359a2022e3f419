import { isReady, pendingState, type Job, type JobState } from '../../domain/job/job.js';
import type { FailedAttempt } from '../../domain/job/outcome.js';
import { newQueue, type Queue, type QueueSettings } from '../../domain/queue/queue.js';
import type { Schedule } from '../../domain/schedule/schedule.js';
import type { InsertOutcome, InsertRequest } from '../../application/ports/job-store.js';

/** What the memory adapters share: everything, for as long as the process lives. */
export class MemoryData {
  readonly jobs = new Map<string, Job>();
  readonly jobIdsByKey = new Map<string, string>();
  readonly queues = new Map<string, Queue>();
  readonly schedules = new Map<string, Schedule>();
  readonly failedAttempts = new Map<string, FailedAttempt[]>();

  insert({ jobs, now, queueDefaults }: InsertRequest): InsertOutcome[] {
    return jobs.map((spec): InsertOutcome => {
      const queue = this.ensureQueue(spec.queueName, queueDefaults, now);
      const existing = spec.idempotencyKey === null ? undefined : this.jobIdsByKey.get(spec.idempotencyKey);
      const duplicate = existing === undefined ? undefined : this.jobs.get(existing);
      if (duplicate) return { kind: 'duplicate', job: duplicate };
      const job = { ...spec, ...pendingState(spec), maxRetries: spec.maxRetries ?? queue.maxRetries };
      this.jobs.set(job.id, job);
      if (job.idempotencyKey !== null) this.jobIdsByKey.set(job.idempotencyKey, job.id);
      return { kind: 'inserted', job };
    });
  }

  ensureQueue(name: string, defaults: QueueSettings, now: number): Queue {
    const existing = this.queues.get(name);
    if (existing) return existing;
    const queue = newQueue(name, defaults, now);
    this.queues.set(name, queue);
    return queue;
  }

  setState(job: Job, state: JobState): Job {
    const changed = { ...job, ...state };
    this.jobs.set(job.id, changed);
    return changed;
  }

  delete(job: Job): void {
    this.jobs.delete(job.id);
    this.failedAttempts.delete(job.id);
    if (job.idempotencyKey !== null) this.jobIdsByKey.delete(job.idempotencyKey);
  }

  /** Ready jobs by queue, each in the order of a claim. */
  readyByQueue(now: number): Map<string, Job[]> {
    const ready = new Map<string, Job[]>();
    for (const job of this.jobs.values()) {
      if (!isReady(job, now)) continue;
      const jobs = ready.get(job.queueName);
      if (jobs) jobs.push(job);
      else ready.set(job.queueName, [job]);
    }
    for (const jobs of ready.values()) jobs.sort((a, b) => b.priority - a.priority || (a.id < b.id ? -1 : 1));
    return ready;
  }
}
