import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { INT32_MAX } from '../../../src/application/limits.js';
import {
  BACKOFF_STRATEGIES,
  backoffMs,
  JITTER,
  rawBackoffMs,
  retryDelayMs,
  type BackoffStrategy,
  type RetryPolicy,
} from '../../../src/domain/retry/backoff.js';
import { holds } from '../../support/property.js';

/** With it jitter is nil. */
const MIDDLE = 0.5;
const ALMOST_ONE = 1 - 2 ** -53;

function policy(retryBackoff: BackoffStrategy, baseDelayMs = 1000, maxDelayMs = 300_000): RetryPolicy {
  return { retryBackoff, baseDelayMs, maxDelayMs };
}

// Small values often, as that is where rounding shows, and the ends of the range.
const delay = fc.oneof(fc.nat(20), fc.nat(INT32_MAX), fc.constantFrom(0, 1, INT32_MAX));
const attempt = fc.oneof(fc.integer({ min: 1, max: 40 }), fc.integer({ min: 1, max: 10_000 }));
const random = fc.oneof(
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  fc.constantFrom(0, MIDDLE, ALMOST_ONE),
);
const anyPolicy: fc.Arbitrary<RetryPolicy> = fc.record({
  retryBackoff: fc.constantFrom(...BACKOFF_STRATEGIES),
  baseDelayMs: delay,
  maxDelayMs: delay,
});

describe("the manual's formulas", () => {
  test.each([
    ['exponential', 1000, [1000, 2000, 4000, 8000, 16_000]],
    ['exponential', 7, [7, 14, 28, 56, 112]],
    ['linear', 1000, [1000, 2000, 3000, 4000, 5000]],
    ['linear', 7, [7, 14, 21, 28, 35]],
    ['fixed', 1000, [1000, 1000, 1000, 1000, 1000]],
    ['exponential', 0, [0, 0, 0, 0, 0]],
    ['linear', 0, [0, 0, 0, 0, 0]],
    ['fixed', 0, [0, 0, 0, 0, 0]],
  ] as const)('%s with a base of %d', (retryBackoff, baseDelayMs, expected) => {
    const raw = expected.map((_, i) => rawBackoffMs(policy(retryBackoff, baseDelayMs), i + 1));
    expect(raw).toEqual(expected);
    const delays = expected.map((_, i) => backoffMs(policy(retryBackoff, baseDelayMs), i + 1, MIDDLE));
    expect(delays).toEqual(expected);
  });

  test('hold for every base and attempt', () => {
    holds(
      fc.property(delay, fc.integer({ min: 1, max: 1000 }), (base, n) => {
        expect(rawBackoffMs(policy('linear', base), n)).toBe(base * n);
        expect(rawBackoffMs(policy('fixed', base), n)).toBe(base);
        // Powers of two are exact, and so are their products.
        expect(rawBackoffMs(policy('exponential', base), n)).toBe(base * Math.pow(2, n - 1));
      }),
    );
  });

  test.each(['exponential', 'linear'] as const)(
    '%s never shrinks from one attempt to the next',
    (strategy) => {
      holds(
        fc.property(delay, attempt, (base, n) => {
          const each = policy(strategy, base);
          expect(rawBackoffMs(each, n + 1)).toBeGreaterThanOrEqual(rawBackoffMs(each, n));
        }),
      );
    },
  );
});

describe('jitter', () => {
  test.each([
    [0, 700],
    [0.25, 850],
    [MIDDLE, 1000],
    [0.75, 1150],
    [ALMOST_ONE, 1300],
  ])('random %d makes 1000 ms %d ms', (value, expected) => {
    expect(BACKOFF_STRATEGIES.map((strategy) => backoffMs(policy(strategy), 1, value))).toEqual([
      expected,
      expected,
      expected,
    ]);
  });

  test('stays within 30 % to either side, and under the cap', () => {
    expect(JITTER).toBe(0.3);
    holds(
      fc.property(anyPolicy, attempt, random, (each, n, value) => {
        const raw = rawBackoffMs(each, n);
        const ms = backoffMs(each, n, value);
        // Whole milliseconds, hence half a one more; and a hair for what is lost in multiplying.
        const slack = 0.5 + Math.min(raw, INT32_MAX) * 1e-12;
        expect(ms).toBeGreaterThanOrEqual(Math.min(raw, each.maxDelayMs) * 0.7 - slack);
        expect(ms).toBeLessThanOrEqual(Math.min(raw * 1.3 + slack, each.maxDelayMs));
      }),
      1000,
    );
  });

  test('a greater random never makes a shorter delay', () => {
    holds(
      fc.property(anyPolicy, attempt, random, random, (each, n, a, b) => {
        const [low, high] = [Math.min(a, b), Math.max(a, b)];
        expect(backoffMs(each, n, high)).toBeGreaterThanOrEqual(backoffMs(each, n, low));
      }),
    );
  });

  test('stays at the cap, below it', () => {
    const each = policy('exponential', 1000, 300_000);
    const delays = (attempt: number) =>
      [0, MIDDLE, ALMOST_ONE].map((value) => backoffMs(each, attempt, value));
    expect(delays(12)).toEqual([210_000, 255_000, 300_000]);
    expect(delays(1025)).toEqual(delays(12));
    // 256 s * 1.3 is beyond the cap, 256 s * 0.7 is not.
    expect(delays(9)).toEqual([179_200, 239_600, 300_000]);
    expect(backoffMs(policy('fixed', 300_000), 1, MIDDLE)).toBe(255_000);
  });

  test('spreads ten thousand jobs that reached the cap together', () => {
    const each = policy('exponential', 1000, 300_000);
    const delays = Array.from({ length: 10_000 }, (_, i) => backoffMs(each, 20, i / 10_000));
    expect(new Set(delays).size).toBe(10_000);
    const inTenth = (tenth: number) => delays.filter((ms) => Math.floor((ms - 210_000) / 9000) === tenth);
    for (let tenth = 0; tenth < 10; tenth += 1) expect(inTenth(tenth)).toHaveLength(1000);
  });

  test('has a range of 30 % of the cap at least, from where it touches the cap', () => {
    const cap = 300_000;
    holds(
      fc.property(fc.integer({ min: Math.ceil(cap / 1.3), max: INT32_MAX }), (base) => {
        const each = policy('fixed', base, cap);
        expect(backoffMs(each, 1, ALMOST_ONE)).toBe(cap);
        expect(backoffMs(each, 1, 0)).toBe(Math.round(Math.min(base, cap) * 0.7));
      }),
    );
  });
});

