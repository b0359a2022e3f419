import type { Job, JobState, RunningJob } from '../../domain/job/job.js';
import { release } from '../../domain/job/transitions.js';
import type { QueueSettings } from '../../domain/queue/queue.js';
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
import { hasSealed, type JobCipher } from './job-cipher.js';

/** A job that cannot be read is looked at again after this time: by then its key may be back. */
export const ASIDE_MS = 300_000;

/** A store that gets to see payloads, headers, results and answers in encrypted form only. */
export class EncryptedJobStore implements JobStore {
  readonly #store: JobStore;
  readonly #cipher: JobCipher;

  constructor(store: JobStore, cipher: JobCipher) {
    this.#store = store;
    this.#cipher = cipher;
  }

  async insert(request: InsertRequest): Promise<InsertOutcome[] | 'too_many_queues' | JobsRefused> {
    const outcomes = await this.#store.insert(
      this.#cipher.isOn
        ? { ...request, jobs: request.jobs.map((job) => this.#cipher.sealNew(job)) }
        : request,
    );
    // What is there already may be encrypted, whatever is done with what is new.
    if (!Array.isArray(outcomes) || !outcomes.some(({ job }) => hasSealed(job))) return outcomes;
    return outcomes.map(({ kind, job }) => ({ kind, job: this.#cipher.open(job).job }));
  }

  /** Jobs that cannot be read are given back, and set aside for a while: they must not stand in the way of others. */
  async claim(request: ClaimRequest): Promise<ClaimOutcome> {
    const outcome = await this.#store.claim(request);
    if (outcome.kind !== 'claimed' || !outcome.jobs.some(hasSealed)) return outcome;
    const jobs: Job[] = [];
    const aside: Settlement[] = [];
    for (const claimed of outcome.jobs) {
      const opened = this.#cipher.open(claimed);
      if (opened.kind === 'job') jobs.push(opened.job);
      else aside.push(setAside(claimed, opened.reason, request.now));
    }
    if (aside.length > 0) await this.#store.settle(aside);
    return { kind: 'claimed', jobs };
  }

  settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    if (!this.#cipher.isOn) return this.#store.settle(settlements);
    return this.#store.settle(
      settlements.map(({ jobId, leaseToken, state, failedAttempt }) => ({
        jobId,
        leaseToken,
        state: this.#cipher.sealState(jobId, state),
        failedAttempt: failedAttempt && {
          ...failedAttempt,
          responseExcerpt: this.#cipher.sealResponse(jobId, failedAttempt.responseExcerpt),
        },
      })),
    );
  }

  async runningOf(workerId: string, since: RunningSince, limit: number): Promise<RunningJob[]> {
    const jobs = await this.#store.runningOf(workerId, since, limit);
    return jobs.map((job) => this.#cipher.openHeaders(job));
  }

  async abandoned(limit: number): Promise<AbandonedJob[]> {
    const abandoned = await this.#store.abandoned(limit);
    return abandoned.map(({ job, stopping }) => ({ job: this.#cipher.openHeaders(job), stopping }));
  }

  nextDueAt(
    now: number,
    queues: readonly string[],
    admits?: (queueName: string) => boolean,
  ): Promise<number | null> {
    return this.#store.nextDueAt(now, queues, admits);
  }

  replace(
    jobId: string,
    expected: ExpectedState,
    state: JobState,
    queueDefaults: QueueSettings,
  ): Promise<SettleOutcome> {
    return this.#store.replace(jobId, expected, this.#cipher.sealState(jobId, state), queueDefaults);
  }

  remove(jobId: string, expected: ExpectedState): Promise<SettleOutcome> {
    return this.#store.remove(jobId, expected);
  }

  prune(request: PruneRequest): Promise<PruneOutcome> {
    return this.#store.prune(request);
  }

  recount(): Promise<boolean> {
    return this.#store.recount();
  }

  ping(): Promise<void> {
    return this.#store.ping();
  }

  close(): Promise<void> {
    return this.#store.close();
  }
}

function setAside(job: Job, reason: string, now: number): Settlement {
  const { id, leaseToken } = job;
  const released = release(job, { leaseToken }, now);
  if (released.kind !== 'changed') throw new Error('a job that was just claimed can be released');
  const state = { ...released.job, visibleAt: now + ASIDE_MS, lastError: reason };
  return { jobId: id, leaseToken, state, failedAttempt: null };
}
