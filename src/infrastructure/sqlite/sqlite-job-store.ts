import type Database from 'better-sqlite3';
import { claim } from '../../domain/job/transitions.js';
import type { Job, JobState, RunningJob } from '../../domain/job/job.js';
import type { QueueSnapshot } from '../../domain/queue/claim-plan.js';
import type { QueueSettings } from '../../domain/queue/queue.js';
import { spend } from '../../domain/queue/token-bucket.js';
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
import {
  ABANDONED_COLUMN_LIST,
  JOB_COLUMN_LIST,
  SUMMARY_COLUMN_LIST,
  toAbandonedJob,
  toNumberedJob,
  toRunningJob,
  type AbandonedRow,
  type NumberedJobRow,
  type SummaryRow,
} from './job-row.js';
import type { JobWriter, Limits, StoredJob } from './job-writer.js';
import { ClaimableQueues } from './claimable-queues.js';
import { DelayedJobs } from './delayed-jobs.js';
import { FinishedJobs } from './finished-jobs.js';
import { JobRecount } from './job-recount.js';
import type { SqliteDatabase } from './sqlite-database.js';

/** Characters of payload after which a claim takes no further job: SQLite rewrites a row as a whole. */
const CLAIM_PAYLOAD_LIMIT = 2_000_000;
/** More than any process has slots; without an entry, a settlement takes a statement more. */
const CLAIMED_LIMIT = 20_000;
/** Jobs that a claim reads at once. */
const CLAIM_CHUNK = 10;

/*
 * The statements of every claim and sweep. Each names its index: left to itself, SQLite's planner prefers a wider one
 * to the partial index that holds exactly these rows. test/unit/sqlite checks the plans.
 */
// A bare parameter as the limit would have SQLite prepare the statement anew each time that its value changes.
export const SELECT_READY = `SELECT rowid, ${JOB_COLUMN_LIST} FROM jobs INDEXED BY idx_jobs_ready
  WHERE queue_name = ? AND ready = 1 ORDER BY priority DESC, rowid LIMIT (? + 0)`;
// All running jobs are looked at, which are no more than all workers have slots. Their payloads are not read.
export const SELECT_RUNNING_OF = `SELECT ${SUMMARY_COLUMN_LIST} FROM jobs INDEXED BY idx_jobs_reaper
  WHERE status = 'running' AND worker_id = ? AND (visible_at < ? OR started_at < ?) ORDER BY visible_at LIMIT ?`;
export const SELECT_ABANDONED = `SELECT ${ABANDONED_COLUMN_LIST}
  FROM jobs INDEXED BY idx_jobs_reaper LEFT JOIN workers w ON w.id = jobs.worker_id
  WHERE jobs.status = 'running' AND (w.id IS NULL OR w.dead = 1) LIMIT ?`;
export const SELECT_DRAINING = 'SELECT draining FROM workers WHERE id = ? AND dead = 0';

export class SqliteJobStore implements JobStore {
  readonly #db: SqliteDatabase;
  readonly #writer: JobWriter;
  readonly #limits: Limits;
  readonly #queues: ClaimableQueues;
  readonly #selectReady: Database.Statement<[string, number], NumberedJobRow>;
  readonly #delayed: DelayedJobs;
  readonly #recount: JobRecount;
  readonly #spendTokens: Database.Statement<[number, number, string]>;
  readonly #countedReady: Database.Statement<[string], number>;
  readonly #selectRunningOf: Database.Statement<[string, number, number, number], SummaryRow>;
  readonly #selectAbandoned: Database.Statement<[number], AbandonedRow>;
  readonly #selectDraining: Database.Statement<[string], 0 | 1>;
  readonly #finished: FinishedJobs;
  /** Where the jobs are that were claimed here and are not settled: a settlement need not look for them. */
  readonly #claimed = new Map<string, StoredJob>();

