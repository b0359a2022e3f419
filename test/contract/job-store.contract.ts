import { describe, expect, test } from 'vitest';
import type { Job } from '../../src/domain/job/job.js';
import { FOR_EVER } from '../../src/domain/job/retention.js';
import { newQueue, type QueueSettings } from '../../src/domain/queue/queue.js';
import {
  expireLease,
  failPermanently,
  failTransiently,
  loseWorker,
  release,
  retry,
  succeed,
} from '../../src/domain/job/transitions.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../support/jobs.js';
import { freshPlaces, type StoreHarness, type Stores } from './store-harness.js';
import {
  ATTEMPT,
  claim,
  deadJob,
  got,
  insert,
  pruneAll,
  RESULT,
  settle,
  settlement,
  state,
  token,
} from './store-steps.js';

/** What every JobStore has to do, whatever it is built on. */
export function describeJobStore(harness: StoreHarness): void {
  describe(`JobStore on ${harness.name}`, () => {
    const freshPlace = freshPlaces(harness);
    const connect = async (): Promise<Stores> => (await freshPlace()).connect();

    describe('insert', () => {
      test('stores jobs with every field and answers in order', async () => {
        const { jobs, queries } = await connect();
        const specs = [
          newJob({
            priority: -7,
            retryBackoff: 'linear',
            baseDelayMs: 0,
            maxDelayMs: 9,
            idempotencyKey: 'ключ',
          }),
          newJob({ payload: '{"text":"\\u0000 😀 \\" \\\\"}', scheduleId: 'schedule-1', visibleAt: NOW + 5 }),
        ];
        const outcomes = await insert(jobs, specs);

        for (const [i, spec] of specs.entries()) {
          const expected = {
            ...spec,
            status: 'pending',
            attempt: 0,
            leaseToken: 0,
            workerId: null,
            startedAt: null,
            completedAt: null,
            lastError: null,
            result: null,
            resultTruncated: false,
            crashes: 0,
            updatedAt: NOW,
          };
          expect(outcomes[i]).toEqual({ kind: 'inserted', job: expected });
          expect(await queries.get(spec.id)).toEqual(expected);
        }
      });

      test('creates a missing queue with the defaults, and leaves an existing one as it is', async () => {
        const { jobs, queues } = await connect();
        await insert(jobs, [newJob({ queueName: 'new' })]);
        await queues.update('new', { maxConcurrency: 99 }, NOW + 1);
        await insert(jobs, [newJob({ queueName: 'new' })]);
        expect(await queues.get('new')).toMatchObject({
          ...QUEUE_DEFAULTS,
          maxConcurrency: 99,
          paused: false,
        });
      });

      test("takes the queue's max_retries for a job that does not say", async () => {
        const { jobs, queues } = await connect();
        await insert(jobs, [newJob()]);
        await queues.update('default', { maxRetries: 17 }, NOW);
        const [silent, own] = await insert(jobs, [newJob({ maxRetries: null }), newJob({ maxRetries: 2 })]);
        expect(silent?.job.maxRetries).toBe(17);
        expect(own?.job.maxRetries).toBe(2);
      });

      test('answers a taken idempotency key with the job that has it, whatever became of it', async () => {
        const { jobs } = await connect();
        const first = newJob({ idempotencyKey: 'k' });
        await insert(jobs, [first]);
        const [claimed] = await claim(jobs);
        await settle(jobs, [[claimed, succeed(got(claimed), { ...token(claimed), ...RESULT }, NOW + 1)]]);

        const [outcome] = await insert(jobs, [newJob({ idempotencyKey: 'k', queueName: 'elsewhere' })]);
        expect(outcome).toMatchObject({ kind: 'duplicate', job: { id: first.id, status: 'completed' } });
      });

      test('finds a duplicate within one request', async () => {
        const { jobs, queries } = await connect();
        const [first, second] = await insert(jobs, [
          newJob({ idempotencyKey: 'k' }),
          newJob({ idempotencyKey: 'k' }),
        ]);
        expect(first?.kind).toBe('inserted');
        expect(second).toEqual({ kind: 'duplicate', job: first?.job });
        expect((await queries.countsOf('default')).pending).toBe(1);
      });

      test('makes one job of simultaneous requests with one key', async () => {
        const place = await freshPlace();
        const [a, b] = [await place.connect(), await place.connect()];
        const outcomes = await Promise.all(
          Array.from({ length: 40 }, (_, i) =>
            insert((i % 2 ? a : b).jobs, [newJob({ idempotencyKey: 'k' })]),
          ),
        );
        const kinds = outcomes.flat().map(({ kind }) => kind);
        expect(kinds.filter((kind) => kind === 'inserted')).toHaveLength(1);
        expect(new Set(outcomes.flat().map(({ job }) => job.id)).size).toBe(1);
      });

      test('frees the key of a job that was removed', async () => {
        const { jobs } = await connect();
        const [first] = await insert(jobs, [newJob({ idempotencyKey: 'k' })]);
        await jobs.remove(got(first).job.id, { status: 'pending', leaseToken: 0 });
        expect((await insert(jobs, [newJob({ idempotencyKey: 'k' })]))[0]?.kind).toBe('inserted');
      });
    });

    describe('claim', () => {
      test('gives the job a lease, as the domain says', async () => {
        const { jobs, queries } = await connect();
        const spec = newJob({ timeoutMs: 1234, headers: '{"X-Tenant":"acme"}' });
        await insert(jobs, [spec]);
        const [claimed] = await claim(jobs, { now: NOW + 10, workerId: 'me' });
        const expected = {
          id: spec.id,
          headers: spec.headers,
          status: 'running',
          attempt: 1,
          leaseToken: 1,
          visibleAt: NOW + 10 + 1234,
          workerId: 'me',
          startedAt: NOW + 10,
          updatedAt: NOW + 10,
        };
        expect(claimed).toMatchObject(expected);
        expect(await queries.get(spec.id)).toEqual(claimed);
      });

      test('takes the highest priority first, then the oldest id', async () => {
        const { jobs } = await connect();
        const specs = [0, 5, -3, 5, 0, 2_147_483_647, -2_147_483_648].map((priority) => newJob({ priority }));
        await insert(jobs, specs);
        const order: number[] = [];
        for (;;) {
          const [job] = await claim(jobs, { slots: 1 });
          if (!job) break;
          order.push(specs.findIndex(({ id }) => id === job.id));
          await settle(jobs, [[job, succeed(job, { ...token(job), ...RESULT }, NOW)]]);
        }
        expect(order).toEqual([5, 1, 3, 0, 4, 2, 6]);
      });

      test('takes a delayed job when it is due, not a millisecond earlier', async () => {
        const { jobs } = await connect();
        await insert(jobs, [newJob({ visibleAt: NOW + 100 })]);
        expect(await claim(jobs, { now: NOW + 99 })).toHaveLength(0);
        expect(await claim(jobs, { now: NOW + 100 })).toHaveLength(1);
      });

      test('puts a delayed job in its place by priority once it is due', async () => {
        const { jobs } = await connect();
        const [low, high] = [newJob({ priority: 1 }), newJob({ priority: 2, visibleAt: NOW + 1 })];
        await insert(jobs, [low, high]);
        const [first] = await claim(jobs, { now: NOW + 1, slots: 1 });
        expect(first?.id).toBe(high.id);
      });

      test('is not kept from one queue by a mass of due delayed jobs of another', async () => {
        const { jobs } = await connect();
        const mass = Array.from({ length: 3000 }, (_, i) =>
          newJob({ queueName: 'mass', visibleAt: NOW + 1 + (i % 100) }),
        );
        for (let i = 0; i < mass.length; i += 1000) await insert(jobs, mass.slice(i, i + 1000));
        await insert(jobs, [newJob({ queueName: 'other', visibleAt: NOW + 200 })]);
        const claimed = await claim(jobs, { now: NOW + 1000, slots: 2 });
        expect(claimed.map(({ queueName }) => queueName).sort()).toEqual(['mass', 'other']);
      });

      test('takes jobs of any size, maybe not all at once', async () => {
        const { jobs } = await connect();
        const payload = JSON.stringify({ text: 'x'.repeat(900_000) });
        await insert(
          jobs,
          [1, 2, 3, 4, 5].map(() => newJob({ payload })),
        );
        const first = await claim(jobs);
        expect(first.length).toBeGreaterThan(0);
        const second = await claim(jobs);
        expect(new Set([...first, ...second].map(({ id }) => id)).size).toBe(5);
      });

      test('never takes more than the slots', async () => {
        const { jobs } = await connect();
        await insert(
          jobs,
          ['a', 'b', 'c'].flatMap((queueName) => [newJob({ queueName }), newJob({ queueName })]),
        );
        expect(await claim(jobs, { slots: 4 })).toHaveLength(4);
      });

      test('takes nothing from a paused queue, and goes on after resume', async () => {
        const { jobs, queues } = await connect();
        await insert(jobs, [newJob()]);
        await queues.update('default', { paused: true }, NOW);
        expect(await claim(jobs)).toHaveLength(0);
        await queues.update('default', { paused: false }, NOW);
        expect(await claim(jobs)).toHaveLength(1);
      });

      test("holds a queue's concurrency, over two connections", async () => {
        const place = await freshPlace();
        const [a, b] = [await place.connect(), await place.connect()];
        await insert(
          a.jobs,
          Array.from({ length: 10 }, () => newJob()),
        );
        await a.queues.update('default', { maxConcurrency: 3 }, NOW);
        const first = await claim(a.jobs, { slots: 2 });
        const second = await claim(b.jobs, { slots: 10 });
        expect([first.length, second.length]).toEqual([2, 1]);
        expect(await claim(a.jobs)).toHaveLength(0);

        await settle(b.jobs, [[first[0], succeed(got(first[0]), { ...token(first[0]), ...RESULT }, NOW)]]);
        expect(await claim(b.jobs)).toHaveLength(1);
      });

      test('frees the place of a job however it ended', async () => {
        const { jobs, queues } = await connect();
        await insert(jobs, [newJob({ maxRetries: 0 }), newJob(), newJob(), newJob()]);
        await queues.update('default', { maxConcurrency: 1 }, NOW);
        const ends = [
          (job: Job) => failPermanently(job, { ...token(job), error: 'x' }, NOW),
          (job: Job) => failTransiently(job, { ...token(job), error: 'x', retryInMs: 60_000 }, NOW),
          (job: Job) => expireLease({ ...job, visibleAt: NOW }, { retryInMs: 60_000 }, NOW),
        ];
        for (const end of ends) {
          const [job, ...others] = await claim(jobs);
          expect(others).toHaveLength(0);
          await settle(jobs, [[job, end(got(job))]]);
        }
        expect(await claim(jobs)).toHaveLength(1);
      });

      test("holds a queue's rate, over two connections and for claimed jobs only", async () => {
        const place = await freshPlace();
        const [a, b] = [await place.connect(), await place.connect()];
        await insert(
          a.jobs,
          Array.from({ length: 40 }, () => newJob()),
        );
        await a.queues.update('default', { rateLimitRps: 5, maxConcurrency: 100 }, NOW);

        expect(await claim(a.jobs, { slots: 2 })).toHaveLength(2);
        expect(await claim(b.jobs)).toHaveLength(3);
        expect(await claim(a.jobs)).toHaveLength(0);
        expect(await claim(a.jobs, { now: NOW + 199 })).toHaveLength(0);
        expect(await claim(b.jobs, { now: NOW + 200 })).toHaveLength(1);
        expect(await claim(a.jobs, { now: NOW + 1_000_000 })).toHaveLength(5);
      });

      test('takes from the named queues only', async () => {
        const { jobs } = await connect();
        await insert(
          jobs,
          ['a', 'b', 'c'].map((queueName) => newJob({ queueName })),
        );
        const claimed = await claim(jobs, { queues: ['c', 'a', 'unknown'] });
        expect(claimed.map(({ queueName }) => queueName).sort()).toEqual(['a', 'c']);
        expect(await claim(jobs, { queues: ['a'] })).toHaveLength(0);
      });

      test('offers no queue that the claimer does not admit, and does not wait for it', async () => {
        const { jobs } = await connect();
        await insert(
          jobs,
          ['a', 'b', 'c'].flatMap((queueName) => [newJob({ queueName }), newJob({ queueName })]),
        );
        const queue = (name: string) => name === 'b';
        const claimed = await claim(jobs, { admission: { queue, job: () => true }, slots: 2 });
        expect(claimed.map(({ queueName }) => queueName)).toEqual(['b', 'b']);
        expect(await claim(jobs, { admission: { queue, job: () => true } })).toEqual([]);
        expect(await jobs.nextDueAt(NOW, [], queue)).toBeNull();
        expect(await jobs.nextDueAt(NOW, [], (name) => name === 'c')).toBe(NOW);
        expect(await claim(jobs)).toHaveLength(4);
      });

      test('leaves a job that the claimer does not admit as it is, with those behind it', async () => {
        const { jobs, queries, queues } = await connect();
        const [first, second, third] = [newJob(), newJob(), newJob()];
        await insert(jobs, [first, second, third, newJob({ queueName: 'other' })]);
        await queues.update('default', { rateLimitRps: 3 }, NOW);
        const asked: string[] = [];
        const admission = {
          queue: () => true,
          job: ({ id }: Job) => {
            asked.push(id);
            return id !== second.id;
          },
        };
        const claimed = await claim(jobs, { admission });
        expect(claimed.map(({ id, queueName }) => (queueName === 'other' ? queueName : id)).sort()).toEqual(
          [first.id, 'other'].sort(),
        );
        expect(asked).not.toContain(third.id);
        expect(await queries.get(second.id)).toMatchObject({ status: 'pending', attempt: 0, leaseToken: 0 });
        // The token of the job that was refused is not spent.
        expect(await claim(jobs)).toHaveLength(2);
      });

      test('gives every queue its turn when there are more queues than slots', async () => {
        const { jobs } = await connect();
        const names = Array.from({ length: 20 }, (_, i) => `queue-${i}`);
        await insert(
          jobs,
          names.flatMap((queueName) => Array.from({ length: 30 }, () => newJob({ queueName }))),
        );
        const served = new Set<string>();
        // Far too few turns to empty even half of the queues.
        for (let pass = 0; pass < 60; pass += 1) {
          const claimed = await claim(jobs, { slots: 4, random: (pass * 0.37) % 1 });
          for (const job of claimed) served.add(job.queueName);
          await settle(
            jobs,
            claimed.map((job) => [job, succeed(job, { ...token(job), ...RESULT }, NOW)]),
          );
        }
        expect([...served].sort()).toEqual([...names].sort());
      });

      test('passes over any number of queues that may not start to one that may', async () => {
        const { jobs, queues } = await connect();
        const blocked = Array.from({ length: 300 }, (_, i) => `blocked-${i}`);
        await insert(
          jobs,
          [...blocked, 'zz-open'].map((queueName) => newJob({ queueName })),
        );
        for (const name of blocked) await queues.update(name, { rateLimitRps: 0.001 }, NOW);
        await claim(jobs, { slots: 300, queues: blocked });
        await insert(
          jobs,
          blocked.map((queueName) => newJob({ queueName })),
        );
        expect((await claim(jobs, { slots: 2 })).map(({ queueName }) => queueName)).toEqual(['zz-open']);
      });

      test('looks at a queue without a token again when its limit is raised, taken away or it is made anew', async () => {
        const { jobs, queues } = await connect();
        await insert(
          jobs,
          Array.from({ length: 9 }, () => newJob()),
        );
        await queues.update('default', { rateLimitRps: 1, maxConcurrency: 100 }, NOW);
        expect(await claim(jobs)).toHaveLength(1);
        expect(await claim(jobs)).toHaveLength(0);
        await queues.update('default', { rateLimitRps: 1000 }, NOW);
        expect(await claim(jobs, { now: NOW + 2 })).toHaveLength(2);
        expect(await claim(jobs, { now: NOW + 2 })).toHaveLength(0);
        await queues.update('default', { rateLimitRps: null }, NOW + 2);
        expect(await claim(jobs, { now: NOW + 2 })).toHaveLength(6);
      });

      test('gives tokens after the clock was set back, too', async () => {
        const { jobs, queues } = await connect();
        await insert(
          jobs,
          Array.from({ length: 3 }, () => newJob({ visibleAt: NOW - 7_200_000 })),
        );
        await queues.update('default', { rateLimitRps: 1 }, NOW);
        expect(await claim(jobs)).toHaveLength(1);
        expect(await claim(jobs)).toHaveLength(0);
        const earlier = NOW - 3_600_000;
        expect(await claim(jobs, { now: earlier })).toHaveLength(0);
        expect(await jobs.nextDueAt(earlier, [])).toBeLessThanOrEqual(earlier + 1000);
        expect(await claim(jobs, { now: earlier + 1000 })).toHaveLength(1);
      });

      test('two claimers never share a job (10,000 jobs)', async () => {
        const place = await freshPlace();
        const connections = [await place.connect(), await place.connect()];
        for (let i = 0; i < 10; i += 1) {
          await insert(
            got(connections[0]).jobs,
            Array.from({ length: 1000 }, () => newJob()),
          );
        }
        await got(connections[0]).queues.update('default', { maxConcurrency: 20_000 }, NOW);

        const claimers = connections.map(async ({ jobs }, i) => {
          const mine: string[] = [];
          for (;;) {
            const claimed = await claim(jobs, { slots: 100, workerId: `worker-${i}` });
            if (claimed.length === 0) return mine;
            mine.push(...claimed.map(({ id }) => id));
          }
        });
        const [first, second] = await Promise.all(claimers);
        expect(new Set([...got(first), ...got(second)]).size).toBe(10_000);
        expect(got(first).length + got(second).length).toBe(10_000);
        expect(got(first).length).toBeGreaterThan(0);
        expect(got(second).length).toBeGreaterThan(0);
      });
    });

    describe('settle', () => {
      test('stores the new state, all of it', async () => {
        const { jobs, queries } = await connect();
        await insert(jobs, [newJob(), newJob()]);
        const [a, b] = await claim(jobs);
        const success = succeed(got(a), { ...token(a), result: 'done ✓', resultTruncated: true }, NOW + 5);
        const failure = failTransiently(got(b), { ...token(b), error: 'HTTP 500', retryInMs: 700 }, NOW + 6);
        expect(
          await settle(jobs, [
            [a, success],
            [b, failure],
          ]),
        ).toEqual(['applied', 'applied']);
        expect(await queries.get(got(a).id)).toEqual({ ...a, ...state(success) });
        expect(await queries.get(got(b).id)).toEqual({ ...b, ...state(failure) });
      });

      test('drops a stale lease: it cannot settle a job that was claimed anew', async () => {
        const { jobs, queries } = await connect();
        await insert(jobs, [newJob()]);
        const [first] = await claim(jobs);
        const stale = got(first);
        const expiry = expireLease(stale, { retryInMs: 0 }, stale.visibleAt);
        expect(await settle(jobs, [[stale, expiry]])).toEqual(['applied']);
        const [second] = await claim(jobs, { now: stale.visibleAt + 1, workerId: 'other' });
        expect(second).toMatchObject({ id: stale.id, attempt: 2, leaseToken: 2 });

        const late = succeed(stale, { ...token(stale), ...RESULT }, stale.visibleAt + 2);
        expect(await settle(jobs, [[stale, late]])).toEqual(['lost']);
        expect(await queries.get(stale.id)).toEqual(second);
        expect(await queries.countsOf('default')).toMatchObject({ running: 1, completed: 0 });
      });

      test('drops a second settlement of one lease', async () => {
        const { jobs, queries } = await connect();
        await insert(jobs, [newJob()]);
        const [job] = await claim(jobs);
        const success = succeed(got(job), { ...token(job), ...RESULT }, NOW + 1);
        const failure = failPermanently(got(job), { ...token(job), error: 'late' }, NOW + 2);
        expect(
          await settle(jobs, [
            [job, success],
            [job, failure],
          ]),
        ).toEqual(['applied', 'lost']);
        expect(await queries.get(got(job).id)).toMatchObject({ status: 'completed', lastError: null });
        expect(await queries.failedAttempts(got(job).id, 100)).toEqual([]);
      });

      test('says missing for a job that is gone', async () => {
        const { jobs } = await connect();
        await insert(jobs, [newJob()]);
        const [job] = await claim(jobs);
        const gone = { ...got(job), id: 'gone' };
        expect(await settle(jobs, [[gone, succeed(gone, { ...token(job), ...RESULT }, NOW)]])).toEqual([
          'missing',
        ]);
      });

      test('never gives a lease token out twice, not even after a manual retry', async () => {
        const { jobs } = await connect();
        await insert(jobs, [newJob()]);
        const tokens: number[] = [];
        for (let i = 0; i < 3; i += 1) {
          const [job] = await claim(jobs);
          tokens.push(got(job).leaseToken);
          const death = failPermanently(got(job), { ...token(job), error: 'x' }, NOW);
          await settle(jobs, [[job, death]]);
          const dead = { ...got(job), ...state(death) };
          expect(await jobs.replace(dead.id, dead, state(retry(dead, NOW)), QUEUE_DEFAULTS)).toBe('applied');
        }
        expect(tokens).toEqual([1, 2, 3]);
      });

      test('remembers failed attempts with the settlement that applies', async () => {
        const { jobs, queries } = await connect();
        await insert(jobs, [newJob()]);
        const [job] = await claim(jobs);
        const failure = failTransiently(
          got(job),
          { ...token(job), error: 'HTTP 503', retryInMs: 0 },
          NOW + 9,
        );
        const attempt = {
          number: 1,
          startedAt: NOW,
          finishedAt: NOW + 9,
          statusCode: 503,
          error: 'HTTP 503',
          responseExcerpt: '<h1>no</h1>',
        };
        await jobs.settle([settlement(got(job), failure, attempt), settlement(got(job), failure, attempt)]);
        expect(await queries.failedAttempts(got(job).id, 100)).toEqual([{ ...attempt, omittedBefore: 0 }]);
      });
    });

    describe('runningOf', () => {
      const since = (endedBefore: number, claimedBefore = 0) => ({ endedBefore, claimedBefore });

      test('lists running jobs of a worker whose lease has ended, the longest first', async () => {
        const { jobs } = await connect();
        const timeouts = [5000, 1000, 3000, 9000];
        await insert(
          jobs,
          timeouts.map((timeoutMs) => newJob({ timeoutMs })),
        );
        await claim(jobs);
        const stale = await jobs.runningOf('worker-1', since(NOW + 5001), 10);
        expect(stale.map(({ timeoutMs }) => timeoutMs)).toEqual([1000, 3000, 5000]);
        expect(await jobs.runningOf('worker-1', since(NOW + 5001), 2)).toHaveLength(2);
        expect(await jobs.runningOf('worker-1', since(NOW + 1000), 10)).toHaveLength(0);
        expect(await jobs.runningOf('me', since(NOW + 5001), 10)).toHaveLength(0);
      });

      test('and those that it claimed long ago, whenever their lease ends, without their payloads', async () => {
        const { jobs } = await connect();
        await insert(jobs, [newJob({ timeoutMs: 86_400_000 })]);
        const [job] = await claim(jobs);
        expect(await jobs.runningOf('worker-1', since(NOW, NOW), 10)).toEqual([]);
        const { payload, ...rest } = got(job);
        expect(payload).toBeTruthy();
        const [running] = await jobs.runningOf('worker-1', since(NOW, NOW + 1), 10);
        expect(running).toMatchObject(rest);
      });
    });

    describe('abandoned', () => {
      test('lists the running jobs of workers that are gone, and of no others', async () => {
        const { jobs, workers } = await connect();
        const specs = Array.from({ length: 6 }, () => newJob());
        await insert(jobs, specs);
        await claim(jobs, { slots: 2, workerId: 'me' });
        await claim(jobs, { slots: 2, workerId: 'other' });
        expect(await jobs.abandoned(10)).toEqual([]);
        const before = await claim(jobs, { slots: 1, workerId: 'worker-1' });
        await workers.remove('other');
        const ids = (await jobs.abandoned(10)).map(({ job }) => job.id);
        expect(ids.toSorted()).toEqual(specs.slice(2, 4).map(({ id }) => id));
        expect(await jobs.abandoned(1)).toHaveLength(1);
        await settle(
          jobs,
          before.map((job) => [job, release(job, token(job), NOW)]),
        );
        await workers.remove('worker-1');
        expect(await jobs.abandoned(10)).toHaveLength(2);
      });

      test('gives them whole, so that they can be settled under the lease they have', async () => {
        const { jobs, queries, workers } = await connect();
        await insert(jobs, [newJob({ maxRetries: 0 })]);
        const [job] = await claim(jobs);
        await workers.remove('worker-1');
        const { payload, ...running } = got(job);
        expect(payload).toBeTruthy();
        expect(await jobs.abandoned(10)).toMatchObject([{ job: running, stopping: false }]);
        const back = loseWorker(got(job), { stopping: false, maxCrashes: 3, retryInMs: 0 }, NOW + 1);
        expect(await settle(jobs, [[job, back]])).toEqual(['applied']);
        expect(await queries.get(got(job).id)).toEqual({ ...job, ...state(back) });
        expect(await jobs.abandoned(10)).toEqual([]);
        const [again] = await claim(jobs, { workerId: 'me', now: NOW + 1 });
        expect(again).toMatchObject({ attempt: 1, leaseToken: 2, crashes: 1 });
      });
    });

    describe('nextDueAt', () => {
      test('is null when nothing waits', async () => {
        const { jobs } = await connect();
        expect(await jobs.nextDueAt(NOW, [])).toBeNull();
        await insert(jobs, [newJob()]);
        await claim(jobs);
        expect(await jobs.nextDueAt(NOW, [])).toBeNull();
      });

      test('is now when a job could be claimed', async () => {
        const { jobs } = await connect();
        await insert(jobs, [newJob(), newJob({ visibleAt: NOW + 500 })]);
        expect(await jobs.nextDueAt(NOW, [])).toBe(NOW);
      });

      test('is the earliest instant at which a delayed job falls due', async () => {
        const { jobs } = await connect();
        await insert(jobs, [newJob({ visibleAt: NOW + 900 }), newJob({ visibleAt: NOW + 500 })]);
        expect(await jobs.nextDueAt(NOW, [])).toBe(NOW + 500);
      });

      test('is the instant of the next token of a limited queue', async () => {
        const { jobs, queues } = await connect();
        await insert(jobs, [newJob(), newJob()]);
        await queues.update('default', { rateLimitRps: 0.5 }, NOW);
        expect(await claim(jobs)).toHaveLength(1);
        expect(await jobs.nextDueAt(NOW + 1, [])).toBe(NOW + 2000);
      });

      test('is the earliest instant of a token of many limited queues, ours and not paused', async () => {
        const { jobs, queues } = await connect();
        const names = ['a', 'b', 'c', 'd'];
        await insert(
          jobs,
          names.flatMap((queueName) => [newJob({ queueName }), newJob({ queueName })]),
        );
        for (const [i, name] of names.entries())
          await queues.update(name, { rateLimitRps: 1 / (i + 1) }, NOW);
        expect(await claim(jobs)).toHaveLength(4);
        for (let pass = 0; pass < 2; pass += 1) {
          expect(await jobs.nextDueAt(NOW, [])).toBe(NOW + 1000);
          expect(await jobs.nextDueAt(NOW, ['d', 'c'])).toBe(NOW + 3000);
          expect(await jobs.nextDueAt(NOW, [], (name) => name !== 'a')).toBe(NOW + 2000);
          // It finds none that has a token, and may remember that.
          expect(await claim(jobs)).toHaveLength(0);
        }
        await queues.update('a', { paused: true }, NOW);
        await claim(jobs);
        expect(await jobs.nextDueAt(NOW, [])).toBe(NOW + 2000);
        expect((await claim(jobs, { now: NOW + 2000 })).map(({ queueName }) => queueName)).toEqual(['b']);
      });

      test('does not wait for queues that are paused, full or not ours', async () => {
        const { jobs, queues } = await connect();
        await insert(
          jobs,
          ['paused', 'full', 'full', 'foreign'].map((queueName) => newJob({ queueName })),
        );
        await queues.update('paused', { paused: true }, NOW);
        await queues.update('full', { maxConcurrency: 1 }, NOW);
        await claim(jobs, { queues: ['full'] });
        expect(await jobs.nextDueAt(NOW, ['paused', 'full'])).toBeNull();
      });
    });

    describe('replace and remove', () => {
      test('replaces the state of a job that is as expected, and makes it claimable', async () => {
        const { jobs, queries } = await connect();
        const dead = await deadJob(jobs);
        const revived = state(retry(dead, NOW + 50));
        expect(await jobs.replace(dead.id, dead, revived, QUEUE_DEFAULTS)).toBe('applied');
        expect(await queries.get(dead.id)).toEqual({ ...dead, ...revived });
        expect(await queries.countsOf('default')).toMatchObject({ pending: 1, dead: 0 });
        expect(await claim(jobs, { now: NOW + 50 })).toHaveLength(1);
      });

      test('leaves a job alone that is not as expected', async () => {
        const { jobs, queries } = await connect();
        const dead = await deadJob(jobs);
        const revived = state(retry(dead, NOW + 50));
        expect(await jobs.replace(dead.id, { ...dead, leaseToken: 7 }, revived, QUEUE_DEFAULTS)).toBe('lost');
        expect(await jobs.replace(dead.id, { ...dead, status: 'pending' }, revived, QUEUE_DEFAULTS)).toBe(
          'lost',
        );
        expect(await jobs.replace('gone', dead, revived, QUEUE_DEFAULTS)).toBe('missing');
        expect(await queries.get(dead.id)).toEqual(dead);
      });

      test('creates the queue anew when it was deleted meanwhile', async () => {
        const { jobs, queues } = await connect();
        const dead = await deadJob(jobs);
        expect(await queues.remove('default')).toBe('deleted');
        await jobs.replace(dead.id, dead, state(retry(dead, NOW)), QUEUE_DEFAULTS);
        expect(await queues.get('default')).toMatchObject(QUEUE_DEFAULTS);
        expect(await claim(jobs)).toHaveLength(1);
      });

      test('removes a pending job, ready or delayed, but not one that was claimed', async () => {
        const { jobs, queries } = await connect();
        const specs = [newJob({ visibleAt: NOW + 1000 }), newJob(), newJob({ queueName: 'other' })];
        await insert(jobs, specs);
        await claim(jobs, { queues: ['other'] });
        const outcomes = await Promise.all(
          specs.map(({ id }) => jobs.remove(id, { status: 'pending', leaseToken: 0 })),
        );
        expect(outcomes).toEqual(['applied', 'applied', 'lost']);
        expect(await jobs.remove('gone', { status: 'pending', leaseToken: 0 })).toBe('missing');
        expect(await queries.countsOf('default')).toMatchObject({ pending: 0 });
        expect(await queries.get(got(specs[0]).id)).toBeNull();
      });
    });

    test('a job keeps its first and its last 50 failed attempts, and how many lay between', async () => {
      const { jobs, queries } = await connect();
      await insert(jobs, [newJob({ maxRetries: 1000 })]);
      const fail = async (number: number, permanent = false) => {
        const [job] = await claim(jobs);
        const { leaseToken } = got(job);
        const failure = permanent
          ? failPermanently(got(job), { leaseToken, error: 'x' }, NOW)
          : failTransiently(got(job), { leaseToken, error: 'x', retryInMs: 0 }, NOW);
        await jobs.settle([settlement(got(job), failure, { ...ATTEMPT, number })]);
        return { ...got(job), ...state(failure) };
      };
      const numbers = async (id: string) =>
        (await queries.failedAttempts(id, 1000)).map(({ number, omittedBefore }) =>
          omittedBefore === 0 ? number : `${omittedBefore}, ${number}`,
        );
      const range = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, i) => from + i);

      for (let number = 1; number < 100; number += 1) await fail(number);
      const dead = await fail(100, true);
      expect(await numbers(dead.id)).toEqual(range(1, 100));
      // The numbers start again after a retry by hand, but what is kept is of the job.
      await jobs.replace(dead.id, dead, state(retry(dead, NOW)), QUEUE_DEFAULTS);
      await fail(1);
      expect(await numbers(dead.id)).toEqual([...range(1, 50), '1, 52', ...range(53, 100), 1]);
      for (let number = 2; number <= 60; number += 1) await fail(number);
      expect(await numbers(dead.id)).toEqual([...range(1, 50), '60, 11', ...range(12, 60)]);
    });

    describe('prune', () => {
      test('deletes finished jobs by the age of their end, a bounded number at a time', async () => {
        const { jobs, queries } = await connect();
        await insert(jobs, [...Array.from({ length: 5 }, () => newJob()), newJob({ visibleAt: NOW + 1e9 })]);
        const claimed = await claim(jobs);
        await settle(
          jobs,
          claimed
            .slice(0, 4)
            .map((job, i) => [
              job,
              i % 2 === 0
                ? succeed(job, { ...token(job), ...RESULT }, NOW + i)
                : failPermanently(job, { ...token(job), error: 'x' }, NOW + i),
            ]),
        );
        const prune = async (now: number, limit: number) => {
          const { deleted, next } = await jobs.prune({ now, retention: { completed: 0, dead: 0 }, limit });
          return { deleted, more: next !== null };
        };
        expect(await prune(NOW, 10)).toEqual({ deleted: 0, more: false });
        expect(await prune(NOW + 3, 2)).toEqual({ deleted: 2, more: true });
        expect(await prune(NOW + 3, 2)).toEqual({ deleted: 1, more: false });
        expect(await prune(NOW + 3, 2)).toEqual({ deleted: 0, more: false });
        expect(await queries.countsOf('default')).toMatchObject({
          pending: 1,
          running: 1,
          completed: 0,
          dead: 1,
        });
        expect(await prune(NOW + 1e9, 10)).toEqual({ deleted: 1, more: false });
        expect((await queries.list({}, { limit: 10, offset: 0 })).jobs).toHaveLength(2);
      });

      /** A job that ended at NOW. */
      async function finished(
        { jobs }: Stores,
        queueName: string,
        end: 'completed' | 'dead',
      ): Promise<string> {
        await insert(jobs, [newJob({ queueName })]);
        const [job] = await claim(jobs, { queues: [queueName] });
        const lease = token(got(job));
        const outcome =
          end === 'completed'
            ? succeed(got(job), { ...lease, ...RESULT }, NOW)
            : failPermanently(got(job), { ...lease, error: 'x' }, NOW);
        await settle(jobs, [[job, outcome]]);
        return got(job).id;
      }

      test('keeps completed and dead jobs for as long as is said of each, by queue or for all', async () => {
        const stores = await (await freshPlace()).connect();
        const keptFor = async (name: string, retention: Partial<QueueSettings>) => {
          await stores.queues.create(newQueue(name, { ...QUEUE_DEFAULTS, ...retention }, NOW));
          return {
            completed: await finished(stores, name, 'completed'),
            dead: await finished(stores, name, 'dead'),
          };
        };
        const plain = await keptFor('plain', {});
        const short = await keptFor('short', { retentionCompletedMs: 10, retentionDeadMs: 20 });
        const half = await keptFor('half', { retentionDeadMs: 5 });
        const ever = await keptFor('ever', { retentionCompletedMs: FOR_EVER, retentionDeadMs: FOR_EVER });
        const gone = await keptFor('gone', { retentionCompletedMs: 1, retentionDeadMs: 1 });
        expect(await stores.queues.remove('gone')).toBe('deleted');
        const left = async () => {
          const { jobs } = await stores.queries.list({}, { limit: 100, offset: 0 });
          return new Set(jobs.map(({ id }) => id));
        };
        const all = new Set(
          [plain, short, half, ever, gone].flatMap(({ completed, dead }) => [completed, dead]),
        );
        const goes = async (afterMs: number, ...ids: string[]) => {
          await pruneAll(stores.jobs, {
            now: NOW + afterMs,
            retention: { completed: 100, dead: FOR_EVER },
            limit: 2,
          });
          for (const id of ids) expect(all.delete(id)).toBe(true);
          expect(await left()).toEqual(all);
        };
        await goes(5);
        await goes(6, half.dead);
        await goes(10);
        await goes(11, short.completed);
        await goes(21, short.dead);
        await goes(100);
        await goes(101, plain.completed, half.completed, gone.completed);
        await goes(1e12);
        await stores.queues.update('ever', { retentionDeadMs: null }, NOW);
        const retention = { completed: FOR_EVER, dead: 1 };
        await pruneAll(stores.jobs, { now: NOW + 1e12, retention, limit: 10 });
        expect(await left()).toEqual(new Set([ever.completed]));
        expect(await stores.queries.totals()).toMatchObject({ completed: 1, dead: 0 });
      });

      test('goes on from queue to queue, with a bounded number of jobs in each step', async () => {
        const stores = await (await freshPlace()).connect();
        for (const name of ['a', 'b', 'c']) {
          for (let n = 0; n < 3; n += 1) await finished(stores, name, n % 2 === 0 ? 'completed' : 'dead');
        }
        const retention = { completed: 0, dead: 0 };
        const steps = await pruneAll(stores.jobs, { now: NOW + 1, retention, limit: 2 });
        const deleted = steps.map((step) => step.deleted);
        expect(Math.max(...deleted)).toBeLessThanOrEqual(2);
        expect(deleted.reduce((sum, one) => sum + one, 0)).toBe(9);
        expect(await stores.queries.totals()).toMatchObject({ completed: 0, dead: 0 });
      });
    });

    describe('ping', () => {
      test('resolves on a store that works', async () => {
        const { jobs } = await connect();
        await expect(jobs.ping()).resolves.toBeUndefined();
      });
    });

    describe('reopening', () => {
      test.skipIf(harness.forgets)(
        `keeps everything${harness.forgets ? ` (skipped: ${harness.forgets})` : ''}`,
        async () => {
          const place = await freshPlace();
          const before = await place.connect();
          await insert(before.jobs, [newJob({ idempotencyKey: 'k' }), newJob({ visibleAt: NOW + 5 })]);
          await before.queues.update('default', { rateLimitRps: 1, maxConcurrency: 9 }, NOW);
          const [job] = await claim(before.jobs);
          const failure = failTransiently(
            got(job),
            { ...token(job), error: 'HTTP 500', retryInMs: 9 },
            NOW + 1,
          );
          await before.jobs.settle([settlement(got(job), failure, ATTEMPT)]);
          const read = async ({ queries, queues }: Stores) => ({
            jobs: (await queries.list({}, { limit: 10, offset: 0 })).jobs,
            counts: await queries.counts(),
            attempts: await queries.failedAttempts(got(job).id, 100),
            queues: await queues.list(),
          });
          const stored = await read(before);
          await before.jobs.close();

          const after = await place.connect();
          expect(await read(after)).toEqual(stored);
          expect(stored.jobs).toHaveLength(2);
          // The rate limit holds across the restart: its one token is spent.
          expect(await claim(after.jobs, { now: NOW + 900 })).toHaveLength(0);
          expect(await claim(after.jobs, { now: NOW + 1000 })).toHaveLength(1);
        },
      );
    });
  });
}
