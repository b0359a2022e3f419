import { describe, expect, test } from 'vitest';
import { OVERRUN_MS } from '../../../src/application/engine/run-attempt.js';
import type { Outcome } from '../../../src/domain/job/outcome.js';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import { MemoryData } from '../../../src/infrastructure/memory/memory-data.js';
import { MemoryQueueStore } from '../../../src/infrastructure/memory/memory-queue-store.js';
import { attempting, claimOne } from '../../support/attempting.js';
import { FixedRandom } from '../../support/fixed-random.js';
import { NOW } from '../../support/jobs.js';
import { failed, succeeded } from '../../support/outcomes.js';

const TOOK_MS = 1234;
const END = NOW + TOOK_MS;

/** Runs one attempt that takes TOOK_MS. */
async function attemptThatEnds(outcome: Outcome, change: Parameters<Attempting['claimed']>[0] = {}) {
  const attempt = attempting();
  const { clock, dispatcher, stores, logger, published } = attempt;
  dispatcher.answer(() => {
    clock.advance(TOOK_MS);
    return outcome;
  });
  const job = await attempt.claimed(change);
  await attempt.run(job);
  return {
    job,
    stored: await stores.queries.get(job.id),
    failedAttempts: await stores.queries.failedAttempts(job.id, 100),
    lines: logger.lines,
    published,
    about: { job_id: job.id, queue: job.queueName, attempt: 1 },
  };
}
type Attempting = ReturnType<typeof attempting>;

test('the dispatcher gets what the job asks for, and nothing else', async () => {
  const { claimed, run, dispatcher } = attempting();
  const headers = '{"X-Tenant":"acme"}';
  const job = await claimed({ queueName: 'mail', payload: '{ "a" : 1 }', headers, timeoutMs: 7000 });
  await run(job);
  expect(dispatcher.attempts).toStrictEqual([
    {
      jobId: job.id,
      queueName: 'mail',
      number: 1,
      url: 'http://receiver.test/hook',
      payload: '{ "a" : 1 }',
      headers: { 'X-Tenant': 'acme' },
      signingSecrets: null,
      timeoutMs: 7000,
    },
  ]);
});

