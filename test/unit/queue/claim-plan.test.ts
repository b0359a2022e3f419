import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  claimable,
  planClaim,
  type FreeSlots,
  type QueueSnapshot,
} from '../../../src/domain/queue/claim-plan.js';
import { availableTokens, bucketCapacity } from '../../../src/domain/queue/token-bucket.js';
import { NOW } from '../../support/jobs.js';
import { holds } from '../../support/property.js';
import { freeSlots } from '../../support/free-slots.js';

/** A queue that could start as many as it has ready. */
function queue(name: string, change: Partial<QueueSnapshot> = {}): QueueSnapshot {
  const open = { paused: false, ready: 100, running: 0, maxConcurrency: 1000 };
  return { name, ...open, rateLimitRps: null, bucket: null, ...change };
}

function queues(count: number, change: Partial<QueueSnapshot> = {}): QueueSnapshot[] {
  return Array.from({ length: count }, (_, i) => queue(`q${i}`, change));
}

/** The plan as one object: queue -> jobs. */
function shares(snapshots: readonly QueueSnapshot[], slots: number, random = 0): Record<string, number> {
  const plan = planClaim(snapshots, freeSlots(slots), NOW, random);
  return Object.fromEntries(plan.map(({ queueName, count }) => [queueName, count]));
}

const random = fc.oneof(
  fc.double({ min: 0, max: 1, maxExcluded: true, noNaN: true }),
  fc.constantFrom(0, 0.5, 1 - 2 ** -53),
);
const snapshot = fc
  .record({
    paused: fc.boolean(),
    ready: fc.nat(30),
    running: fc.nat(12),
    // Lower than running when it was changed meanwhile.
    maxConcurrency: fc.integer({ min: 1, max: 20 }),
    rateLimitRps: fc.option(fc.constantFrom(0.0001, 0.3, 1, 5, 10.5)),
    fill: fc.double({ min: 0, max: 1, noNaN: true }),
    waits: fc.nat(3000),
  })
  .map(({ fill, waits, ...each }) => {
    if (each.rateLimitRps === null) return { ...each, bucket: null };
    return { ...each, bucket: { tokens: fill * bucketCapacity(each.rateLimitRps), refilledAt: NOW - waits } };
  });
const snapshots = fc
  .array(snapshot, { maxLength: 12 })
  .map((all) => all.map((each, i): QueueSnapshot => ({ name: `q${i}`, ...each })));
const slots = fc.integer({ min: 1, max: 60 });

describe('claimable', () => {
  const bucket = { tokens: 2.9, refilledAt: NOW };

  test.each([
    ['all that is ready', { ready: 4 }, 4],
    ['none when paused', { paused: true }, 0],
    ['none ready', { ready: 0 }, 0],
    ['up to the free concurrency', { maxConcurrency: 5, running: 2 }, 3],
    ['none when full', { maxConcurrency: 5, running: 5 }, 0],
    ['none when more run than a lowered limit allows', { maxConcurrency: 2, running: 5 }, 0],
    ['whole tokens only', { rateLimitRps: 5, bucket }, 2],
    ['tokens that came in since', { rateLimitRps: 5, bucket: { ...bucket, refilledAt: NOW - 100 } }, 3],
    ['none without a token', { rateLimitRps: 5, bucket: { tokens: 0.99, refilledAt: NOW } }, 0],
    ['the least of all', { ready: 9, maxConcurrency: 8, running: 1, rateLimitRps: 5, bucket }, 2],
  ])('%s', (_case, change, expected) => {
    expect(claimable(queue('q', change), NOW)).toBe(expected);
  });
});

