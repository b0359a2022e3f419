import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import { request } from '../../support/engine-harness.js';
import { NOW } from '../../support/jobs.js';
import { using } from '../../support/using.js';
import { valueOf } from '../../support/value-of.js';

const FIRST_ID = '018d0c5b-c400-7000-8000-000000000001';
const OWN = {
  callbackUrl: 'https://receiver.test/hook?x=1',
  queueName: 'mail',
  priority: -3,
  payload: '{ "to" : "a" }',
  maxRetries: 0,
  retryBackoff: 'linear',
  baseDelayMs: 0,
  maxDelayMs: 0,
  timeoutMs: 1,
  idempotencyKey: 'key',
} as const;
const FRESH = {
  status: 'pending',
  attempt: 0,
  leaseToken: 0,
  workerId: null,
  startedAt: null,
  completedAt: null,
  lastError: null,
  result: null,
  resultTruncated: false,
  crashes: 0,
  createdAt: NOW,
  updatedAt: NOW,
  scheduleId: null,
} as const;

test('a job that says everything is stored as it says', async () => {
  const { enqueueCheckedJobs, stores } = using();
  const headers = { 'X-Tenant': 'acme', accept: 'text/plain' };
  const stored = '{"X-Tenant":"acme","accept":"text/plain"}';
  const job = { id: FIRST_ID, ...OWN, ...FRESH, headers: stored, visibleAt: NOW + 60_000 };
  expect(valueOf(await enqueueCheckedJobs([{ ...OWN, headers, delayMs: 60_000 }]))).toEqual([
    { kind: 'inserted', job },
  ]);
  expect(await stores.queries.get(FIRST_ID)).toEqual(job);
});

test('a job that says little takes timeout_ms by default, and leaves the backoff open until it fails', async () => {
  const { enqueueCheckedJobs } = using({ ...DEFAULT_CONFIG.defaults, timeoutMs: 1234, maxRetries: 9 });
  const [outcome] = valueOf(await enqueueCheckedJobs([request()]));
  expect(outcome?.job).toEqual({
    ...FRESH,
    id: FIRST_ID,
    callbackUrl: 'http://receiver.test/hook',
    queueName: 'default',
    priority: 0,
    payload: '{"n":1}',
    maxRetries: 9,
    retryBackoff: null,
    baseDelayMs: null,
    maxDelayMs: null,
    timeoutMs: 1234,
    idempotencyKey: null,
    headers: null,
    visibleAt: NOW,
  });
});

test('max_retries are those of the job, else of the queue, else by default', async () => {
  const { enqueueCheckedJobs, createQueue } = using({ ...DEFAULT_CONFIG.defaults, maxRetries: 9 });
  await createQueue('patient', { maxRetries: 50 });
  const outcomes = valueOf(
    await enqueueCheckedJobs([
      request({ queueName: 'patient', maxRetries: 0 }),
      request({ queueName: 'patient' }),
      request({ queueName: 'new' }),
    ]),
  );
  expect(outcomes.map(({ job }) => job.maxRetries)).toEqual([0, 50, 9]);
});

test("a queue that is missing is created with the configuration's defaults", async () => {
  const { enqueueCheckedJobs, stores } = using({
    ...DEFAULT_CONFIG.defaults,
    retryBackoff: 'fixed',
    baseDelayMs: 5,
  });
  await enqueueCheckedJobs([request({ queueName: 'new' })]);
  expect(await stores.queues.get('new')).toEqual({
    name: 'new',
    maxConcurrency: 5,
    rateLimitRps: null,
    maxDepth: null,
    maxRetries: 3,
    retryBackoff: 'fixed',
    baseDelayMs: 5,
    maxDelayMs: 300_000,
    retentionCompletedMs: null,
    retentionDeadMs: null,
    signingSecrets: null,
    paused: false,
    bucket: null,
    createdAt: NOW,
    updatedAt: NOW,
  });
});

test('a batch is answered in order, with ids in order', async () => {
  const { enqueueCheckedJobs } = using();
  const outcomes = valueOf(
    await enqueueCheckedJobs(['c', 'a', 'b'].map((queueName) => request({ queueName }))),
  );
  expect(outcomes.map(({ job }) => job.queueName)).toEqual(['c', 'a', 'b']);
  const ids = outcomes.map(({ job }) => job.id);
  expect(ids.toSorted()).toEqual(ids);
});

describe('the engine is told', () => {
  test('once for a batch', async () => {
    const { enqueueCheckedJobs, published } = using();
    await enqueueCheckedJobs([request(), request()]);
    expect(published).toEqual(['jobs_pending']);
  });

  test('of a delayed job too, as it may be the next that is due', async () => {
    const { enqueueCheckedJobs, published } = using();
    await enqueueCheckedJobs([request({ delayMs: 60_000 })]);
    expect(published).toEqual(['jobs_pending']);
  });

  test('if one of a batch is new, and not if all are known already', async () => {
    const { enqueueCheckedJobs, published } = using();
    const known = request({ idempotencyKey: 'k' });
    await enqueueCheckedJobs([known]);
    const again = valueOf(await enqueueCheckedJobs([known]));
    expect(again).toMatchObject([{ kind: 'duplicate', job: { id: FIRST_ID } }]);
    expect(published).toHaveLength(1);
    const mixed = valueOf(await enqueueCheckedJobs([known, request()]));
    expect(mixed.map(({ kind }) => kind)).toEqual(['duplicate', 'inserted']);
    expect(published).toHaveLength(2);
  });
});
