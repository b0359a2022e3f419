import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import {
  DISOWNED_AFTER_MS,
  LEASE_GRACE_MS,
  ReapStaleJobs,
} from '../../../src/application/engine/reap-stale-jobs.js';
import type { Random } from '../../../src/application/ports/random.js';
import type { Job, NewJob } from '../../../src/domain/job/job.js';
import { LEASE_DISOWNED_ERROR, LEASE_EXPIRED_ERROR, succeed } from '../../../src/domain/job/transitions.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FixedRandom } from '../../support/fixed-random.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { memoryStores, UNAVAILABLE } from '../../support/memory-stores.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { recordedEvents } from '../../support/recorded-events.js';
import { claimed as claimedOf, hire } from '../../support/workers.js';

const TIMEOUT_MS = 5000;
/** The first instant at which a job claimed at NOW is taken from its worker. */
const STALE = NOW + TIMEOUT_MS + LEASE_GRACE_MS + 1;

interface Options {
  readonly random?: Random;
  readonly own?: ReadonlySet<string>;
  /** Of this process. */
  readonly workerId?: string | null;
}

function reaping({
  random = new FixedRandom(),
  own = new Set<string>(),
  workerId = 'worker-1',
}: Options = {}) {
  const clock = new FakeClock(NOW);
  const logger = new RecordingLogger();
  const stores = memoryStores();
  const { events, published } = recordedEvents();
  const reaper = new ReapStaleJobs(
    { jobs: stores.jobs, queues: stores.queues, clock, random, events, logger },
    DEFAULT_CONFIG.defaults,
    {
      get inFlight() {
        return own.size;
      },
      holds: ({ id }) => own.has(id),
    },
    { id: workerId },
  );
  /** Jobs that worker-1 claimed at NOW. */
  const claimed = async (count: number, change: Partial<NewJob> = {}): Promise<readonly Job[]> => {
    const specs = Array.from({ length: count }, () => newJob({ timeoutMs: TIMEOUT_MS, ...change }));
    await stores.jobs.insert({ jobs: specs, now: NOW, queueDefaults: QUEUE_DEFAULTS });
    const plan = () => [{ queueName: 'default', count }];
    await hire(stores.workers, 'worker-1');
    return claimedOf(
      await stores.jobs.claim({ now: NOW, workerId: 'worker-1', slots: count, queues: [], plan }),
    );
  };
  const claimedOne = async (change?: Partial<NewJob>): Promise<Job> => {
    const [job] = await claimed(1, change);
    if (!job) throw new Error('nothing was claimed');
    return job;
  };
  return { clock, logger, stores, published, claimed, claimedOne, runOnce: () => reaper.runOnce() };
}

test('a lease that ended counts as a failed attempt, and the job waits for its backoff', async () => {
  const reap = reaping();
  const job = await reap.claimedOne();
  reap.clock.setNow(STALE);
  expect(await reap.runOnce()).toEqual({ reaped: 1, nextRunAt: null });

  expect(await reap.stores.queries.get(job.id)).toEqual({
    ...job,
    status: 'pending',
    visibleAt: STALE + 1000,
    workerId: null,
    startedAt: null,
    lastError: LEASE_EXPIRED_ERROR,
    updatedAt: STALE,
  });
  expect(await reap.stores.queries.failedAttempts(job.id, 100)).toEqual([
    {
      number: 1,
      startedAt: NOW,
      finishedAt: STALE,
      statusCode: null,
      error: LEASE_EXPIRED_ERROR,
      responseExcerpt: null,
      omittedBefore: 0,
    },
  ]);
  const about = { job_id: job.id, queue: 'default', attempt: 1, worker_id: 'worker-1' };
  expect(reap.logger.lines).toEqual([
    {
      level: 'warn',
      message: 'lease expired',
      fields: { ...about, status: 'pending', error: LEASE_EXPIRED_ERROR },
    },
  ]);
  expect(reap.published).toEqual(['jobs_pending']);
});

test.each([
  ['another worker, even with the clock an hour ahead', 'worker-2'],
  ['a worker, while this process has none', null],
])('a job of %s, is left alone', async (_case, workerId) => {
  const reap = reaping({ workerId });
  const job = await reap.claimedOne();
  reap.clock.setNow(STALE + 3_600_000);
  expect(await reap.runOnce()).toEqual({ reaped: 0, nextRunAt: null });
  expect(await reap.stores.queries.get(job.id)).toEqual(job);
});

test('after the last attempt the job is dead', async () => {
  const reap = reaping();
  const job = await reap.claimedOne({ maxRetries: 0 });
  reap.clock.setNow(STALE);
  await reap.runOnce();
  const end = { status: 'dead', completedAt: STALE, lastError: LEASE_EXPIRED_ERROR, updatedAt: STALE };
  expect(await reap.stores.queries.get(job.id)).toEqual({ ...job, ...end });
  expect(reap.logger.lines).toMatchObject([{ fields: { status: 'dead' } }]);
});

