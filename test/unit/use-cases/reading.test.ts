import { describe, expect, test } from 'vitest';
import { failPermanently, succeed } from '../../../src/domain/job/transitions.js';
import { claimOne } from '../../support/attempting.js';
import { request } from '../../support/engine-harness.js';
import { NOW } from '../../support/jobs.js';
import { newSchedule } from '../../support/schedules.js';
import { using } from '../../support/using.js';
import { valueOf } from '../../support/value-of.js';

type Using = ReturnType<typeof using>;

/** Enqueues a job that ends so at once. */
async function finished(use: Using, queueName: string, end: 'completed' | 'dead'): Promise<void> {
  await use.enqueueCheckedJobs([request({ queueName })]);
  const job = await claimOne(use.stores, NOW);
  const lease = { leaseToken: job.leaseToken };
  const transition =
    end === 'dead'
      ? failPermanently(job, { ...lease, error: 'HTTP 404' }, NOW)
      : succeed(job, { ...lease, result: '', resultTruncated: false }, NOW);
  if (transition.kind !== 'changed') throw new Error('a claimed job can end');
  const { job: state } = transition;
  await use.stores.jobs.settle([{ jobId: job.id, ...lease, state, failedAttempt: null }]);
}

describe('metrics', () => {
  test('of a new service are zero', async () => {
    expect(await using().getMetrics()).toEqual({
      uptimeSecs: 0,
      version: '1.2.3',
      jobs: { total: 0, pending: 0, delayed: 0, running: 0, completed: 0, dead: 0 },
      queues: [],
      schedules: { total: 0, enabled: 0 },
    });
  });

  test('sum all jobs, those included that a deleted queue left behind', async () => {
    const use = using();
    await finished(use, 'gone', 'completed');
    await finished(use, 'gone', 'completed');
    await finished(use, 'gone', 'dead');
    await use.deleteQueue('gone');
    await finished(use, 'mail', 'dead');
    await use.enqueueCheckedJobs([request({ queueName: 'mail' })]);
    await claimOne(use.stores, NOW);
    await use.enqueueCheckedJobs([
      request({ queueName: 'mail', delayMs: 5 }),
      request({ queueName: 'bulk' }),
    ]);
    await use.updateQueue('bulk', { paused: true });
    for (const enabled of [true, false, true]) await use.stores.schedules.create(newSchedule({ enabled }));

    const metrics = await use.getMetrics();
    expect(metrics.jobs).toEqual({ total: 7, pending: 2, delayed: 1, running: 1, completed: 2, dead: 2 });
    expect(metrics.schedules).toEqual({ total: 3, enabled: 2 });
    const queues = metrics.queues.map(({ queue, counts }) => [queue.name, queue.paused, counts]);
    expect(queues).toEqual([
      ['bulk', true, { queueName: 'bulk', pending: 1, delayed: 0, running: 0, completed: 0, dead: 0 }],
      ['mail', false, { queueName: 'mail', pending: 1, delayed: 1, running: 1, completed: 0, dead: 1 }],
    ]);
  });

  test.each([
    [999, 0],
    [1000, 1],
    [3_600_999, 3600],
  ])('after %d ms say that it is up for %d s, whatever the wall clock shows', async (ms, uptimeSecs) => {
    const { getMetrics, clock } = using();
    clock.advance(ms);
    clock.setNow(0);
    expect(await getMetrics()).toMatchObject({ uptimeSecs });
  });
});

describe('jobs', () => {
  test('one is found by its id', async () => {
    const { enqueueCheckedJobs, getJob } = using();
    const [outcome] = valueOf(await enqueueCheckedJobs([request()]));
    expect(await getJob(outcome?.job.id ?? '')).toEqual({ ok: true, value: outcome?.job });
    expect(await getJob('gone')).toEqual({
      ok: false,
      refusal: { code: 'job_not_found', message: 'Job gone not found' },
    });
  });

  test('a list is the newest first, by filter and page', async () => {
    const { enqueueCheckedJobs, listJobs } = using();
    const outcomes = valueOf(
      await enqueueCheckedJobs(['a', 'b', 'a', 'a'].map((queueName) => request({ queueName }))),
    );
    const [first, , third, fourth] = outcomes.map(({ job }) => job);
    expect((await listJobs({ queue: 'a' }, { limit: 50, offset: 0 })).jobs).toEqual([fourth, third, first]);
    expect((await listJobs({ queue: 'a' }, { limit: 1, offset: 1 })).jobs).toEqual([third]);
    expect((await listJobs({ status: 'dead' }, { limit: 50, offset: 0 })).jobs).toEqual([]);
  });

  test.each([
    [1000, 1000],
    [1001, 1000],
    [1_000_000, 1000],
  ])('a limit of %d gives %d of 1100', async (limit, expected) => {
    const { enqueueCheckedJobs, listJobs } = using();
    await enqueueCheckedJobs(Array.from({ length: 1100 }, () => request()));
    expect((await listJobs({}, { limit, offset: 0 })).jobs).toHaveLength(expected);
  });
});

test('the health check is what the store says, and whether jobs are claimed', async () => {
  const { checkHealth } = using();
  const engine = (failingForMs: number) =>
    checkHealth({ state: 'pausing', failingForMs, workerId: null, inFlight: 0, slots: 10, queues: [] });
  expect(await engine(9999)).toEqual({ ok: true, value: 'healthy' });
  expect(await engine(10_000)).toEqual({
    ok: false,
    refusal: { code: 'not_claiming', message: 'Claiming jobs has failed for 10 s; the log says why' },
  });
});