  constructor(db: SqliteDatabase, writer: JobWriter, limits: Limits) {
    this.#db = db;
    this.#limits = limits;
    this.#writer = writer;
    const { connection } = db;
    this.#queues = new ClaimableQueues(connection);
    this.#selectReady = connection.prepare<[string, number], NumberedJobRow>(SELECT_READY).raw();
    this.#delayed = new DelayedJobs(db);
    this.#recount = new JobRecount(db);
    this.#spendTokens = connection.prepare('UPDATE queues SET tokens = ?, tokens_at = ? WHERE name = ?');
    this.#countedReady = connection
      .prepare<[string], number>('SELECT ready FROM job_counts WHERE queue_name = ?')
      .pluck();
    this.#selectRunningOf = connection
      .prepare<[string, number, number, number], SummaryRow>(SELECT_RUNNING_OF)
      .raw();
    this.#selectAbandoned = connection.prepare<[number], AbandonedRow>(SELECT_ABANDONED).raw();
    this.#selectDraining = connection.prepare<[string], 0 | 1>(SELECT_DRAINING).pluck();
    this.#finished = new FinishedJobs(connection, writer);
  }

  insert(request: InsertRequest): Promise<InsertOutcome[] | 'too_many_queues' | JobsRefused> {
    return this.#db.write(() => this.#writer.insert(request, this.#limits));
  }

