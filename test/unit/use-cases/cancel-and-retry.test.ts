import { describe, expect, test } from 'vitest';
import { failPermanently, failTransiently } from '../../../src/domain/job/transitions.js';
import type { Job } from '../../../src/domain/job/job.js';
import { claimOne } from '../../support/attempting.js';
import { request } from '../../support/engine-harness.js';
import { NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import type { MemoryStores } from '../../support/memory-stores.js';
import { using } from '../../support/using.js';
import { valueOf } from '../../support/value-of.js';

type Using = ReturnType<typeof using>;
type End = (job: Job) => ReturnType<typeof failPermanently>;

const fails: End = (job) =>
  failTransiently(job, { leaseToken: job.leaseToken, error: 'HTTP 500', retryInMs: 0 }, NOW);
const dies: End = (job) => failPermanently(job, { leaseToken: job.leaseToken, error: 'HTTP 404' }, NOW);

async function enqueued({ enqueueCheckedJobs }: Using): Promise<string> {
  const [outcome] = valueOf(await enqueueCheckedJobs([request()]));
  return outcome?.job.id ?? '';
}

/** A worker claims the one job that is ready, and brings it to an end. */
async function attempt(stores: MemoryStores, end: End): Promise<void> {
  const job = await claimOne(stores, NOW);
  const transition = end(job);
  if (transition.kind !== 'changed') throw new Error('the end was refused');
  const { job: state } = transition;
  await stores.jobs.settle([{ jobId: job.id, leaseToken: job.leaseToken, state, failedAttempt: null }]);
}

function refusal(code: string, message: string) {
  return { ok: false, refusal: { code, message } };
}

describe('cancelling', () => {
  test('deletes a pending job, ready or delayed, and tells of it', async () => {
    const use = using();
    const outcomes = valueOf(await use.enqueueCheckedJobs([request(), request({ delayMs: 60_000 })]));
    for (const { job } of outcomes) {
      expect(await use.cancelJob(job.id)).toEqual({ ok: true, value: { id: job.id } });
      expect(await use.stores.queries.get(job.id)).toBeNull();
    }
    expect(use.published).toEqual(['jobs_pending', 'jobs_changed', 'jobs_changed']);
  });

  test('refuses what is not there', async () => {
    const use = using();
    const id = await enqueued(use);
    await use.cancelJob(id);
    expect(await use.cancelJob(id)).toEqual(refusal('job_not_found', `Job ${id} not found`));
  });

  test('refuses a job that runs or is finished, and leaves it alone', async () => {
    const use = using();
    const id = await enqueued(use);
    const job = await claimOne(use.stores, NOW);
    const message = (status: string) => `Job ${id} is ${status}; only a pending job can be cancelled`;
    expect(await use.cancelJob(id)).toEqual(refusal('job_not_pending', message('running')));
    expect(await use.stores.queries.get(id)).toEqual(job);
    const death = dies(job);
    if (death.kind !== 'changed') throw new Error('a running job can fail');
    await use.stores.jobs.settle([{ jobId: id, leaseToken: 1, state: death.job, failedAttempt: null }]);
    expect(await use.cancelJob(id)).toEqual(refusal('job_not_pending', message('dead')));
    expect(use.published).toEqual(['jobs_pending']);
  });

  test('loses against a worker that claims the job meanwhile', async () => {
    const use = using();
    const id = await enqueued(use);
    use.stores.jobs.race = () => claimOne(use.stores, NOW);
    expect(await use.cancelJob(id)).toMatchObject({ ok: false, refusal: { code: 'job_not_pending' } });
    expect(await use.stores.queries.get(id)).toMatchObject({ status: 'running' });
  });

  test('succeeds after all when the job is pending again', async () => {
    const use = using();
    const id = await enqueued(use);
    use.stores.jobs.race = () => attempt(use.stores, fails);
    expect(await use.cancelJob(id)).toEqual({ ok: true, value: { id } });
    expect(await use.stores.queries.get(id)).toBeNull();
  });

  test('finds nothing when somebody else cancels first', async () => {
    const use = using();
    const id = await enqueued(use);
    use.stores.jobs.race = () => use.cancelJob(id);
    expect(await use.cancelJob(id)).toMatchObject({ ok: false, refusal: { code: 'job_not_found' } });
  });
});

describe('discarding', () => {
  test('deletes a finished job, and tells of it', async () => {
    const use = using();
    const id = await enqueued(use);
    await attempt(use.stores, dies);
    expect(await use.discardJob(id)).toEqual({ ok: true, value: { id } });
    expect(await use.stores.queries.get(id)).toBeNull();
    expect(use.published).toEqual(['jobs_pending', 'jobs_changed']);
  });

  test('loses against a retry that comes first', async () => {
    const use = using();
    const id = await enqueued(use);
    await attempt(use.stores, dies);
    use.stores.jobs.race = () => use.retryJob(id);
    expect(await use.discardJob(id)).toMatchObject({ ok: false, refusal: { code: 'job_not_finished' } });
    expect(await use.stores.queries.get(id)).toMatchObject({ status: 'pending' });
  });
});

describe('retrying by hand', () => {
  async function dead(use: Using): Promise<Job> {
    const id = await enqueued(use);
    await attempt(use.stores, dies);
    const job = await use.stores.queries.get(id);
    if (job?.status !== 'dead') throw new Error('the job is not dead');
    return job;
  }

  test('makes a dead job pending, due now, with all its attempts before it', async () => {
    const use = using();
    const job = await dead(use);
    use.clock.advance(5000);
    const revived = {
      ...job,
      status: 'pending',
      attempt: 0,
      visibleAt: NOW + 5000,
      workerId: null,
      startedAt: null,
      completedAt: null,
      lastError: null,
      updatedAt: NOW + 5000,
    };
    expect(await use.retryJob(job.id)).toEqual({ ok: true, value: revived });
    expect(await use.stores.queries.get(job.id)).toEqual(revived);
  });

  test('tells the engine', async () => {
    const use = using();
    const { id } = await dead(use);
    expect(use.published).toEqual(['jobs_pending']);
    await use.retryJob(id);
    expect(use.published).toEqual(['jobs_pending', 'jobs_pending']);
  });

  test('creates the queue anew when it was deleted meanwhile', async () => {
    const use = using();
    const { id } = await dead(use);
    expect(await use.deleteQueue('default')).toEqual({ ok: true, value: { name: 'default' } });
    await use.retryJob(id);
    expect(await use.stores.queues.get('default')).toMatchObject(QUEUE_DEFAULTS);
    expect(await claimOne(use.stores, NOW)).toMatchObject({ id, attempt: 1, leaseToken: 2 });
  });

  test('refuses what is not there', async () => {
    expect(await using().retryJob('gone')).toEqual(refusal('job_not_found', 'Job gone not found'));
  });

  test('refuses a job that is not dead, and wakes nobody', async () => {
    const use = using();
    const id = await enqueued(use);
    const message = (status: string) => `Job ${id} is ${status}; only a dead job can be retried`;
    expect(await use.retryJob(id)).toEqual(refusal('job_not_dead', message('pending')));
    await claimOne(use.stores, NOW);
    expect(await use.retryJob(id)).toEqual(refusal('job_not_dead', message('running')));
    expect(use.published).toHaveLength(1);
  });

  test('twice at the same time is once', async () => {
    const use = using();
    const { id } = await dead(use);
    use.stores.jobs.race = () => use.retryJob(id);
    expect(await use.retryJob(id)).toEqual(
      refusal('job_not_dead', `Job ${id} is pending; only a dead job can be retried`),
    );
    expect(await use.stores.queries.get(id)).toMatchObject({ status: 'pending', attempt: 0, leaseToken: 1 });
  });

  test('wins when the job died once more meanwhile', async () => {
    const use = using();
    const { id } = await dead(use);
    use.stores.jobs.race = async () => {
      await use.retryJob(id);
      await attempt(use.stores, dies);
    };
    expect(await use.retryJob(id)).toMatchObject({ ok: true, value: { attempt: 0, leaseToken: 2 } });
    expect(await use.stores.queries.get(id)).toMatchObject({ status: 'pending', attempt: 0, leaseToken: 2 });
  });
});
