import { join } from 'node:path';
import fc from 'fast-check';
import { expect } from 'vitest';
import type { Settlement } from '../../src/application/ports/job-store.js';
import type { Job, RunningJob } from '../../src/domain/job/job.js';
import {
  expireLease,
  failPermanently,
  failTransiently,
  release,
  retry,
  succeed,
  type Transition,
} from '../../src/domain/job/transitions.js';
import { claimable, type QueueSnapshot, type Share } from '../../src/domain/queue/claim-plan.js';
import type { Stores } from '../contract/store-harness.js';
import { pruneAll } from '../contract/store-steps.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../support/jobs.js';
import { memoryStores } from '../support/memory-stores.js';
import { connectSqlite } from '../support/sqlite.js';
import { claimed as claimedOf, hire } from '../support/workers.js';
import { amount } from './harness/form.js';
import { scenario } from './harness/scenario.js';
import { expectSound } from './harness/stored.js';

/** As many as there are slots at least: of more queues, a store may offer the claim a part. */
const QUEUES = ['a', 'b', 'c'];
const queueName = fc.constantFrom(...QUEUES);

const step = fc.oneof(
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('enqueue' as const),
      jobs: fc.array(
        fc.record({
          queueName,
          priority: fc.integer({ min: -1, max: 1 }),
          delayMs: fc.constantFrom(0, 0, 0, 500, 5000),
          maxRetries: fc.nat(2),
          idempotencyKey: fc.constantFrom(null, null, 'x', 'y', 'z'),
        }),
        { minLength: 1, maxLength: 5 },
      ),
    }),
  },
  {
    weight: 5,
    arbitrary: fc.record({
      kind: fc.constant('claim' as const),
      slots: fc.integer({ min: QUEUES.length, max: 8 }),
    }),
  },
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('settle' as const),
      claims: fc.array(fc.nat(), { minLength: 1, maxLength: 4 }),
      how: fc.constantFrom('well', 'well', 'transient', 'permanent', 'released'),
    }),
  },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('reap' as const) }) },
  { weight: 2, arbitrary: fc.record({ kind: fc.constant('retry' as const), job: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('cancel' as const), job: fc.nat() }) },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('prune' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({
      kind: fc.constant('change' as const),
      queueName,
      change: fc.constantFrom(
        { paused: true },
        { paused: false },
        { maxConcurrency: 1 },
        { maxConcurrency: 4 },
        { rateLimitRps: 2 },
        { rateLimitRps: null },
      ),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.constantFrom(1, 300, 1000, 20_000) }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('reopen' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer S> ? S : never;

/** Plays steps on a store, and keeps the claims that it made, so that each can be settled, early, late or twice. */
class Player {
  readonly #claims: Job[] = [];

  /** @returns what the store answered */
  async play(each: Step, stores: Stores, now: number, ids: readonly string[]): Promise<unknown> {
    const { jobs, queries, queues } = stores;
    switch (each.kind) {
      case 'enqueue': {
        const specs = each.jobs.map(({ delayMs, ...change }, n) =>
          newJob({ ...change, id: ids[n] ?? '', createdAt: now, visibleAt: now + delayMs, timeoutMs: 3000 }),
        );
        return jobs.insert({ jobs: specs, now, queueDefaults: QUEUE_DEFAULTS });
      }
      case 'claim': {
        const plan = (offered: readonly QueueSnapshot[]) => byName(offered, each.slots, now);
        const request = { now, workerId: 'worker', slots: each.slots, queues: [], plan };
        const claimed = claimedOf(await jobs.claim(request));
        this.#claims.push(...claimed);
        return claimed;
      }
      case 'settle': {
        const chosen = [...new Set(each.claims.flatMap((n) => pick(this.#claims, n)))];
        return jobs.settle(chosen.map((job) => settlement(job, end(each.how, job, now), now)));
      }
      case 'reap': {
        const lapses = (await jobs.runningOf('worker', { endedBefore: now, claimedBefore: 0 }, 100)).map(
          (job) => settlement(job, expireLease(job, { retryInMs: 700 }, now), now),
        );
        return [lapses.length, await jobs.settle(lapses)];
      }
      case 'retry': {
        const [job] = pick(await all(stores), each.job);
        const revived = job && retry(job, now);
        return job && revived?.kind === 'changed'
          ? jobs.replace(job.id, job, revived.job, QUEUE_DEFAULTS)
          : null;
      }
      case 'cancel': {
        const [job] = pick(await all(stores), each.job);
        return job?.status === 'pending' ? jobs.remove(job.id, job) : null;
      }
      case 'prune':
        await pruneAll(jobs, { now, retention: { completed: 10_000, dead: 10_000 }, limit: 3 });
        return (await queries.totals()).completed;
      case 'change':
        return queues.update(each.queueName, each.change, now);
      case 'wait':
      case 'reopen':
        return null;
    }
  }
}

/** As much as each queue may start, in the order of their names: every store comes to the same. */
function byName(offered: readonly QueueSnapshot[], slots: number, now: number): Share[] {
  let room = slots;
  const shares: Share[] = [];
  for (const queue of [...offered].sort((a, b) => (a.name < b.name ? -1 : 1))) {
    const count = Math.min(room, claimable(queue, now));
    if (count > 0) shares.push({ queueName: queue.name, count });
    room -= count;
  }
  return shares;
}

function pick<T>(from: readonly T[], n: number): T[] {
  return from.length === 0 ? [] : from.slice(n % from.length, (n % from.length) + 1);
}

function end(how: (Step & { kind: 'settle' })['how'], job: Job, now: number): Transition {
  const { leaseToken } = job;
  switch (how) {
    case 'well':
      return succeed(job, { leaseToken, result: 'ok', resultTruncated: false }, now);
    case 'transient':
      return failTransiently(job, { leaseToken, error: 'HTTP 503', retryInMs: 900 }, now);
    case 'permanent':
      return failPermanently(job, { leaseToken, error: 'HTTP 404' }, now);
    case 'released':
      return release(job, { leaseToken }, now);
  }
}

function settlement(job: RunningJob, transition: Transition<RunningJob>, now: number): Settlement {
  if (transition.kind !== 'changed') throw new Error('a claimed job accepts every end');
  const { status, lastError } = transition.job;
  const failedAttempt =
    lastError === null || status === 'completed'
      ? null
      : {
          number: job.attempt,
          startedAt: now,
          finishedAt: now,
          statusCode: null,
          error: lastError,
          responseExcerpt: null,
        };
  return { jobId: job.id, leaseToken: job.leaseToken, state: transition.job, failedAttempt };
}

/** Every job, the oldest first. */
async function all({ queries }: Stores): Promise<Job[]> {
  const { jobs } = await queries.list({}, { limit: 1000, offset: 0 });
  return [...jobs].sort((a, b) => (a.id < b.id ? -1 : 1));
}

async function state(stores: Stores): Promise<unknown> {
  return {
    jobs: await all(stores),
    queues: await stores.queues.list(),
    totals: await stores.queries.totals(),
  };
}

scenario('F37 random steps over two connections against a model', {}, async (site, random) => {
  let files = 0;
  let steps = 0;
  const property = fc.asyncProperty(
    fc.array(fc.tuple(fc.nat(1), step), { minLength: 10, maxLength: 60, size: 'max' }),
    async (plan) => {
      const path = join(site.folder, `model-${(files += 1)}.db`);
      const connections = [connectSqlite(path), connectSqlite(path)];
      const [player, modelPlayer, model] = [new Player(), new Player(), memoryStores()];
      let now = NOW;
      let made = 0;
      await hire(model.workers, 'worker');
      for (const { workers } of connections) await hire(workers, 'worker');
      try {
        for (const [side, each] of plan) {
          steps += 1;
          if (each.kind === 'wait') now += each.ms;
          if (each.kind === 'reopen') {
            await connections[side]?.jobs.close();
            connections[side] = connectSqlite(path);
          }
          const stores = connections[side];
          if (!stores) throw new Error('there are two connections');
          const ids = Array.from({ length: 5 }, () => `id-${String((made += 1)).padStart(6, '0')}`);
          const expected = await modelPlayer.play(each, model, now, ids);
          expect(await player.play(each, stores, now, ids)).toEqual(expected);
          const other = connections[1 - side];
          expect(await state(other ?? stores)).toEqual(await state(model));
        }
      } finally {
        for (const { jobs } of connections) await jobs.close();
      }
      expectSound(path);
    },
  );
  await fc.assert(property, { seed: random.seed, numRuns: amount(15, 500) });
  expect(steps).toBeGreaterThan(0);
  return null;
});
