import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { changeQueue, newQueue, type Queue, type QueueChange } from '../../../src/domain/queue/queue.js';
import { availableTokens, bucketCapacity, spend } from '../../../src/domain/queue/token-bucket.js';
import { NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { holds } from '../../support/property.js';

function queue(rateLimitRps: number | null, tokens?: number): Queue {
  const fresh = newQueue('mail', { ...QUEUE_DEFAULTS, rateLimitRps }, NOW);
  return tokens === undefined ? fresh : { ...fresh, bucket: { tokens, refilledAt: NOW } };
}

describe('a new queue', () => {
  test('runs, with its settings; without a rate it has no bucket', () => {
    expect(queue(null)).toStrictEqual({
      name: 'mail',
      ...QUEUE_DEFAULTS,
      paused: false,
      bucket: null,
      createdAt: NOW,
      updatedAt: NOW,
    });
  });

  test.each([
    [0.5, 1],
    [20, 20],
  ])('with %d a second starts with %d tokens', (rateLimitRps, tokens) => {
    expect(queue(rateLimitRps).bucket).toStrictEqual({ tokens, refilledAt: NOW });
  });
});

describe('a change', () => {
  test('replaces what it names, and nothing else', () => {
    const before = queue(10, 3);
    const change = { maxConcurrency: 9, maxRetries: 0, retryBackoff: 'fixed', baseDelayMs: 0 } as const;
    expect(changeQueue(before, change, NOW + 5)).toStrictEqual({ ...before, ...change, updatedAt: NOW + 5 });
    expect(before).toStrictEqual(queue(10, 3));
  });

  test.each([
    ['pause', { paused: true }],
    ['the longest delay', { maxDelayMs: 7 }],
    ['the same rate again', { rateLimitRps: 10 }],
    ['nothing', {}],
  ])('of %s leaves the bucket as it is', (_case, change: QueueChange) => {
    expect(changeQueue(queue(10, 3), change, NOW + 100).bucket).toStrictEqual({ tokens: 3, refilledAt: NOW });
  });

  test.each([
    ['a limit on a queue that had none: a full bucket', null, undefined, 5, 5],
    ['no limit any more: the tokens saved', 5, 2, null, 2.5],
    ['higher: the tokens saved, none given', 10, 3, 100, 4],
    ['lower: the tokens saved', 10, 3, 5, 4],
    ['lower: no more than the new capacity', 10, 9, 2, 2],
    ['far lower: the one token', 10, 9, 0.1, 1],
    ['saved under the old rate, not the new one', 1000, 0, 1, 1],
  ])('of the rate, %s', (_case, before, tokens, after, expected) => {
    const { bucket } = changeQueue(queue(before, tokens), { rateLimitRps: after }, NOW + 100);
    expect(bucket).toStrictEqual({ tokens: expected, refilledAt: NOW + 100 });
  });

  test('that reaches the store late turns no time back', () => {
    const { bucket } = changeQueue(queue(10, 3), { rateLimitRps: 20 }, NOW - 50);
    expect(bucket).toStrictEqual({ tokens: 3, refilledAt: NOW });
  });

  test('a limit that is taken away and set again gives no tokens but those of the time between', () => {
    const without = changeQueue(queue(10, 0), { rateLimitRps: null }, NOW);
    expect(changeQueue(without, { rateLimitRps: 10 }, NOW).bucket).toStrictEqual({
      tokens: 0,
      refilledAt: NOW,
    });
    const later = changeQueue(
      changeQueue(without, { paused: true }, NOW + 50),
      { rateLimitRps: 10 },
      NOW + 200,
    );
    expect(later.bucket).toStrictEqual({ tokens: 2, refilledAt: NOW + 200 });
  });

  test('there is a bucket once there has been a rate', () => {
    const rate = fc.option(fc.constantFrom(0.0001, 0.5, 1, 3, 1000));
    holds(
      fc.property(rate, fc.array(fc.record({ rate, waits: fc.nat(5000) })), (first, changes) => {
        let now = NOW;
        let each = queue(first);
        let limited = first !== null;
        for (const { rate: rateLimitRps, waits } of changes) {
          now += waits;
          each = changeQueue(each, { rateLimitRps }, now);
          expect(each.rateLimitRps).toBe(rateLimitRps);
          limited ||= rateLimitRps !== null;
          expect(each.bucket !== null).toBe(limited);
        }
      }),
    );
  });

  test('however often the rate is changed, no more starts than at its highest', () => {
    // What starts while there is no limit is not counted.
    const step = fc.record({ rate: fc.constantFrom(null, 0.1, 1, 2, 5, 10), waits: fc.nat(300) });
    const highest = 10;
    holds(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        let now = NOW;
        let each = queue(highest);
        let started = 0;
        for (const { rate, waits } of steps) {
          now += waits;
          each = changeQueue(each, { rateLimitRps: rate }, now);
          if (rate === null) continue;
          if (each.bucket === null) throw new Error('a limited queue has a bucket');
          const count = availableTokens(each.bucket, rate, now);
          each = { ...each, bucket: spend(each.bucket, rate, count, now) };
          started += count;
        }
        expect(started).toBeLessThanOrEqual(bucketCapacity(highest) + (highest * (now - NOW)) / 1000 + 1e-6);
      }),
    );
  });
});
