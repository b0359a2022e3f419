import { describe, expect, test } from 'vitest';
import { leftByOrigin, leftByQueue, movementOf, MOVING_MS } from '../../../src/domain/queue/slot-share.js';

const NEVER = Number.NEGATIVE_INFINITY;

test.each([
  ['nothing has ended yet', NEVER, 0, 'standing'],
  ['one just ended', 1000, 0, 'moving'],
  ['one ended not too long ago', 1000 - MOVING_MS, 0, 'moving'],
  ['one ended too long ago', 999 - MOVING_MS, 0, 'standing'],
  ['one of several ran out of time', 1000, 1, 'moving'],
  ['the first ran out of time', NEVER, 1, 'standing'],
  ['the last two ran out of time', 1000, 2, 'stuck'],
] as const)('when %s', (_case, movedAt, timeouts, expected) => {
  expect(movementOf({ movedAt, timeouts }, 1000)).toBe(expected);
});

describe('of so many slots, a queue that takes another one leaves', () => {
  test.each([
    [1, 0, 0, 0],
    [2, 0, 1, 1],
    [3, 0, 1, 2],
    [5, 0, 2, 4],
    [9, 0, 3, 7],
    [10, 1, 4, 8],
    [39, 1, 15, 31],
    [64, 3, 25, 51],
  ])('%d: %d when it moves, %d when it stands, %d when it is stuck', (slots, moving, standing, stuck) => {
    expect((['moving', 'standing', 'stuck'] as const).map((each) => leftByQueue(each, slots))).toEqual([
      moving,
      standing,
      stuck,
    ]);
  });
});

describe('a job at an origin that has others in flight leaves', () => {
  test.each([
    ['moving', true, 0],
    ['moving', false, 0],
    ['standing', true, 2],
    ['standing', false, 4],
    ['stuck', true, 2],
    ['stuck', false, 4],
  ] as const)('%s, first of its queue: %s: %d of ten', (movement, first, expected) => {
    expect(leftByOrigin(movement, first, 10)).toBe(expected);
  });
});