  claim(claim: ClaimRequest): Promise<ClaimOutcome> {
    return this.#db.write((waitedMs): ClaimOutcome => {
      const draining = this.#selectDraining.get(claim.workerId);
      if (draining === undefined) return { kind: 'lost' };
      if (draining === 1) return { kind: 'draining' };
      // A lease begins when it is given: one that began before the wait could end before its attempt.
      const request = { ...claim, now: claim.now + waitedMs };
      this.#delayed.promote(request.now);
      // The plan reads the counts.
      this.#db.counter.flush();
      const offered = this.#queues.offer(request);
      const queues = new Map(offered.map((queue) => [queue.name, queue]));
      const claimed: Job[] = [];
      let room = CLAIM_PAYLOAD_LIMIT;
      for (const { queueName, count } of request.plan(offered)) {
        const jobs = this.#claimFrom(queueName, count, room, request);
        this.#spend(queues.get(queueName), jobs.length, request.now);
        claimed.push(...jobs);
        room -= payloadLength(jobs);
        if (room <= 0) break;
      }
      return { kind: 'claimed', jobs: claimed };
    });
  }

  settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    return this.#db.write(() => {
      return settlements.map((settlement) => {
        const { jobId, leaseToken, failedAttempt } = settlement;
        const refusal = this.#settleOne(settlement);
        if (refusal !== null) return refusal;
        if (failedAttempt) this.#writer.recordFailure(jobId, leaseToken, failedAttempt);
        return 'applied';
      });
    });
  }

  runningOf(
    workerId: string,
    { endedBefore, claimedBefore }: RunningSince,
    limit: number,
  ): Promise<RunningJob[]> {
    return this.#db.read(() =>
      this.#selectRunningOf.all(workerId, endedBefore, claimedBefore, limit).map(toRunningJob),
    );
  }

  abandoned(limit: number): Promise<AbandonedJob[]> {
    return this.#db.read(() => this.#selectAbandoned.all(limit).map(toAbandonedJob));
  }

  nextDueAt(
    now: number,
    queues: readonly string[],
    admits: (queueName: string) => boolean = () => true,
  ): Promise<number | null> {
    return this.#db.read(() => {
      const due = this.#delayed.nextDueAt() ?? Number.POSITIVE_INFINITY;
      const next = due <= now ? due : Math.min(due, this.#queues.nextOfferAt(queues, admits, now));
      return next === Number.POSITIVE_INFINITY ? null : Math.max(now, next);
    });
  }

  replace(
    jobId: string,
    expected: ExpectedState,
    state: JobState,
    queueDefaults: QueueSettings,
  ): Promise<SettleOutcome> {
    return this.#db.write(() => {
      const stored = this.#writer.find(jobId, expected);
      if (typeof stored === 'string') return stored;
      this.#writer.replace(stored, state);
      this.#writer.ensureQueue(stored.queueName, queueDefaults, state.updatedAt);
      return 'applied';
    });
  }

  async remove(jobId: string, expected: ExpectedState): Promise<SettleOutcome> {
    for (;;) {
      const outcome = await this.#db.write(() => {
        const stored = this.#writer.find(jobId, expected);
        if (typeof stored === 'string') return stored;
        return this.#writer.delete(jobId, expected.leaseToken, stored);
      });
      if (outcome === 'done') return 'applied';
      if (outcome !== 'partly') return outcome;
    }
  }

  prune(request: PruneRequest): Promise<PruneOutcome> {
    return this.#db.write(() => this.#finished.prune(request));
  }

  recount(): Promise<boolean> {
    return this.#recount.step();
  }

  async ping(): Promise<void> {
    this.#db.checkFiles();
    // A transaction that writes nothing would succeed on a full disk; this one writes the file's first page.
    await this.#db.write(() => this.#db.touch());
  }

  close(): Promise<void> {
    this.#recount.close();
    return this.#db.close();
  }

  /** @param room characters of payload after which no further job is taken */
  #claimFrom(queueName: string, count: number, room: number, request: ClaimRequest): Job[] {
    const claimed: Job[] = [];
    while (claimed.length < count && payloadLength(claimed) < room) {
      const wanted = Math.min(count, claimed.length + CLAIM_CHUNK);
      for (const row of this.#selectReady.all(queueName, wanted - claimed.length)) {
        const job = toNumberedJob(row);
        if (request.admission?.job(job) === false) return claimed;
        this.#claimOne(row, job, request, claimed);
      }
      if (claimed.length < wanted) {
        this.#noneIsLeft(queueName);
        break;
      }
    }
    return claimed;
  }

  #claimOne(row: NumberedJobRow, job: Job, { now, workerId }: ClaimRequest, claimed: Job[]): void {
    // A job that is marked ready was due once, and stays so when the clock is set back.
    const transition = claim(job, { workerId }, Math.max(now, job.visibleAt));
    if (transition.kind !== 'changed') return;
    const stored: StoredJob = { rowid: row[0], queueName: job.queueName, count: 'ready' };
    this.#writer.replace(stored, transition.job);
    claimed.push(transition.job);
    // Those whose settling was never asked for, as their claim was lost, are not kept for ever.
    if (this.#claimed.size >= CLAIMED_LIMIT) this.#claimed.clear();
    this.#claimed.set(job.id, stored);
  }

  #settleOne({ jobId, leaseToken, state }: Settlement): 'lost' | 'missing' | null {
    const claimed = this.#claimed.get(jobId);
    if (claimed) {
      this.#claimed.delete(jobId);
      if (this.#writer.replaceRunning(claimed, jobId, leaseToken, state)) return null;
    }
    const stored = this.#writer.find(jobId, { status: 'running', leaseToken });
    if (typeof stored === 'string') return stored;
    this.#writer.replace(stored, state);
    return null;
  }

  /** There were fewer jobs than counted, as when rows were deleted by hand. It would be offered again at once. */
  #noneIsLeft(queueName: string): void {
    this.#db.counter.flush();
    const was = this.#countedReady.get(queueName) ?? 0;
    if (was === 0) return;
    this.#db.counter.add(queueName, 'ready', -was);
    this.#db.logger.warn('counts corrected', { queue: queueName, was: [`${was} ready`], is: ['0 ready'] });
    this.#recount.suspect(queueName);
  }

  #spend(queue: QueueSnapshot | undefined, count: number, now: number): void {
    if (!queue?.bucket || queue.rateLimitRps === null || count === 0) return;
    const bucket = spend(queue.bucket, queue.rateLimitRps, count, now);
    this.#spendTokens.run(bucket.tokens, bucket.refilledAt, queue.name);
  }
}

function payloadLength(jobs: readonly Job[]): number {
  return jobs.reduce((length, { payload }) => length + payload.length, 0);
}