describe('an attempt that', () => {
  test('succeeds completes the job', async () => {
    const outcome = { kind: 'succeeded', result: '{"cut', resultTruncated: true } as const;
    const { job, stored, failedAttempts, lines, about } = await attemptThatEnds(outcome);
    expect(stored).toEqual({
      ...job,
      status: 'completed',
      completedAt: END,
      result: '{"cut',
      resultTruncated: true,
      updatedAt: END,
    });
    expect(failedAttempts).toEqual([]);
    expect(lines).toEqual([
      { level: 'debug', message: 'job completed', fields: { ...about, duration_ms: TOOK_MS } },
    ]);
  });

  test('fails transiently makes the job pending again, after the backoff', async () => {
    const { job, stored, failedAttempts, lines, about } = await attemptThatEnds(failed());
    expect(stored).toEqual({
      ...job,
      status: 'pending',
      visibleAt: END + 1000,
      workerId: null,
      startedAt: null,
      lastError: 'HTTP 500',
      updatedAt: END,
    });
    expect(failedAttempts).toEqual([
      {
        number: 1,
        startedAt: NOW,
        finishedAt: END,
        statusCode: 500,
        error: 'HTTP 500',
        responseExcerpt: 'oops',
        omittedBefore: 0,
      },
    ]);
    const fields = { ...about, error: 'HTTP 500', duration_ms: TOOK_MS, retry_in_ms: 1000 };
    expect(lines).toEqual([{ level: 'info', message: 'attempt failed', fields }]);
  });

  test('fails transiently as the last one leaves the job dead', async () => {
    const { job, stored, failedAttempts, lines, about } = await attemptThatEnds(failed(), { maxRetries: 0 });
    const end = { status: 'dead', completedAt: END, lastError: 'HTTP 500', updatedAt: END };
    expect(stored).toEqual({ ...job, ...end });
    expect(failedAttempts).toMatchObject([{ number: 1, error: 'HTTP 500' }]);
    const fields = { ...about, error: 'HTTP 500', duration_ms: TOOK_MS };
    expect(lines).toEqual([{ level: 'warn', message: 'job dead', fields }]);
  });

  test.each([
    ['succeeds', succeeded()],
    ['fails', failed()],
  ])('%s is told once it is stored', async (_case, outcome) => {
    const { published } = await attemptThatEnds(outcome);
    expect(published).toEqual(['jobs_changed']);
  });

  test('fails permanently leaves it dead whatever retries are left', async () => {
    const outcome = failed({ permanent: true, error: 'HTTP 404', statusCode: 404, responseExcerpt: null });
    const { job, stored, failedAttempts, lines, about } = await attemptThatEnds(outcome, { maxRetries: 99 });
    const end = { status: 'dead', completedAt: END, lastError: 'HTTP 404', updatedAt: END };
    expect(stored).toEqual({ ...job, ...end });
    expect(failedAttempts).toEqual([
      {
        number: 1,
        startedAt: NOW,
        finishedAt: END,
        statusCode: 404,
        error: 'HTTP 404',
        responseExcerpt: null,
        omittedBefore: 0,
      },
    ]);
    const fields = { ...about, error: 'HTTP 404', duration_ms: TOOK_MS };
    expect(lines).toEqual([{ level: 'warn', message: 'job dead', fields }]);
  });

  test('is interrupted is given back', async () => {
    const { job, stored, failedAttempts, lines, about } = await attemptThatEnds({ kind: 'interrupted' });
    expect(stored).toEqual({
      ...job,
      status: 'pending',
      attempt: 0,
      visibleAt: END,
      workerId: null,
      startedAt: null,
      updatedAt: END,
    });
    expect(failedAttempts).toEqual([]);
    expect(lines).toEqual([{ level: 'info', message: 'attempt given back', fields: about }]);
  });

  test('could not be made is given back', async () => {
    const outcome = { kind: 'not_sent', reason: 'no socket' } as const;
    const { job, stored, failedAttempts, lines, about } = await attemptThatEnds(outcome);
    expect(stored).toEqual({
      ...job,
      status: 'pending',
      attempt: 0,
      visibleAt: END,
      workerId: null,
      startedAt: null,
      updatedAt: END,
    });
    expect(failedAttempts).toEqual([]);
    expect(lines).toEqual([
      {
        level: 'warn',
        message: 'attempts cannot be made and are given back',
        fields: { reason: 'no socket', next_try_in_ms: 200 },
      },
      { level: 'debug', message: 'attempt given back', fields: about },
    ]);
  });
});

describe('the delay before the next attempt', () => {
  /** Milliseconds that the job waits after a failure at NOW. */
  async function delayAfter(
    attempt: Attempting,
    change: Parameters<Attempting['claimed']>[0] = {},
    outcome = failed(),
  ): Promise<number> {
    attempt.dispatcher.answer(outcome);
    const job = await attempt.claimed(change);
    await attempt.run(job);
    const stored = await attempt.stores.queries.get(job.id);
    return (stored?.visibleAt ?? NaN) - NOW;
  }

  test('is that of the queue as it is at the failure, not as it was before', async () => {
    const attempt = attempting();
    const job = await attempt.claimed();
    attempt.dispatcher.answer(async () => {
      const change = { retryBackoff: 'fixed', baseDelayMs: 77_000 } as const;
      await attempt.stores.queues.update('default', change, NOW);
      return failed();
    });
    await attempt.run(job);
    expect(await attempt.stores.queries.get(job.id)).toMatchObject({ visibleAt: NOW + 77_000 });
  });

  test("is the job's own where it says so", async () => {
    expect(await delayAfter(attempting(), { baseDelayMs: 40 })).toBe(40);
    // The middle between 70 % and 100 % of the cap.
    expect(await delayAfter(attempting(), { maxDelayMs: 300 })).toBe(255);
  });

  test.each([
    ['exponential', [100, 200, 400]],
    ['linear', [100, 200, 300]],
    ['fixed', [100, 100, 100]],
  ] as const)('%s goes by the number of the attempt', async (retryBackoff, expected) => {
    const { claimed, run, dispatcher, clock, stores } = attempting();
    dispatcher.answer(failed());
    let job = await claimed({ retryBackoff, baseDelayMs: 100 });
    const delays: number[] = [];
    while (delays.length < expected.length) {
      await run(job);
      const stored = await stores.queries.get(job.id);
      const delay = (stored?.visibleAt ?? NaN) - clock.now();
      delays.push(delay);
      clock.advance(delay);
      job = await claimOne(stores, clock.now());
    }
    expect(delays).toEqual(expected);
  });

  test('is by default when the queue is gone', async () => {
    const queues = new MemoryQueueStore(new MemoryData());
    const defaults = { ...DEFAULT_CONFIG.defaults, baseDelayMs: 4000 };
    expect(await delayAfter(attempting({ queues, defaults }))).toBe(4000);
  });

  test.each([
    [0, 700],
    [0.5, 1000],
    [0.999_999, 1300],
  ])('has jitter: random %d makes 1000 ms %d ms', async (value, expected) => {
    expect(await delayAfter(attempting({ random: new FixedRandom(value) }))).toBe(expected);
  });

  test.each([
    ['later than the backoff', 5000, 5000],
    ['sooner', 10, 1000],
    ['later than allowed', 86_400_000, 255_000],
  ])('heeds a Retry-After that is %s', async (_case, retryAfterMs, expected) => {
    expect(await delayAfter(attempting(), {}, failed({ retryAfterMs }))).toBe(expected);
  });
});