describe('shares', () => {
  test.each([
    ['all to the only one', queues(1), 7, { q0: 7 }],
    ['equal parts', queues(3), 9, { q0: 3, q1: 3, q2: 3 }],
    ['a rest goes to the first in line', queues(3), 11, { q0: 4, q1: 4, q2: 3 }],
    ['fewer slots than queues', queues(5), 2, { q0: 1, q1: 1 }],
    [
      'what one cannot use goes to the others',
      [queue('a', { ready: 1 }), ...queues(2)],
      9,
      { a: 1, q0: 4, q1: 4 },
    ],
    ['in rounds', [queue('a', { ready: 1 }), queue('b', { ready: 3 }), queue('c')], 12, { a: 1, b: 3, c: 8 }],
    ['no more than there is', [queue('a', { ready: 2 }), queue('b', { ready: 3 })], 100, { a: 2, b: 3 }],
    [
      'past those that may not',
      [queue('a', { paused: true }), queue('b', { ready: 0 }), queue('c')],
      4,
      { c: 4 },
    ],
    ['none at all', [queue('a', { paused: true })], 4, {}],
    ['no queues', [], 4, {}],
  ])('%s', (_case, given, free, expected) => {
    expect(shares(given, free)).toEqual(expected);
  });

  test.each([
    [0, ['q0', 'q1']],
    [0.24, ['q0', 'q1']],
    [0.25, ['q1', 'q2']],
    [0.5, ['q2', 'q3']],
    [0.75, ['q3', 'q0']],
    [1 - 2 ** -53, ['q3', 'q0']],
  ])('random %d draws the first in line: %j', (value, expected) => {
    expect(planClaim(queues(4), freeSlots(2), NOW, value).map(({ queueName }) => queueName)).toEqual(
      expected,
    );
  });
});

describe('whatever the queues', () => {
  test('none gets more than it may start, and each share is one job or more', () => {
    holds(
      fc.property(snapshots, slots, random, (all, free, value) => {
        const plan = planClaim(all, freeSlots(free), NOW, value);
        const names = plan.map(({ queueName }) => queueName);
        expect(new Set(names).size).toBe(names.length);
        for (const { queueName, count } of plan) {
          const { paused, ready, running, maxConcurrency, rateLimitRps, bucket } = named(all, queueName);
          expect(paused).toBe(false);
          expect(Number.isInteger(count) && count >= 1).toBe(true);
          expect(count).toBeLessThanOrEqual(Math.min(ready, maxConcurrency - running));
          if (rateLimitRps !== null && bucket !== null) {
            expect(count).toBeLessThanOrEqual(availableTokens(bucket, rateLimitRps, NOW));
          }
        }
      }),
    );
  });

  test('no slot is left free that a queue could use, and none is given twice', () => {
    holds(
      fc.property(snapshots, slots, random, (all, free, value) => {
        const given = planClaim(all, freeSlots(free), NOW, value).reduce((sum, { count }) => sum + count, 0);
        const wanted = all.reduce((sum, each) => sum + claimable(each, NOW), 0);
        expect(given).toBe(Math.min(free, wanted));
      }),
    );
  });

  test('one that wants more than it got is at most one job behind any other', () => {
    holds(
      fc.property(snapshots, slots, random, (all, free, value) => {
        const given = shares(all, free, value);
        const most = Math.max(0, ...Object.values(given));
        for (const each of all) {
          const got = given[each.name] ?? 0;
          if (got < claimable(each, NOW)) expect(got).toBeGreaterThanOrEqual(most - 1);
        }
      }),
    );
  });

  test('the same arguments give the same plan', () => {
    holds(
      fc.property(snapshots, slots, random, (all, free, value) => {
        expect(planClaim(all, freeSlots(free), NOW, value)).toEqual(
          planClaim(structuredClone(all), freeSlots(free), NOW, value),
        );
      }),
    );
  });
});

describe('turns', () => {
  test('equal queues with a slot or more for each differ by one job at most', () => {
    holds(
      fc.property(fc.integer({ min: 1, max: 30 }), fc.nat(200), random, (count, more, value) => {
        const given = Object.values(shares(queues(count, { ready: 1000 }), count + more, value));
        expect(given).toHaveLength(count);
        expect(Math.max(...given) - Math.min(...given)).toBeLessThanOrEqual(1);
      }),
    );
  });

  test.each([
    [2, 1],
    [7, 3],
    [50, 1],
    [50, 49],
    [200, 4],
  ])('of %d queues on %d slots each has its turn as often as any other', (count, free) => {
    const turns = new Map<string, number>();
    const draws = count * 10;
    for (let draw = 0; draw < draws; draw += 1) {
      for (const share of planClaim(queues(count), freeSlots(free), NOW, draw / draws)) {
        turns.set(share.queueName, (turns.get(share.queueName) ?? 0) + share.count);
      }
    }
    expect(turns.size).toBe(count);
    // Where a draw falls on the border of two queues, floating point may give it to either.
    const fair = free * 10;
    expect([...turns.values()].filter((n) => Math.abs(n - fair) > 1)).toEqual([]);
  });
});