test('the delay is a whole number of milliseconds from 0 to the cap, whatever the settings and the attempt', () => {
  holds(
    fc.property(anyPolicy, attempt, random, (each, n, value) => {
      const ms = backoffMs(each, n, value);
      expect(Number.isSafeInteger(ms)).toBe(true);
      expect(ms).toBeGreaterThanOrEqual(0);
      expect(ms).toBeLessThanOrEqual(each.maxDelayMs);
    }),
    1000,
  );
});

test.each(BACKOFF_STRATEGIES)('%s: the extremes', (strategy) => {
  const bases = [0, 1, INT32_MAX];
  const attempts = [1, 2, 1023, 1024, 1025, 1100, 10_000];
  const delays = bases.flatMap((base) =>
    attempts.flatMap((n) =>
      [0, ALMOST_ONE].map((value) => backoffMs(policy(strategy, base, INT32_MAX), n, value)),
    ),
  );
  expect(delays.filter((ms) => !Number.isInteger(ms) || ms < 0 || ms > INT32_MAX)).toEqual([]);
  expect(backoffMs(policy(strategy, 0, INT32_MAX), 10_000, MIDDLE)).toBe(0);
  expect(backoffMs(policy(strategy, INT32_MAX, 0), 10_000, MIDDLE)).toBe(0);
  expect(backoffMs(policy(strategy, INT32_MAX, INT32_MAX), 10_000, ALMOST_ONE)).toBe(INT32_MAX);
});

describe('Retry-After', () => {
  const each = policy('fixed', 1000, 60_000);

  test.each([
    ['nothing asked for: the backoff', null, 1000],
    ['sooner than the backoff: the backoff', 300, 1000],
    ['at once: the backoff', 0, 1000],
    ['later: as asked for', 5000, 5000],
    ['just below the cap: as asked for', 59_999, 59_999],
    ['exactly the cap: as a backoff at the cap', 60_000, 51_000],
    ['beyond the cap: as a backoff at the cap', 60_001, 51_000],
    ['in a thousand years: as a backoff at the cap', 3.15e13, 51_000],
  ])('%s', (_case, retryAfterMs, expected) => {
    expect(retryDelayMs(each, 1, MIDDLE, retryAfterMs)).toBe(expected);
  });

  test('beyond the cap, ten thousand jobs that were refused together do not come back together', () => {
    const delays = Array.from({ length: 10_000 }, (_, i) => retryDelayMs(each, 1, i / 10_000, 86_400_000));
    expect(Math.min(...delays)).toBe(42_000);
    const inTenth = (tenth: number) => delays.filter((ms) => Math.floor((ms - 42_000) / 1800) === tenth);
    for (let tenth = 0; tenth < 10; tenth += 1)
      expect(Math.abs(inTenth(tenth).length - 1000)).toBeLessThan(3);
  });

  test('is never the reason for coming earlier, nor for waiting longer than the cap', () => {
    holds(
      fc.property(anyPolicy, attempt, random, fc.nat(Number.MAX_SAFE_INTEGER), (any, n, value, asked) => {
        const backoff = backoffMs(any, n, value);
        const ms = retryDelayMs(any, n, value, asked);
        expect(ms).toBeGreaterThanOrEqual(backoff);
        expect(ms).toBeLessThanOrEqual(any.maxDelayMs);
        if (asked < any.maxDelayMs) expect(ms).toBe(Math.max(backoff, asked));
        expect(retryDelayMs(any, n, value, null)).toBe(backoff);
      }),
    );
  });
});
