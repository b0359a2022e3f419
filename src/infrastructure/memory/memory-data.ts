import { isReady, pendingJob, type Job, type JobState, type NewJob } from '../../domain/job/job.js';
import { FAILED_ATTEMPTS_KEPT } from '../../application/limits.js';
import type { JobCounts, KeptAttempt, MinuteThroughput } from '../../application/ports/job-queries.js';
import type { FailedAttempt } from '../../domain/job/outcome.js';
import { newQueue, type Queue, type QueueSettings } from '../../domain/queue/queue.js';
import type { Schedule } from '../../domain/schedule/schedule.js';
import type { Worker } from '../../domain/worker/worker.js';
import { startOfMinute } from '../../application/throughput.js';
import type { InsertOutcome, InsertRequest, JobsRefused } from '../../application/ports/job-store.js';

/** What the memory adapters share: everything, for as long as the process lives. */
export class MemoryData {
  readonly jobs = new Map<string, Job>();
  readonly jobIdsByKey = new Map<string, string>();
  readonly queues = new Map<string, Queue>();
  readonly schedules = new Map<string, Schedule>();
  readonly workers = new Map<string, Worker>();
  /** As they were when they were declared dead, until their jobs are recovered. */
  readonly deadWorkers = new Map<string, Worker>();
  readonly failedAttempts = new Map<string, KeptAttempt[]>();
  /** By the beginning of the minute. */
  readonly throughput = new Map<number, MinuteThroughput>();
  /** Ids of the pending jobs that were not due when jobs were last claimed. */
  readonly delayed = new Set<string>();
  readonly #maxQueues: number;
  readonly #maxJobs: number;

  constructor(maxQueues = Number.POSITIVE_INFINITY, maxJobs = Number.POSITIVE_INFINITY) {
    this.#maxQueues = maxQueues;
    this.#maxJobs = maxJobs;
  }

  /** Why these may not be inserted; null: they may. */
  refusal(jobs: readonly NewJob[]): JobsRefused | null {
    const keys = new Set(this.jobIdsByKey.keys());
    const fresh = jobs.filter(({ idempotencyKey: key }) => {
      if (key !== null && keys.has(key)) return false;
      if (key !== null) keys.add(key);
      return true;
    });
    for (const queueName of new Set(fresh.map((job) => job.queueName))) {
      const maxDepth = this.queues.get(queueName)?.maxDepth ?? Infinity;
      const more = fresh.filter((job) => job.queueName === queueName).length;
      if (this.count(queueName).pending + more > maxDepth) return { kind: 'queue_full', queueName };
    }
    return fresh.length > 0 && this.jobs.size + fresh.length > this.#maxJobs ? 'too_many_jobs' : null;
  }

  /** Is there room for these queues, or are they there? */
  admits(queueNames: readonly string[]): boolean {
    const missing = new Set(queueNames.filter((name) => !this.queues.has(name)));
    return missing.size === 0 || this.queues.size + missing.size <= this.#maxQueues;
  }

  /** The same for the queue of a schedule: those of other schedules count as made. */
  admitsScheduled(queueName: string): boolean {
    const scheduled = [...this.schedules.values()].map((schedule) => schedule.queueName);
    const known = new Set([...this.queues.keys(), ...scheduled]);
    return known.has(queueName) || known.size < this.#maxQueues;
  }

  insert({ jobs, now, queueDefaults }: InsertRequest): InsertOutcome[] {
    return jobs.map((spec): InsertOutcome => {
      const queue = this.ensureQueue(spec.queueName, queueDefaults, now);
      const existing = spec.idempotencyKey === null ? undefined : this.jobIdsByKey.get(spec.idempotencyKey);
      const duplicate = existing === undefined ? undefined : this.jobs.get(existing);
      if (duplicate) return { kind: 'duplicate', job: duplicate };
      const job = pendingJob(spec, queue.maxRetries);
      this.jobs.set(job.id, job);
      if (!isReady(job, now)) this.delayed.add(job.id);
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
    if (state.status === 'pending' && !isReady(state, state.updatedAt)) this.delayed.add(job.id);
    else this.delayed.delete(job.id);
    if (state.status === 'completed') this.#count(state.updatedAt, 1, 0);
    return changed;
  }

  recordFailure(jobId: string, attempt: FailedAttempt): void {
    const attempts = [...(this.failedAttempts.get(jobId) ?? []), { ...attempt, omittedBefore: 0 }];
    this.failedAttempts.set(jobId, thinnedOut(attempts));
    this.#count(attempt.finishedAt, 0, 1);
  }

  delete(job: Job): void {
    this.jobs.delete(job.id);
    this.delayed.delete(job.id);
    this.failedAttempts.delete(job.id);
    if (job.idempotencyKey !== null) this.jobIdsByKey.delete(job.idempotencyKey);
  }

  /** @param queueName null: all */
  count(queueName: string | null): Omit<JobCounts, 'queueName'> {
    const counts = { pending: 0, delayed: 0, running: 0, completed: 0, dead: 0 };
    for (const job of this.jobs.values()) {
      if (queueName !== null && job.queueName !== queueName) continue;
      counts[job.status] += 1;
      if (this.delayed.has(job.id)) counts.delayed += 1;
    }
    return counts;
  }

  /** Whoever claims looks at the delayed jobs: those that are due are not delayed any more. */
  promote(now: number): void {
    for (const id of this.delayed) {
      const job = this.jobs.get(id);
      if (!job || isReady(job, now)) this.delayed.delete(id);
    }
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

  #count(at: number, completed: number, failed: number): void {
    const minute = startOfMinute(at);
    const earlier = this.throughput.get(minute) ?? { minute, completed: 0, failed: 0 };
    this.throughput.set(minute, {
      minute,
      completed: earlier.completed + completed,
      failed: earlier.failed + failed,
    });
  }
}

/** The first and the last ones; the first of the latter says how many are gone. */
function thinnedOut(attempts: readonly KeptAttempt[]): KeptAttempt[] {
  const surplus = attempts.slice(FAILED_ATTEMPTS_KEPT, -FAILED_ATTEMPTS_KEPT);
  const omitted = surplus.reduce((sum, { omittedBefore }) => sum + omittedBefore, surplus.length);
  return attempts.flatMap((attempt, index) => {
    if (surplus.includes(attempt)) return [];
    const follows = index === FAILED_ATTEMPTS_KEPT + surplus.length;
    return follows ? { ...attempt, omittedBefore: attempt.omittedBefore + omitted } : attempt;
  });
}
