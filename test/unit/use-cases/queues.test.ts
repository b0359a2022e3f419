import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import { claimOne } from '../../support/attempting.js';
import { request } from '../../support/engine-harness.js';
import { NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { using } from '../../support/using.js';

const NO_JOBS = { pending: 0, delayed: 0, running: 0, completed: 0, dead: 0 };

function plainQueue(name: string) {
  return { name, ...QUEUE_DEFAULTS, paused: false, bucket: null, createdAt: NOW, updatedAt: NOW };
}

function refusal(code: string, message: string) {
  return { ok: false, refusal: { code, message } };
}

describe('creating', () => {
  test('takes what is given, and the configuration for the rest', async () => {
    const { createQueue, stores, published } = using({ ...DEFAULT_CONFIG.defaults, maxDelayMs: 777 });
    const created = await createQueue('mail', {
      maxConcurrency: 20,
      rateLimitRps: 10,
      retryBackoff: 'linear',
    });
    const queue = {
      ...plainQueue('mail'),
      maxConcurrency: 20,
      rateLimitRps: 10,
      retryBackoff: 'linear',
      maxDelayMs: 777,
      bucket: { tokens: 10, refilledAt: NOW },
    };
    expect(created).toEqual({ ok: true, value: queue });
    expect(published).toEqual(['queue_changed']);
    expect(await stores.queues.get('mail')).toEqual(queue);
  });

  test('refuses a name that is taken, and leaves that queue alone', async () => {
    const { createQueue, stores, published } = using();
    await createQueue('a b', { maxConcurrency: 20 });
    const again = await createQueue('a b', { maxConcurrency: 1 });
    expect(again).toEqual(
      refusal('queue_exists', 'Queue a b already exists; change it with PUT /queues/a%20b'),
    );
    expect(await stores.queues.get('a b')).toMatchObject({ maxConcurrency: 20 });
    expect(published).toHaveLength(1);
  });
});

describe('updating', () => {
  test('changes what is given, and tells the engine', async () => {
    const { createQueue, updateQueue, clock, published } = using();
    await createQueue('mail', {});
    expect(published).toHaveLength(1);
    clock.advance(1000);
    const changed = { ...plainQueue('mail'), maxConcurrency: 1, paused: true, updatedAt: NOW + 1000 };
    expect(await updateQueue('mail', { maxConcurrency: 1, paused: true })).toEqual({
      ok: true,
      value: changed,
    });
    expect(published).toEqual(['queue_changed', 'queue_changed']);
  });

  test('refuses what is not there, and tells nobody', async () => {
    const { updateQueue, published } = using();
    expect(await updateQueue('gone', { paused: true })).toEqual(
      refusal('queue_not_found', 'Queue gone not found'),
    );
    expect(published).toEqual([]);
  });
});

describe('deleting', () => {
  test('deletes a queue without work, and tells of it', async () => {
    const { createQueue, deleteQueue, stores, published } = using();
    await createQueue('mail', {});
    expect(await deleteQueue('mail')).toEqual({ ok: true, value: { name: 'mail' } });
    expect(await stores.queues.get('mail')).toBeNull();
    expect(await deleteQueue('mail')).toEqual(refusal('queue_not_found', 'Queue mail not found'));
    expect(published).toEqual(['queue_changed', 'queue_changed']);
  });

  test('refuses one with pending or running jobs', async () => {
    const { enqueueCheckedJobs, deleteQueue, stores, published } = using();
    await enqueueCheckedJobs([request({ delayMs: 1 })]);
    const message =
      'Queue default still has pending or running jobs; cancel them or wait until they are done';
    expect(await deleteQueue('default')).toEqual(refusal('queue_active', message));
    await claimOne(stores, NOW + 1);
    expect(await deleteQueue('default')).toEqual(refusal('queue_active', message));
    expect(published).toEqual(['jobs_pending']);
  });
});

describe('reading', () => {
  test('lists all queues by name, with their counts; zeros for those that never had a job', async () => {
    const { createQueue, enqueueCheckedJobs, listQueues, stores } = using();
    await createQueue('idle', {});
    await enqueueCheckedJobs([request({ queueName: 'zeta' })]);
    await claimOne(stores, NOW);
    await enqueueCheckedJobs(['zeta', 'alpha', 'alpha'].map((queueName) => request({ queueName })));
    expect(await listQueues()).toEqual([
      { queue: plainQueue('alpha'), counts: { queueName: 'alpha', ...NO_JOBS, pending: 2 } },
      { queue: plainQueue('idle'), counts: { queueName: 'idle', ...NO_JOBS } },
      { queue: plainQueue('zeta'), counts: { queueName: 'zeta', ...NO_JOBS, pending: 1, running: 1 } },
    ]);
  });

  test('gets one with its counts, or says that there is none', async () => {
    const { enqueueCheckedJobs, getQueue } = using();
    await enqueueCheckedJobs([request(), request({ queueName: 'other' })]);
    expect(await getQueue('default')).toEqual({
      ok: true,
      value: { queue: plainQueue('default'), counts: { queueName: 'default', ...NO_JOBS, pending: 1 } },
    });
    expect(await getQueue('gone')).toEqual(refusal('queue_not_found', 'Queue gone not found'));
  });
});
