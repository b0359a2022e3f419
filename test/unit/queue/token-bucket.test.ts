import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { RATE_LIMIT_MAX, RATE_LIMIT_MIN } from '../../../src/application/limits.js';
import {
  availableTokens,
  bucketCapacity,
  fullBucket,
  nextTokenAt,
  refill,
  spend,
  type TokenBucket,
} from '../../../src/domain/queue/token-bucket.js';
import { NOW } from '../../support/jobs.js';
import { holds } from '../../support/property.js';

const rate = fc.oneof(
  fc.constantFrom(RATE_LIMIT_MIN, 0.3, 0.5, 0.7, 1, 1.5, 3, 7, 10, 99.9, 1000, RATE_LIMIT_MAX),
  fc.double({ min: RATE_LIMIT_MIN, max: 50, noNaN: true }),
  fc.double({ min: RATE_LIMIT_MIN, max: RATE_LIMIT_MAX, noNaN: true }),
);
/** An attempt to start `wanted` jobs, `movesMs` after the one before by the reading of the clock. */
const turn = (movesMs: fc.Arbitrary<number>) =>
  fc.record({ movesMs, wanted: fc.integer({ min: 1, max: 2000 }) });
const forwards = fc.oneof(fc.nat(20), fc.nat(2000), fc.nat(100_000));
/** Takes what it gets, as a claim does. */
function take(bucket: TokenBucket, ratePerSecond: number, wanted: number, now: number) {
  const count = Math.min(wanted, availableTokens(bucket, ratePerSecond, now));
  return { count, bucket: spend(bucket, ratePerSecond, count, now) };
}

describe('capacity', () => {
  test.each([
    [0.0001, 1],
    [0.3, 1],
    [1, 1],
    [1.5, 1.5],
    [7, 7],
    [1000, 1000],
  ])('of %d a second: %d', (ratePerSecond, capacity) => {
    expect(bucketCapacity(ratePerSecond)).toBe(capacity);
    expect(fullBucket(ratePerSecond, NOW)).toStrictEqual({ tokens: capacity, refilledAt: NOW });
    expect(availableTokens(fullBucket(ratePerSecond, NOW), ratePerSecond, NOW)).toBe(Math.floor(capacity));
  });

  test('is never exceeded, however long nothing was taken', () => {
    holds(
      fc.property(rate, fc.double({ min: 0, max: 1, noNaN: true }), fc.nat(1e12), (each, share, waits) => {
        const bucket = { tokens: share * bucketCapacity(each), refilledAt: NOW };
        expect(refill(bucket, each, NOW + waits).tokens).toBeLessThanOrEqual(bucketCapacity(each));
        expect(availableTokens(bucket, each, NOW + waits)).toBeLessThanOrEqual(bucketCapacity(each) + 1e-8);
      }),
    );
  });
});

describe('spending', () => {
  test('takes the jobs that were claimed from what has come in by then', () => {
    const bucket = { tokens: 2, refilledAt: NOW };
    expect(spend(bucket, 10, 3, NOW + 250)).toStrictEqual({ tokens: 1.5, refilledAt: NOW + 250 });
    expect(spend(bucket, 10, 0, NOW + 250)).toStrictEqual({ tokens: 4.5, refilledAt: NOW + 250 });
  });

  test('of the last token leaves none, not less', () => {
    const bucket = { tokens: 1 - 1e-12, refilledAt: NOW };
    expect(availableTokens(bucket, 5, NOW)).toBe(1);
    expect(spend(bucket, 5, 1, NOW)).toStrictEqual({ tokens: 0, refilledAt: NOW });
  });
});

describe('the limit', () => {
  test('in any window at most the capacity and what came in meanwhile can be taken', () => {
    holds(
      fc.property(rate, fc.array(turn(forwards), { maxLength: 50 }), (each, turns) => {
        let now = NOW;
        let bucket = fullBucket(each, now);
        const taken = turns.map(({ movesMs, wanted }) => {
          now += movesMs;
          const taking = take(bucket, each, wanted, now);
          bucket = taking.bucket;
          return { at: now, count: taking.count };
        });
        for (const [i, first] of taken.entries()) {
          let sum = 0;
          for (const { at, count } of taken.slice(i)) {
            sum += count;
            expect(sum).toBeLessThanOrEqual(bucketCapacity(each) + (each * (at - first.at)) / 1000 + 1e-3);
          }
        }
      }),
    );
  });

  test('holds when the clock is set back and forth: only time that passes on it brings tokens', () => {
    const anywhere = fc.oneof(forwards, fc.integer({ min: -100_000, max: 0 }));
    holds(
      fc.property(rate, fc.array(turn(anywhere), { maxLength: 50 }), (each, turns) => {
        let now = NOW;
        let passed = 0;
        let bucket = fullBucket(each, now);
        let sum = 0;
        for (const { movesMs, wanted } of turns) {
          now += movesMs;
          passed += Math.max(0, movesMs);
          const taking = take(bucket, each, wanted, now);
          bucket = taking.bucket;
          sum += taking.count;
          expect(bucket.tokens).toBeGreaterThanOrEqual(0);
          expect(sum).toBeLessThanOrEqual(bucketCapacity(each) + (each * passed) / 1000 + 1e-3);
        }
      }),
    );
  });

  // Processes on one store read the clock, then wait for each other: up to the store's time-out.
  test('holds for processes whose readings of the clock reach the store out of order', () => {
    const late = fc.record({
      movesMs: forwards,
      lateMs: fc.nat(5000),
      wanted: fc.integer({ min: 1, max: 2000 }),
    });
    holds(
      fc.property(rate, fc.array(late, { maxLength: 50 }), (each, turns) => {
        let time = NOW;
        let bucket = fullBucket(each, time);
        let sum = 0;
        for (const { movesMs, lateMs, wanted } of turns) {
          time += movesMs;
          const taking = take(bucket, each, wanted, time - lateMs);
          bucket = taking.bucket;
          sum += taking.count;
          expect(sum).toBeLessThanOrEqual(bucketCapacity(each) + (each * (time - NOW)) / 1000 + 1e-3);
        }
      }),
    );
  });

  test('two processes, one of them 5 ms behind, get together what one alone would', () => {
    let bucket: TokenBucket = { tokens: 0, refilledAt: NOW };
    let sum = 0;
    for (let ms = 10; ms <= 10_000; ms += 10) {
      for (const now of [NOW + ms, NOW + ms - 5]) {
        const taking = take(bucket, 100, 100, now);
        bucket = taking.bucket;
        sum += taking.count;
      }
    }
    expect(sum).toBe(1000);
  });
});

