import fc from 'fast-check';
import { expect, test } from 'vitest';
import { BACKOFF_STRATEGIES, type RetryPolicy } from '../../../src/domain/retry/backoff.js';
import { resolveRetryPolicy } from '../../../src/domain/retry/retry-policy.js';
import { pendingJob } from '../../support/jobs.js';
import { holds } from '../../support/property.js';

const QUEUE: RetryPolicy = { retryBackoff: 'linear', baseDelayMs: 20, maxDelayMs: 200 };
const DEFAULTS: RetryPolicy = { retryBackoff: 'exponential', baseDelayMs: 30, maxDelayMs: 300 };
const SILENT = { retryBackoff: null, baseDelayMs: null, maxDelayMs: null };

test.each([
  ['a silent job takes all of the queue', SILENT, QUEUE, QUEUE],
  ['without a queue it takes the defaults', SILENT, null, DEFAULTS],
  ['the strategy alone', { ...SILENT, retryBackoff: 'fixed' }, QUEUE, { ...QUEUE, retryBackoff: 'fixed' }],
  ['the base alone', { ...SILENT, baseDelayMs: 1 }, QUEUE, { ...QUEUE, baseDelayMs: 1 }],
  ['the cap alone', { ...SILENT, maxDelayMs: 9 }, QUEUE, { ...QUEUE, maxDelayMs: 9 }],
  [
    '0 is a value too',
    { ...SILENT, baseDelayMs: 0, maxDelayMs: 0 },
    QUEUE,
    { ...QUEUE, baseDelayMs: 0, maxDelayMs: 0 },
  ],
  [
    'one of its own, the rest by default',
    { ...SILENT, baseDelayMs: 1 },
    null,
    { ...DEFAULTS, baseDelayMs: 1 },
  ],
] as const)('%s', (_case, job, queue, expected) => {
  expect(resolveRetryPolicy(job, queue, DEFAULTS)).toStrictEqual(expected);
});

test('each setting by itself: the job, else the queue, else the defaults', () => {
  const policy = fc.record({
    retryBackoff: fc.constantFrom(...BACKOFF_STRATEGIES),
    baseDelayMs: fc.nat(5),
    maxDelayMs: fc.nat(5),
  });
  const partly = fc.record({
    retryBackoff: fc.option(fc.constantFrom(...BACKOFF_STRATEGIES)),
    baseDelayMs: fc.option(fc.nat(5)),
    maxDelayMs: fc.option(fc.nat(5)),
  });
  holds(
    fc.property(partly, fc.option(policy), policy, (job, queue, defaults) => {
      expect(resolveRetryPolicy(job, queue, defaults)).toStrictEqual({
        retryBackoff: job.retryBackoff ?? queue?.retryBackoff ?? defaults.retryBackoff,
        baseDelayMs: job.baseDelayMs ?? queue?.baseDelayMs ?? defaults.baseDelayMs,
        maxDelayMs: job.maxDelayMs ?? queue?.maxDelayMs ?? defaults.maxDelayMs,
      });
    }),
  );
});

test('a whole job or queue may be passed, and nothing else of it comes through', () => {
  const job = pendingJob({ baseDelayMs: 5 });
  expect(resolveRetryPolicy(job, QUEUE, DEFAULTS)).toStrictEqual({ ...QUEUE, baseDelayMs: 5 });
});