describe('a dispatcher that', () => {
  test('is not there for the scheme leaves the job dead', async () => {
    const { claimed, run, stores, dispatcher, logger } = attempting();
    const job = await claimed({ callbackUrl: 'https://receiver.test/hook' });
    await run(job);
    const error = 'no dispatcher is registered for the scheme of callback_url';
    expect(await stores.queries.get(job.id)).toMatchObject({ status: 'dead', lastError: error });
    expect(await stores.queries.failedAttempts(job.id, 100)).toEqual([
      {
        number: 1,
        startedAt: NOW,
        finishedAt: NOW,
        statusCode: null,
        error,
        responseExcerpt: null,
        omittedBefore: 0,
      },
    ]);
    expect(dispatcher.attempts).toEqual([]);
    expect(logger.lines).toMatchObject([{ level: 'warn', message: 'job dead' }]);
  });

  test('rejects counts as a transient failure, and its error goes to the log alone', async () => {
    const { claimed, run, stores, dispatcher, logger } = attempting();
    const error = new Error('a secret of the dispatcher');
    dispatcher.answer(() => Promise.reject(error));
    const job = await claimed();
    await run(job);
    const lastError = 'internal: the dispatcher failed; see the log';
    expect(await stores.queries.get(job.id)).toMatchObject({ status: 'pending', attempt: 1, lastError });
    const about = { job_id: job.id, queue: 'default', attempt: 1 };
    expect(logger.lines[0]).toEqual({ level: 'error', message: 'dispatcher failed', fields: about, error });
  });

  test('rejects because it is interrupted has its attempt given back', async () => {
    const { claimed, run, stores, dispatcher, forcedStop, logger } = attempting();
    dispatcher.answer(() => {
      forcedStop.abort();
      return Promise.reject(new Error('aborted'));
    });
    const job = await claimed({ maxRetries: 0 });
    await run(job);
    expect(await stores.queries.get(job.id)).toMatchObject({
      status: 'pending',
      attempt: 0,
      lastError: null,
    });
    expect(logger.lines).toMatchObject([{ level: 'info', message: 'attempt given back' }]);
  });

  test('never ends is given up on a little after the timeout', async () => {
    const { claimed, begin, stores, dispatcher, scheduler } = attempting();
    dispatcher.hold();
    const job = await claimed({ timeoutMs: 5000 });
    const attempt = await begin(job);
    await scheduler.advanceAsync(5000 + OVERRUN_MS - 1);
    expect(attempt.ended).toBe(false);
    await scheduler.advanceAsync(1);
    await scheduler.advanceAsync(0);
    expect(attempt.ended).toBe(true);
    const error = 'timeout: the dispatcher did not end within 5000 ms';
    expect(await stores.queries.get(job.id)).toMatchObject({
      status: 'pending',
      attempt: 1,
      lastError: error,
    });

    // What it says later is of no interest any more.
    dispatcher.end(succeeded());
    await scheduler.advanceAsync(0);
    expect(await stores.queries.get(job.id)).toMatchObject({ status: 'pending', lastError: error });
    expect(stores.jobs.calls.settle).toBe(1);
  });

  test('ends in time leaves no timer behind', async () => {
    const { claimed, run, scheduler } = attempting();
    await run(await claimed());
    expect(scheduler.pending).toBe(0);
  });
});