describe('a clock that was set back', () => {
  test.each([1, 5000, 10_000, 10_001, 3_600_000, 1e9])(
    'by %d ms takes no token away and brings none',
    (ms) => {
      const bucket = { tokens: 2.5, refilledAt: NOW };
      expect(refill(bucket, 10, NOW - ms).tokens).toBe(2.5);
      expect(spend(bucket, 10, 2, NOW - ms).tokens).toBe(0.5);
    },
  );

  test('holds a queue up for no more than ten seconds and the time of a token', () => {
    holds(
      fc.property(rate, fc.nat(1e12), (each, ms) => {
        const now = NOW - ms;
        const bucket = spend({ tokens: 0, refilledAt: NOW }, each, 0, now);
        expect(nextTokenAt(bucket, each, now) - now).toBeLessThanOrEqual(10_000 + Math.ceil(1000 / each));
      }),
    );
  });
});

describe('the next token', () => {
  test('of a bucket that has one is now', () => {
    expect(nextTokenAt({ tokens: 1, refilledAt: NOW - 5 }, 0.5, NOW)).toBe(NOW);
    expect(nextTokenAt({ tokens: 0, refilledAt: NOW - 2000 }, 0.5, NOW)).toBe(NOW);
  });

  test.each([
    [0.0001, [10_000_000, 20_000_000, 30_000_000]],
    // Under one a second the bucket holds no more than the one token, so what comes in within the millisecond is lost.
    [0.3, [3334, 6668, 10_002, 13_336]],
    [0.5, [2000, 4000, 6000]],
    [0.7, [1429, 2858, 4287, 5716]],
    [1, [1000, 2000, 3000]],
    [3, [334, 667, 1000, 1334]],
    [7, [143, 286, 429, 572, 715, 858, 1000, 1143]],
    [10, [100, 200, 300]],
    [1000, [1, 2, 3]],
    [3000, [1, 1, 1, 2, 2, 2]],
  ])('%d a second, taken one by one as they come: after %j ms', (each, expected) => {
    let bucket: TokenBucket = { tokens: 0, refilledAt: NOW };
    let now = NOW;
    const at = expected.map(() => {
      now = nextTokenAt(bucket, each, now);
      bucket = spend(bucket, each, 1, now);
      return now - NOW;
    });
    expect(at).toEqual(expected);
  });

  test('is there at the millisecond named, and was not there one earlier', () => {
    holds(
      fc.property(
        rate,
        fc.array(turn(forwards), { maxLength: 20 }),
        fc.oneof(fc.nat(20), fc.nat(20_000)),
        (each, turns, waits) => {
          let now = NOW;
          let bucket = fullBucket(each, now);
          for (const { movesMs, wanted } of turns) {
            now += movesMs;
            ({ bucket } = take(bucket, each, wanted, now));
          }
          now += waits;
          const at = nextTokenAt(bucket, each, now);
          expect(Number.isSafeInteger(at)).toBe(true);
          expect(at).toBeGreaterThanOrEqual(now);
          expect(availableTokens(bucket, each, at)).toBeGreaterThanOrEqual(1);
          if (at > now) expect(availableTokens(bucket, each, at - 1)).toBe(0);
        },
      ),
      2000,
    );
  });

  test('comes at the rate over a long time: 10,000 tokens of 7 a second, woken for each', () => {
    let bucket: TokenBucket = { tokens: 0, refilledAt: NOW };
    let now = NOW;
    for (let n = 0; n < 10_000; n += 1) {
      now = nextTokenAt(bucket, 7, now);
      bucket = spend(bucket, 7, 1, now);
    }
    expect(now - NOW).toBe(Math.ceil(10_000_000 / 7));
  });
});
