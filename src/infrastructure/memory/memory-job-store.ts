import type { Job, JobState, RunningJob } from '../../domain/job/job.js';
import { claim } from '../../domain/job/transitions.js';
import { claimable, type QueueSnapshot } from '../../domain/queue/claim-plan.js';
import type { QueueSettings } from '../../domain/queue/queue.js';
import { isAhead, nextTokenAt, refill, spend } from '../../domain/queue/token-bucket.js';
import type {
  AbandonedJob,
  ClaimOutcome,
  ClaimRequest,
  ExpectedState,
  InsertOutcome,
  InsertRequest,
  JobsRefused,
  JobStore,
  PruneOutcome,
  PruneRequest,
  RunningSince,
  SettleOutcome,
  Settlement,
} from '../../application/ports/job-store.js';
import type { MemoryData } from './memory-data.js';

/** For tests, and for trying mininq out: nothing survives the process. */
export class MemoryJobStore implements JobStore {
  readonly #data: MemoryData;

  constructor(data: MemoryData) {
    this.#data = data;
  }

  insert(request: InsertRequest): Promise<InsertOutcome[] | 'too_many_queues' | JobsRefused> {
    if (!this.#data.admits(request.jobs.map(({ queueName }) => queueName))) {
      return Promise.resolve('too_many_queues');
    }
    return Promise.resolve(this.#data.refusal(request.jobs) ?? this.#data.insert(request));
  }

  claim({ now, workerId, slots, queues, plan, admission }: ClaimRequest): Promise<ClaimOutcome> {
    const worker = this.#data.workers.get(workerId);
    if (!worker) return Promise.resolve({ kind: 'lost' });
    if (worker.draining) return Promise.resolve({ kind: 'draining' });
    this.#data.promote(now);
    const ready = this.#data.readyByQueue(now);
    const waiting = this.#snapshots(ready, queues);
    for (const { name } of waiting) this.#restart(name, now);
    const offered = waiting.filter(
      (queue) => claimable(queue, now) > 0 && admission?.queue(queue.name) !== false,
    );
    const claimed = plan(offered).flatMap(({ queueName, count }) => {
      const wanted = (ready.get(queueName) ?? []).slice(0, count);
      const refused = wanted.findIndex((job) => admission?.job(job) === false);
      const jobs = wanted.slice(0, refused === -1 ? count : refused).flatMap((job) => {
        const transition = claim(job, { workerId }, now);
        return transition.kind === 'changed' ? [this.#data.setState(job, transition.job)] : [];
      });
      this.#spend(queueName, jobs.length, now);
      return jobs;
    });
    return Promise.resolve({ kind: 'claimed', jobs: claimed.slice(0, slots) });
  }

  settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    const outcomes = settlements.map(({ jobId, leaseToken, state, failedAttempt }) => {
      const outcome = this.#replace(jobId, { status: 'running', leaseToken }, state);
      if (outcome === 'applied' && failedAttempt) {
        this.#data.recordFailure(jobId, failedAttempt);
      }
      return outcome;
    });
    return Promise.resolve(outcomes);
  }

  runningOf(
    workerId: string,
    { endedBefore, claimedBefore }: RunningSince,
    limit: number,
  ): Promise<RunningJob[]> {
    const running = [...this.#data.jobs.values()]
      .filter((job) => job.status === 'running' && job.workerId === workerId)
      .filter(({ visibleAt, startedAt }) => visibleAt < endedBefore || (startedAt ?? 0) < claimedBefore)
      .sort((a, b) => a.visibleAt - b.visibleAt);
    return Promise.resolve(running.slice(0, limit));
  }

  abandoned(limit: number): Promise<AbandonedJob[]> {
    const { jobs, workers, deadWorkers } = this.#data;
    const abandoned = [...jobs.values()]
      .filter(({ status, workerId }) => status === 'running' && !workers.has(workerId ?? ''))
      .map((job) => ({ job, stopping: deadWorkers.get(job.workerId ?? '')?.stopping ?? false }));
    return Promise.resolve(abandoned.slice(0, limit));
  }

  nextDueAt(
    now: number,
    queues: readonly string[],
    admits: (queueName: string) => boolean = () => true,
  ): Promise<number | null> {
    const delayed = [...this.#data.jobs.values()]
      .filter((job) => job.status === 'pending' && job.visibleAt > now)
      .map((job) => job.visibleAt);
    const tokens = this.#snapshots(this.#data.readyByQueue(now), queues)
      .filter((queue) => !queue.paused && queue.running < queue.maxConcurrency && admits(queue.name))
      .map(({ rateLimitRps, bucket }) =>
        rateLimitRps === null || !bucket ? now : nextTokenAt(bucket, rateLimitRps, now),
      );
    const next = [...delayed, ...tokens].reduce((a, b) => Math.min(a, b), Number.POSITIVE_INFINITY);
    return Promise.resolve(next === Number.POSITIVE_INFINITY ? null : next);
  }

  replace(
    jobId: string,
    expected: ExpectedState,
    state: JobState,
    queueDefaults: QueueSettings,
  ): Promise<SettleOutcome> {
    const outcome = this.#replace(jobId, expected, state);
    const job = this.#data.jobs.get(jobId);
    if (outcome === 'applied' && job) this.#data.ensureQueue(job.queueName, queueDefaults, state.updatedAt);
    return Promise.resolve(outcome);
  }

  remove(jobId: string, expected: ExpectedState): Promise<SettleOutcome> {
    const job = this.#data.jobs.get(jobId);
    if (!job) return Promise.resolve('missing');
    if (!isAsExpected(job, expected)) return Promise.resolve('lost');
    this.#data.delete(job);
    return Promise.resolve('applied');
  }

  prune({ now, retention, limit, after = '' }: PruneRequest): Promise<PruneOutcome> {
    const isOver = ({ queueName, status, completedAt }: Job): boolean => {
      if (completedAt === null || (status !== 'completed' && status !== 'dead')) return false;
      const queue = this.#data.queues.get(queueName);
      const own = status === 'dead' ? queue?.retentionDeadMs : queue?.retentionCompletedMs;
      return completedAt < now - (own ?? retention[status]);
    };
    const old = [...this.#data.jobs.values()]
      .filter((job) => job.queueName > after && isOver(job))
      .slice(0, limit);
    for (const job of old) this.#data.delete(job);
    return Promise.resolve({ deleted: old.length, next: old.length === limit ? after : null });
  }

  /** Nothing is counted but when it is asked for. */
  recount(): Promise<boolean> {
    return Promise.resolve(false);
  }

  ping(): Promise<void> {
    return Promise.resolve();
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #snapshots(ready: ReadonlyMap<string, readonly Job[]>, names: readonly string[]): QueueSnapshot[] {
    const running = new Map<string, number>();
    for (const { queueName, status } of this.#data.jobs.values()) {
      if (status === 'running') running.set(queueName, (running.get(queueName) ?? 0) + 1);
    }
    return [...ready].flatMap(([name, jobs]) => {
      const queue = this.#data.queues.get(name);
      if (!queue || (names.length > 0 && !names.includes(name))) return [];
      return [{ ...queue, ready: jobs.length, running: running.get(name) ?? 0 }];
    });
  }

  /** A bucket from before the clock was set back fills from now on. */
  #restart(queueName: string, now: number): void {
    const queue = this.#data.queues.get(queueName);
    if (!queue?.bucket || queue.rateLimitRps === null || !isAhead(queue.bucket.refilledAt, now)) return;
    const bucket = refill(queue.bucket, queue.rateLimitRps, now);
    this.#data.queues.set(queueName, { ...queue, bucket });
  }

  #spend(queueName: string, count: number, now: number): void {
    const queue = this.#data.queues.get(queueName);
    if (!queue?.bucket || queue.rateLimitRps === null || count === 0) return;
    this.#data.queues.set(queueName, {
      ...queue,
      bucket: spend(queue.bucket, queue.rateLimitRps, count, now),
    });
  }

  #replace(jobId: string, expected: ExpectedState, state: JobState): SettleOutcome {
    const job = this.#data.jobs.get(jobId);
    if (!job) return 'missing';
    if (!isAsExpected(job, expected)) return 'lost';
    this.#data.setState(job, state);
    return 'applied';
  }
}

function isAsExpected(job: Job, expected: ExpectedState): boolean {
  return job.status === expected.status && job.leaseToken === expected.leaseToken;
}