/** Slots some of which queues hold, with what each queue leaves free beyond its first. */
const holders = fc
  .record({
    free: fc.integer({ min: 1, max: 60 }),
    beyond: fc.nat(20),
    leaves: fc.array(fc.nat(30), { minLength: 12, maxLength: 12 }),
    held: fc.array(fc.boolean(), { minLength: 12, maxLength: 12 }),
  })
  .map(({ free: most, beyond, leaves, held }): FreeSlots => {
    const index = (name: string) => Number(name.slice(1));
    return {
      most,
      free: most + beyond,
      holds: (name) => held[index(name)] ?? false,
      leftBy: (name) => leaves[index(name)] ?? 0,
    };
  });

describe('slots that queues hold', () => {
  const given = (all: readonly QueueSnapshot[], free: FreeSlots, value: number) => {
    const plan = new Map(planClaim(all, free, NOW, value).map(({ queueName, count }) => [queueName, count]));
    return { of: (name: string) => plan.get(name) ?? 0, sum: [...plan.values()].reduce((a, b) => a + b, 0) };
  };

  test('none gets more than it may start, and all together no more than may be given', () => {
    holds(
      fc.property(snapshots, holders, random, (all, free, value) => {
        const plan = given(all, free, value);
        expect(plan.sum).toBeLessThanOrEqual(free.most);
        for (const each of all) expect(plan.of(each.name)).toBeLessThanOrEqual(claimable(each, NOW));
      }),
    );
  });

  test('whoever holds none gets one while there are any', () => {
    holds(
      fc.property(snapshots, holders, random, (all, free, value) => {
        const newcomers = all.filter((each) => claimable(each, NOW) > 0 && !free.holds(each.name));
        const served = newcomers.filter(({ name }) => given(all, free, value).of(name) > 0);
        expect(served).toHaveLength(Math.min(newcomers.length, free.most));
      }),
    );
  });

  test('what one takes beyond its first leaves the others enough, and no more is left than that', () => {
    holds(
      fc.property(snapshots, holders, random, (all, free, value) => {
        const plan = given(all, free, value);
        const firsts = all.filter(({ name }) => plan.of(name) > 0 && !free.holds(name)).length;
        const beyond = all.filter(({ name }) => plan.of(name) > (free.holds(name) ? 0 : 1));
        const stay = free.free - plan.sum;
        if (beyond.length > 0) {
          expect(stay).toBeGreaterThanOrEqual(Math.min(...beyond.map(({ name }) => free.leftBy(name))));
        } else {
          expect(plan.sum).toBe(firsts);
        }
        for (const each of all.filter(({ name }) => plan.of(name) < claimable(named(all, name), NOW))) {
          expect(plan.sum === free.most || stay <= free.leftBy(each.name)).toBe(true);
        }
      }),
    );
  });

  test.each([
    ['one of ten that has to leave four', 10, [4], [6]],
    ['two of them', 10, [4, 4], [3, 3]],
    ['one that moves beside one that does not', 10, [1, 4], [6, 3]],
    ['no more than none is left', 3, [5, 5], [1, 1]],
  ])('%s', (_case, most, leaves, expected) => {
    const leftBy = (name: string) => leaves[Number(name.slice(1))] ?? 0;
    const plan = given(queues(leaves.length), { most, free: most, holds: () => false, leftBy }, 0);
    expect(leaves.map((_, i) => plan.of(`q${i}`))).toEqual(expected);
  });
});

function named(all: readonly QueueSnapshot[], name: string): QueueSnapshot {
  const found = all.find((each) => each.name === name);
  if (!found) throw new Error(`the plan invented the queue ${name}`);
  return found;
}
