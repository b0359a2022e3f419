import { expect, test } from 'vitest';
import { claimable, waitReason, type QueueSnapshot } from '../../../src/domain/queue/claim-plan.js';
import { NOW } from '../../support/jobs.js';

const EMPTY = { tokens: 0.5, refilledAt: NOW };
const FULL = { tokens: 2, refilledAt: NOW };

test.each<[string, Partial<QueueSnapshot>, ReturnType<typeof waitReason>]>([
  ['nothing, when jobs can start', {}, null],
  ['nothing, when none is ready', { ready: 0 }, null],
  ['nothing, when none is ready in a paused queue', { ready: 0, paused: true }, null],
  ['nothing, when none is ready in a full queue', { ready: 0, running: 5 }, null],
  ['a pause', { paused: true }, 'paused'],
  ['a pause, rather than a full queue', { paused: true, running: 5 }, 'paused'],
  ['a pause, rather than the rate', { paused: true, rateLimitRps: 2, bucket: EMPTY }, 'paused'],
  ['a full queue', { running: 5 }, 'concurrency'],
  ['a queue that is more than full, as its limit was lowered', { running: 9 }, 'concurrency'],
  ['a full queue, rather than the rate', { running: 5, rateLimitRps: 2, bucket: EMPTY }, 'concurrency'],
  ['a full queue, whatever the rate has left', { running: 5, rateLimitRps: 2, bucket: FULL }, 'concurrency'],
  ['the rate', { rateLimitRps: 2, bucket: EMPTY }, 'rate'],
  ['the rate, with room for one', { running: 4, rateLimitRps: 2, bucket: EMPTY }, 'rate'],
  ['nothing, with a token left', { rateLimitRps: 2, bucket: FULL }, null],
  [
    'nothing, once a token has come in',
    { rateLimitRps: 2, bucket: { ...EMPTY, refilledAt: NOW - 250 } },
    null,
  ],
])('what holds ready jobs back is %s', (_case, change, reason) => {
  const queue: QueueSnapshot = {
    name: 'q',
    paused: false,
    ready: 3,
    running: 0,
    maxConcurrency: 5,
    rateLimitRps: null,
    bucket: null,
    ...change,
  };
  expect(waitReason(queue, NOW)).toBe(reason);
  // There is a reason exactly when jobs are ready and none may start.
  expect(reason !== null).toBe(queue.ready > 0 && claimable(queue, NOW) === 0);
});
