import { describe, expect, test } from 'vitest';
import type { JobCounts } from '../../../src/application/ports/job-queries.js';
import { newQueue, type Queue } from '../../../src/domain/queue/queue.js';
import { concurrency, queueState, rateLimit } from '../../../src/interfaces/dashboard/queue-state.js';
import { NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';

const COUNTS: JobCounts = { queueName: 'q', pending: 0, delayed: 0, running: 0, completed: 0, dead: 0 };

function stats(queue: Partial<Queue>, counts: Partial<JobCounts> = {}) {
  return { queue: { ...newQueue('q', QUEUE_DEFAULTS, NOW), ...queue }, counts: { ...COUNTS, ...counts } };
}

const LIMITED = { rateLimitRps: 2, bucket: { tokens: 0, refilledAt: NOW } };

describe('a queue is said to be', () => {
  test.each<[string, Partial<Queue>, Partial<JobCounts>]>([
    ['idle', {}, {}],
    ['idle', {}, { completed: 7, dead: 2 }],
    ['idle', {}, { pending: 3, delayed: 3 }],
    ['idle', LIMITED, {}],
    ['working', {}, { running: 1 }],
    ['working', {}, { pending: 1 }],
    ['working', {}, { pending: 3, delayed: 2, running: 4 }],
    // Full, but nothing has to wait for that.
    ['working', {}, { running: 5 }],
    ['working', {}, { pending: 2, delayed: 2, running: 5 }],
    ['at its concurrency limit', {}, { pending: 1, running: 5 }],
    ['at its rate limit', LIMITED, { pending: 1 }],
    ['paused', { paused: true }, {}],
    ['paused', { paused: true }, { pending: 1, running: 5 }],
    ['paused', { paused: true }, { pending: 1, delayed: 1 }],
  ])('%s: %j %j', (text, queue, counts) => {
    expect(queueState(stats(queue, counts), NOW).toString()).toMatch(
      new RegExp(`^<span class="chip \\w+">${text}</span>$`),
    );
  });
});

describe('the rate limit', () => {
  const shown = (queue: Partial<Queue>, now = NOW) => rateLimit(stats(queue), now).toString();

  test('is none, or so many a second, with the tokens that are left', () => {
    expect(shown({})).toContain('none');
    expect(shown({ rateLimitRps: 5, bucket: { tokens: 3.9, refilledAt: NOW } })).toBe(
      '5 / s <small>3 tokens</small>',
    );
    expect(shown({ rateLimitRps: 2.5, bucket: { tokens: 1, refilledAt: NOW } })).toBe(
      '2.5 / s <small>1 token</small>',
    );
    expect(shown({ rateLimitRps: 5, bucket: { tokens: 0.2, refilledAt: NOW } })).toBe(
      '5 / s <small>0 tokens</small>',
    );
  });

  test('counts the tokens that have come in since', () => {
    expect(shown(LIMITED, NOW + 499)).toContain('0 tokens');
    expect(shown(LIMITED, NOW + 500)).toContain('1 token<');
    expect(shown(LIMITED, NOW + 60_000)).toContain('2 tokens');
  });
});

test('the running jobs are shown among those that may run, also when there are more', () => {
  const shown = (running: number) => concurrency(stats({ maxConcurrency: 5 }, { running })).toString();
  expect(shown(2)).toContain('2 / 5 <progress max="5" value="2"');
  expect(shown(1200)).toContain('1,200 / 5 <progress max="5" value="5"');
});
