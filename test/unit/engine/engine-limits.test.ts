import { describe, expect, test } from 'vitest';
import { engineHarness, type EngineHarness } from '../../support/engine-harness.js';
import { NOW } from '../../support/jobs.js';
import { succeeded } from '../../support/outcomes.js';

/** When each attempt of the queue began, milliseconds after NOW. */
function starts({ dispatcher }: EngineHarness, queueName = 'default'): number[] {
  return dispatcher.startedAt
    .filter((_, i) => dispatcher.attempts[i]?.queueName === queueName)
    .map((at) => at - NOW);
}

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `queue-${i}`);
}

describe('the rate of a queue', () => {
  test.each([
    ['one a second', 1, [0, 1000, 2000, 3000, 4000]],
    ['two a second: two at once, then each half second', 2, [0, 0, 500, 1000, 1500, 2000]],
    ['seven a second', 7, [0, 0, 0, 0, 0, 0, 0, 143, 286, 429, 572, 715, 858, 1000]],
    ['one in two seconds', 0.5, [0, 2000, 4000, 6000]],
  ])('%s', async (_case, rateLimitRps, expected) => {
    const harness = engineHarness({ concurrency: 50 });
    await harness.queue('default', { rateLimitRps, maxConcurrency: 50 });
    harness.engine.start();
    await harness.enqueue({}, expected.length);
    await harness.scheduler.advanceAsync(60_000);
    expect(starts(harness)).toEqual(expected);
  });

  test('is that of all deliveries, retries included', async () => {
    const harness = engineHarness();
    await harness.queue('default', { rateLimitRps: 1, retryBackoff: 'fixed', baseDelayMs: 1 });
    harness.dispatcher.answer({
      kind: 'failed',
      permanent: false,
      error: 'HTTP 500',
      statusCode: 500,
      responseExcerpt: null,
      retryAfterMs: null,
    });
    harness.engine.start();
    await harness.enqueue();
    await harness.scheduler.advanceAsync(60_000);
    expect(starts(harness)).toEqual([0, 1000, 2000, 3000]);
  });

  test('holds over two processes on one store', async () => {
    const harness = engineHarness({ pollIntervalMs: 100 });
    const other = harness.engineOf('worker-2', harness.dispatcher);
    await harness.queue('default', { rateLimitRps: 10, maxConcurrency: 50 });
    harness.engine.start();
    other.start();
    await harness.enqueue({}, 30);
    await harness.scheduler.advanceAsync(10_000);
    const paced = Array.from({ length: 20 }, (_, i) => (i + 1) * 100);
    expect(starts(harness)).toEqual([...Array.from({ length: 10 }, () => 0), ...paced]);
  });
});

describe('the concurrency', () => {
  test('of a queue and that of the worker both hold', async () => {
    const { engine, enqueue, queue, settle, dispatcher } = engineHarness({ concurrency: 4 });
    await queue('a', { maxConcurrency: 3 });
    await queue('b', { maxConcurrency: 3 });
    dispatcher.hold();
    engine.start();
    await enqueue({ queueName: 'a' }, 5);
    await enqueue({ queueName: 'b' }, 5);
    let most = 0;
    for (let ended = 0; ended < 10; ended += 1) {
      await settle();
      const byQueue = ['a', 'b'].map((name) => dispatcher.open.filter(({ queueName }) => queueName === name));
      expect(byQueue.every((open) => open.length <= 3)).toBe(true);
      most = Math.max(most, dispatcher.open.length);
      dispatcher.end();
    }
    await settle();
    expect([most, dispatcher.attempts.length, dispatcher.open.length]).toEqual([4, 10, 0]);
  });

  test('of a queue holds over two processes on one store', async () => {
    const { engine, engineOf, enqueue, queue, settle, dispatcher } = engineHarness();
    const other = engineOf('worker-2', dispatcher);
    await queue('default', { maxConcurrency: 3 });
    dispatcher.hold();
    engine.start();
    other.start();
    await enqueue({}, 9);
    await settle();
    expect(dispatcher.open).toHaveLength(3);
  });
});

describe('no queue holds back another', () => {
  test('a slow one takes its own places and no more', async () => {
    const { engine, enqueue, queue, settle, dispatcher } = engineHarness({ concurrency: 10 });
    await queue('slow', { maxConcurrency: 5 });
    dispatcher.hold();
    engine.start();
    await enqueue({ queueName: 'slow' }, 100);
    await settle();
    dispatcher.answer(succeeded());
    const quick = await enqueue({ queueName: 'quick' }, 20);
    await settle();
    expect(dispatcher.open.map(({ queueName }) => queueName)).toEqual(Array(5).fill('slow'));
    const delivered = dispatcher.attempts.filter(({ queueName }) => queueName === 'quick');
    expect(delivered.map(({ jobId }) => jobId)).toEqual(quick);
  });

  test('a rate-limited one that waits for tokens does not either', async () => {
    const harness = engineHarness({ concurrency: 2 });
    await harness.queue('limited', { rateLimitRps: 1 });
    harness.engine.start();
    await harness.enqueue({ queueName: 'limited' }, 3);
    await harness.enqueue({ queueName: 'open' }, 20);
    await harness.scheduler.advanceAsync(10_000);
    expect(starts(harness, 'open')).toEqual(Array(20).fill(0));
    expect(starts(harness, 'limited')).toEqual([0, 1000, 2000]);
  });

  test('of more queues than slots each has its turn, though all have always more to do', async () => {
    // Random goes round, as a good one does over time.
    let drawn = 0;
    const random = { next: () => (drawn += 0.381_966) % 1 };
    const { engine, enqueue, settle, dispatcher } = engineHarness({ concurrency: 2 }, random);
    dispatcher.hold();
    engine.start();
    for (const queueName of names(20)) await enqueue({ queueName }, 50);
    for (let delivered = 0; delivered < 200; delivered += 1) {
      await settle();
      dispatcher.end();
    }
    const turns = names(20).map(
      (name) => dispatcher.attempts.filter(({ queueName }) => queueName === name).length,
    );
    // 200 deliveries over 20 queues are 10 for each.
    expect(Math.min(...turns)).toBeGreaterThanOrEqual(5);
    expect(Math.max(...turns)).toBeLessThanOrEqual(15);
  });
});

describe('within a queue', () => {
  test('the highest priority goes first, then the oldest', async () => {
    const { engine, enqueue, settle, dispatcher } = engineHarness({ concurrency: 1 });
    const ids: string[] = [];
    for (const priority of [0, 5, -5, 5, 0, 100]) ids.push(...(await enqueue({ priority })));
    engine.start();
    await settle();
    const order = dispatcher.attempts.map(({ jobId }) => ids.indexOf(jobId));
    expect(order).toEqual([5, 1, 3, 0, 4, 2]);
  });

  test('a job that arrives later overtakes those of lower priority that wait', async () => {
    const { engine, enqueue, settle, dispatcher } = engineHarness({ concurrency: 1 });
    dispatcher.hold();
    engine.start();
    const [first] = await enqueue();
    await settle();
    const [low] = await enqueue({ priority: 1 });
    const [high] = await enqueue({ priority: 2 });
    await settle();
    for (let i = 0; i < 3; i += 1) {
      dispatcher.end();
      await settle();
    }
    expect(dispatcher.attempts.map(({ jobId }) => jobId)).toEqual([first, high, low]);
  });
});