test.each([
  ['while the lease is valid', TIMEOUT_MS - 1],
  ['when it has just ended: the result may be on its way', TIMEOUT_MS + 1],
  ['up to the last moment of that grace', TIMEOUT_MS + LEASE_GRACE_MS],
])('a job is left alone %s', async (_case, passed) => {
  const reap = reaping();
  const job = await reap.claimedOne();
  reap.clock.setNow(NOW + passed);
  expect(await reap.runOnce()).toEqual({ reaped: 0, nextRunAt: null });
  expect(await reap.stores.queries.get(job.id)).toEqual(job);
  expect([reap.logger.lines, reap.published, reap.stores.jobs.calls.settle]).toEqual([[], [], 0]);
});

describe('the delay before the next attempt', () => {
  test("is by the queue's policy as it is now, with jitter", async () => {
    const reap = reaping({ random: new FixedRandom(0) });
    const job = await reap.claimedOne();
    await reap.stores.queues.update('default', { retryBackoff: 'fixed', baseDelayMs: 60_000 }, NOW);
    reap.clock.setNow(STALE);
    await reap.runOnce();
    expect(await reap.stores.queries.get(job.id)).toMatchObject({ visibleAt: STALE + 42_000 });
  });

  test("is by the job's own where it says so", async () => {
    const reap = reaping();
    const job = await reap.claimedOne({ retryBackoff: 'fixed', baseDelayMs: 7 });
    reap.clock.setNow(STALE);
    await reap.runOnce();
    expect(await reap.stores.queries.get(job.id)).toMatchObject({ visibleAt: STALE + 7 });
  });

  test('is drawn for each job by itself', async () => {
    const reap = reaping({ random: new FixedRandom(0, 0.5, 0.75) });
    const jobs = await reap.claimed(3);
    reap.clock.setNow(STALE);
    await reap.runOnce();
    const stored = await Promise.all(jobs.map(({ id }) => reap.stores.queries.get(id)));
    expect(stored.map((job) => (job?.visibleAt ?? NaN) - STALE)).toEqual([700, 1000, 1150]);
  });
});

test.each([
  [100, 100, true],
  [99, 99, false],
  [250, 100, true],
])('of %d stale jobs one pass takes %d; another at once: %s', async (count, reaped, again) => {
  const reap = reaping();
  await reap.claimed(count);
  reap.clock.setNow(STALE);
  expect(await reap.runOnce()).toEqual({ reaped, nextRunAt: again ? STALE : null });
});

test('a result that comes in between wins: nothing is logged, and nobody woken', async () => {
  const reap = reaping();
  const job = await reap.claimedOne();
  reap.clock.setNow(STALE);
  const done = succeed(job, { leaseToken: 1, result: 'ok', resultTruncated: false }, STALE);
  if (done.kind !== 'changed') throw new Error('a running job can succeed');
  const settlement = { jobId: job.id, leaseToken: 1, state: done.job, failedAttempt: null };
  reap.stores.jobs.race = () => reap.stores.jobs.settle([settlement]);
  expect(await reap.runOnce()).toEqual({ reaped: 0, nextRunAt: null });
  expect(await reap.stores.queries.get(job.id)).toEqual({ ...job, ...done.job });
  expect([reap.logger.lines, reap.published]).toEqual([[], []]);
});

test('a store that is unavailable fails the pass, which the next one makes good', async () => {
  const reap = reaping();
  await reap.claimedOne();
  reap.clock.setNow(STALE);
  reap.stores.jobs.failures.settle.push(UNAVAILABLE);
  await expect(reap.runOnce()).rejects.toBe(UNAVAILABLE);
  expect([reap.logger.lines, reap.published]).toEqual([[], []]);
  expect(await reap.runOnce()).toEqual({ reaped: 1, nextRunAt: null });
});

test('what this process has in flight is left alone, however late, and hides nothing else', async () => {
  const own = new Set<string>();
  const { clock, stores, claimed, runOnce } = reaping({ own });
  const late = await claimed(150);
  for (const { id } of late) own.add(id);
  const vanished = await claimed(1);
  clock.setNow(STALE);
  expect(await runOnce()).toEqual({ reaped: 1, nextRunAt: null });
  expect((await stores.queries.get(vanished[0]?.id ?? ''))?.status).toBe('pending');
  expect(await stores.queries.countsOf('default')).toMatchObject({ running: 150 });
});

test('a job that the worker claimed and does not run is not left to a lease of a day', async () => {
  const own = new Set<string>();
  const reap = reaping({ own });
  const [lost, held] = await reap.claimed(2, { timeoutMs: 86_400_000 });
  if (!lost || !held) throw new Error('two jobs were claimed');
  own.add(held.id);
  reap.clock.setNow(NOW + DISOWNED_AFTER_MS);
  expect((await reap.runOnce()).reaped).toBe(0);
  reap.clock.setNow(NOW + DISOWNED_AFTER_MS + 1);
  expect((await reap.runOnce()).reaped).toBe(1);
  expect(await reap.stores.queries.get(lost.id)).toMatchObject({
    status: 'pending',
    attempt: 1,
    lastError: LEASE_DISOWNED_ERROR,
  });
  expect(await reap.stores.queries.failedAttempts(lost.id, 10)).toMatchObject([
    { number: 1, error: LEASE_DISOWNED_ERROR },
  ]);
  expect(await reap.stores.queries.get(held.id)).toMatchObject({ status: 'running' });
});
