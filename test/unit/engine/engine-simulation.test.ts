import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Outcome } from '../../../src/domain/job/outcome.js';
import { engineHarness } from '../../support/engine-harness.js';
import { UNAVAILABLE } from '../../support/memory-stores.js';
import { failed, succeeded } from '../../support/outcomes.js';
import { holdsAsync } from '../../support/property.js';

const QUEUES = ['a', 'b', 'c'];
const SLOTS = 4;
const HOUR = 3_600_000;

const queueName = fc.constantFrom(...QUEUES);
const enqueue = fc.record({
  kind: fc.constant('enqueue' as const),
  queueName,
  count: fc.integer({ min: 1, max: 6 }),
  delayMs: fc.constantFrom(0, 0, 1, 700, 5000),
  maxRetries: fc.nat(3),
  priority: fc.integer({ min: -2, max: 2 }),
});
const step = fc.oneof(
  { weight: 4, arbitrary: enqueue },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.constantFrom(1, 100, 2500) }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('end' as const),
      how: fc.constantFrom('well', 'well', 'transient', 'permanent'),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      queueName,
      change: fc.constantFrom(
        { paused: true },
        { paused: false },
        { maxConcurrency: 1 },
        { maxConcurrency: 3 },
        { rateLimitRps: 2 },
        { rateLimitRps: null },
      ),
    }),
  },
  {
    weight: 1,
    arbitrary: fc.record({
      kind: fc.constant('outage' as const),
      of: fc.constantFrom('claim', 'settle', 'nextDueAt'),
      calls: fc.integer({ min: 1, max: 4 }),
    }),
  },
);

const OUTCOMES: Record<'well' | 'transient' | 'permanent', Outcome> = {
  well: succeeded(),
  transient: failed(),
  permanent: failed({ permanent: true }),
};

// Leases are long enough here that none runs out: so every delivery counts, and none comes twice.
test('whatever happens, two engines on one store bring every job to its end, within all limits', async () => {
  await holdsAsync(
    fc.asyncProperty(fc.array(step, { maxLength: 40, size: 'max' }), async (steps) => {
      const harness = engineHarness({ concurrency: SLOTS, pollIntervalMs: 500 });
      const { engine, engineOf, scheduler, settle, stores, dispatcher, useCases } = harness;
      const ids: string[] = [];
      const check = async (): Promise<void> => {
        expect(dispatcher.open.length).toBeLessThanOrEqual(2 * SLOTS);
        for (const { queue, counts } of await useCases.listQueues()) {
          expect(counts.running).toBeLessThanOrEqual(3);
          expect(counts.running).toBe(dispatcher.open.filter((each) => each.queueName === queue.name).length);
        }
      };
      for (const name of QUEUES) await harness.queue(name, { retryBackoff: 'fixed', maxConcurrency: 3 });
      dispatcher.hold();
      engine.start();
      engineOf('worker-2', dispatcher).start();

      let outage = false;
      for (const each of steps) {
        const begun = dispatcher.attempts.length;
        const paused = new Set((await stores.queues.list()).filter((q) => q.paused).map((q) => q.name));
        switch (each.kind) {
          case 'enqueue': {
            const { queueName, delayMs, maxRetries, priority } = each;
            const change = { queueName, delayMs, maxRetries, priority, timeoutMs: HOUR };
            ids.push(...(await harness.enqueue(change, each.count)));
            break;
          }
          case 'pass':
            await scheduler.advanceAsync(each.ms);
            break;
          case 'end':
            if (dispatcher.open.length > 0) dispatcher.end(OUTCOMES[each.how]);
            break;
          case 'change':
            await useCases.updateQueue(each.queueName, each.change);
            if (each.change.paused === false) paused.delete(each.queueName);
            break;
          case 'outage':
            stores.jobs.failures[each.of].push(...Array<Error>(each.calls).fill(UNAVAILABLE));
            outage = true;
            break;
        }
        await settle();
        expect(dispatcher.attempts.slice(begun).filter((attempt) => paused.has(attempt.queueName))).toEqual(
          [],
        );
        if (!outage) await check();
      }

      // Now everything is let go.
      for (const name of QUEUES) await useCases.updateQueue(name, { paused: false, rateLimitRps: null });
      while (dispatcher.open.length > 0) dispatcher.end();
      dispatcher.answer(succeeded());
      await scheduler.advanceAsync(60_000);
      await settle();
      const { jobs } = await useCases.getMetrics();
      expect(jobs).toMatchObject({ total: ids.length, pending: 0, running: 0 });
      for (const id of ids) {
        const job = await harness.job(id);
        const numbers = dispatcher.attempts.filter(({ jobId }) => jobId === id).map(({ number }) => number);
        expect(numbers).toEqual(Array.from({ length: job.attempt }, (_, i) => i + 1));
        const failures = await stores.queries.failedAttempts(id, 100);
        expect(failures).toHaveLength(job.status === 'dead' ? job.attempt : job.attempt - 1);
      }
      expect([engine.inFlight, dispatcher.open.length]).toEqual([0, 0]);
    }),
    40,
  );
});
