import { describe, expect, test } from 'vitest';
import { engineHarness, type EngineHarness } from '../../support/engine-harness.js';
import { failed, succeeded } from '../../support/outcomes.js';

const TIMEOUT_MS = 30_000;
const HEALTHY = 'healthy';

function names(count: number): string[] {
  return Array.from({ length: count }, (_, i) => `hanging-${i}`);
}

/** Ten slots, and queues of the default concurrency: 5. Attempts stay open. */
function tenSlots(): EngineHarness {
  const harness = engineHarness({ concurrency: 10 });
  harness.dispatcher.hold();
  return harness;
}

/** Enqueues ten jobs that will never be answered. */
function hang({ enqueue }: EngineHarness, queueName: string, host = queueName): Promise<string[]> {
  const change = { queueName, callbackUrl: `http://${host}.test/`, timeoutMs: TIMEOUT_MS, maxRetries: 99 };
  return enqueue({ ...change, retryBackoff: 'fixed', baseDelayMs: 0 }, 10);
}

function openOf({ dispatcher }: EngineHarness, queueName: string): number {
  return dispatcher.open.filter((attempt) => attempt.queueName === queueName).length;
}

/** Enqueues jobs of a queue that answers, and brings them to their end. @returns the most slots that it held */
async function work(harness: EngineHarness, count = 60): Promise<number> {
  const { enqueue, settle, scheduler, dispatcher } = harness;
  const ids = new Set(await enqueue({ queueName: HEALTHY, callbackUrl: 'http://healthy.test/' }, count));
  let most = 0;
  for (let ended = 0; ended < count; ended += 1) {
    // No time passes, but a pass that found a receiver full is followed by another.
    await scheduler.advanceAsync(0);
    await settle();
    most = Math.max(most, openOf(harness, HEALTHY));
    const next = dispatcher.open.find(({ jobId }) => ids.has(jobId));
    if (!next) return 0;
    dispatcher.end(succeeded(), next.jobId);
  }
  await settle();
  return most;
}

/** Everything that hangs runs out of time. */
async function timeOut({ scheduler, dispatcher, settle }: EngineHarness): Promise<void> {
  await scheduler.advanceAsync(TIMEOUT_MS);
  for (const { jobId } of dispatcher.open) {
    dispatcher.end(failed({ error: 'timeout', statusCode: null }), jobId);
  }
  await settle();
}

describe('beside queues that hang, one that is healthy keeps moving', () => {
  test('two of them leave it three slots of ten, whichever came first', async () => {
    const together = tenSlots();
    for (const name of names(2)) await hang(together, name);
    together.engine.start();
    await together.settle();
    expect(await work(together)).toBe(3);
    expect(names(2).map((name) => openOf(together, name))).toEqual([3, 3]);

    const oneByOne = tenSlots();
    oneByOne.engine.start();
    for (const name of names(2)) {
      await hang(oneByOne, name);
      await oneByOne.settle();
    }
    expect(await work(oneByOne)).toBe(3);
    expect(names(2).map((name) => openOf(oneByOne, name))).toEqual([5, 1]);
  });

  test('two whose receiver is its own leave it as many', async () => {
    const harness = tenSlots();
    for (const name of names(2)) await hang(harness, name, HEALTHY);
    harness.engine.start();
    await harness.settle();
    expect(await work(harness)).toBe(3);
  });

  test('eight that came before it', async () => {
    const harness = tenSlots();
    for (const name of names(8)) await hang(harness, name);
    harness.engine.start();
    await harness.settle();
    expect(names(8).map((name) => openOf(harness, name))).toEqual(Array(8).fill(1));
    expect(await work(harness)).toBe(1);
  });

  test('eight that came one after another, once each has run out of time', async () => {
    const harness = tenSlots();
    harness.engine.start();
    for (const name of names(8)) {
      await hang(harness, name);
      await harness.settle();
    }
    expect(harness.dispatcher.open).toHaveLength(10);
    for (let round = 0; round < 3; round += 1) await timeOut(harness);
    expect(names(8).map((name) => openOf(harness, name))).toEqual(Array(8).fill(1));
    expect(await work(harness)).toBe(1);
  });

  test('twenty whose jobs all go to one receiver', async () => {
    const harness = tenSlots();
    for (const name of names(20)) await hang(harness, name, 'hanging');
    harness.engine.start();
    await harness.settle();
    expect(harness.dispatcher.open).toHaveLength(8);
    for (let round = 0; round < 3; round += 1) {
      expect(await work(harness)).toBe(1);
      await timeOut(harness);
      expect(harness.dispatcher.open).toHaveLength(8);
    }
  });

  test('and sleeps meanwhile', async () => {
    const harness = tenSlots();
    for (const name of names(20)) await hang(harness, name, 'hanging');
    await hang(harness, 'other');
    harness.engine.start();
    await harness.settle();
    const { calls } = harness.stores.jobs;
    const before = calls.claim;
    for (let i = 0; i < 20; i += 1) await harness.settle();
    expect(calls.claim).toBe(before);
  });
});

describe('a queue that is alone', () => {
  test('has the slots of its concurrency at once, however long its jobs take', async () => {
    const harness = tenSlots();
    await hang(harness, 'slow');
    harness.engine.start();
    await harness.settle();
    expect(openOf(harness, 'slow')).toBe(5);
  });

  test('has all slots but a tenth, once one of its jobs has ended', async () => {
    const harness = tenSlots();
    await harness.queue('slow', { maxConcurrency: 100 });
    await harness.enqueue({ queueName: 'slow' }, 30);
    harness.engine.start();
    await harness.settle();
    expect(openOf(harness, 'slow')).toBe(6);
    harness.dispatcher.end();
    await harness.settle();
    expect(openOf(harness, 'slow')).toBe(9);
  });

  test.each([
    [1, 1, 1],
    [2, 1, 2],
    [3, 2, 3],
    [5, 3, 5],
  ])('of %d slots has %d, and %d once it moves', async (concurrency, first, then) => {
    const harness = engineHarness({ concurrency });
    harness.dispatcher.hold();
    await harness.enqueue({}, 30);
    harness.engine.start();
    await harness.settle();
    expect(harness.dispatcher.open).toHaveLength(first);
    harness.dispatcher.end();
    await harness.settle();
    expect(harness.dispatcher.open).toHaveLength(then);
  });

  test('is not held back by one receiver of many that hangs', async () => {
    const harness = tenSlots();
    const { dispatcher, scheduler, settle } = harness;
    harness.engine.start();
    await hang(harness, 'mixed');
    await settle();
    await scheduler.advanceAsync(TIMEOUT_MS);
    // What has the place of the one that ran out of time is answered at once.
    dispatcher.end(failed({ error: 'timeout' }));
    await settle();
    dispatcher.end(succeeded(), dispatcher.open.at(-1)?.jobId);
    await settle();
    dispatcher.end(failed({ error: 'timeout' }));
    await settle();
    expect(openOf(harness, 'mixed')).toBe(5);
  });
});
