import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import {
  ASK_AFTER_MS,
  DispatchDueJobs,
  type DispatchOptions,
} from '../../../src/application/engine/dispatch-due-jobs.js';
import { Presence } from '../../../src/application/engine/presence.js';
import { Shortage } from '../../../src/application/engine/shortage.js';
import type { Job, NewJob } from '../../../src/domain/job/job.js';
import { FakeClock } from '../../support/fake-clock.js';
import { FixedRandom } from '../../support/fixed-random.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { memoryStores, UNAVAILABLE } from '../../support/memory-stores.js';
import { recordedEvents } from '../../support/recorded-events.js';
import { SequentialIds } from '../../support/sequential-ids.js';
import { silentLogger } from '../../support/silent-logger.js';
import { FakeMachine } from '../../support/workers.js';

/** Queues that never fill up. */
const ROOMY = { ...QUEUE_DEFAULTS, maxConcurrency: 10_000 };

/** Dispatching to attempts that last until the test ends them. Nothing is settled. */
function dispatching(options: Partial<DispatchOptions> = {}) {
  const clock = new FakeClock(NOW);
  const { jobs, queues, workers } = memoryStores();
  const { events, published } = recordedEvents();
  const processes = new FakeMachine('this machine').start('worker-1');
  const lost = { times: 0 };
  const presence = new Presence(
    {
      workers,
      processes,
      clock,
      ids: new SequentialIds(),
      events: recordedEvents().events,
      logger: silentLogger,
    },
    {
      ...{ version: '1.2.3', slots: 3, queues: [], inFlight: () => 0, onResumed: () => undefined },
      onLost: () => {
        lost.times += 1;
      },
    },
  );
  const started: Job[] = [];
  const ends: (() => void)[] = [];
  const signals: AbortSignal[] = [];
  const freed = { times: 0 };
  const dispatch = new DispatchDueJobs({
    ...{ jobs, clock, random: new FixedRandom(0), events, presence, concurrency: 3 },
    queues: [],
    shortage: new Shortage({ clock, logger: silentLogger }),
    run: (job, signal) => {
      started.push(job);
      signals.push(signal);
      return new Promise((resolve) => ends.push(() => resolve(0)));
    },
    onFree: () => {
      freed.times += 1;
    },
    ...options,
  });
  return {
    ...{ dispatch, clock, jobs, queues, workers, presence, lost, started, signals, freed, published },
    endNext: async () => {
      ends.shift()?.();
      await turn();
    },
    insert: (specs: readonly NewJob[]) => jobs.insert({ jobs: specs, now: NOW, queueDefaults: ROOMY }),
  };
}

function newJobs(count: number, change: Partial<NewJob> = {}): NewJob[] {
  return Array.from({ length: count }, () => newJob(change));
}

/** Each in a queue and for a receiver of its own, so that none has to leave a slot to the others. */
function strangers(count: number): NewJob[] {
  return Array.from({ length: count }, (_, i) =>
    newJob({ queueName: `queue-${1000 + i}`, callbackUrl: `http://receiver-${i}.test/hook` }),
  );
}

describe('a worker', () => {
  test('that was declared dead claims nothing under its old id, and goes on under a new one', async () => {
    const { dispatch, insert, workers, presence, lost, jobs } = dispatching();
    await dispatch.runOnce();
    const before = presence.id ?? '';
    await workers.remove(before);
    await insert(newJobs(1));
    expect(await dispatch.runOnce()).toEqual({ claimed: 0, nextRunAt: null });
    expect([lost.times, presence.id]).toEqual([1, null]);
    expect((await dispatch.runOnce()).claimed).toBe(1);
    expect(presence.id).not.toBe(before);
    expect((await workers.list()).map(({ id }) => id)).toEqual([presence.id]);
    expect(await jobs.abandoned(10)).toEqual([]);
  });

  test('that is declared dead while it claims starts nothing of it: the jobs are abandoned', async () => {
    const { dispatch, insert, workers, presence, started, jobs } = dispatching();
    await insert(newJobs(2));
    const own = await presence.join();
    const claim = jobs.claim.bind(jobs);
    jobs.claim = async (request) => {
      const outcome = await claim(request);
      await workers.remove(own);
      presence.see(own, null);
      return outcome;
    };
    expect((await dispatch.runOnce()).claimed).toBe(0);
    expect([started.length, dispatch.inFlight]).toEqual([0, 0]);
    expect(await jobs.abandoned(10)).toHaveLength(2);
  });

  test('that is told to drain claims nothing, and does not even ask until it is resumed', async () => {
    const { dispatch, insert, workers, presence, jobs } = dispatching();
    const own = await presence.join();
    await workers.setDraining(own, true);
    await insert(newJobs(1));
    expect(await dispatch.runOnce()).toEqual({ claimed: 0, nextRunAt: null });
    await dispatch.runOnce();
    expect([presence.isDraining, jobs.calls.claim]).toEqual([true, 1]);
    presence.see(own, await workers.setDraining(own, false));
    expect((await dispatch.runOnce()).claimed).toBe(1);
  });

  test('that cannot register fails the pass', async () => {
    const { dispatch, workers, jobs } = dispatching();
    workers.failures.register.push(UNAVAILABLE);
    await expect(dispatch.runOnce()).rejects.toBe(UNAVAILABLE);
    expect(jobs.calls.claim).toBe(0);
    await dispatch.runOnce();
    expect(await workers.list()).toHaveLength(1);
  });
});

describe('claiming', () => {
  test('starts each claimed job once, with its lease', async () => {
    const { dispatch, insert, started, presence } = dispatching();
    const [a, b] = newJobs(2);
    if (!a || !b) throw new Error('two jobs were made');
    await insert([a, b]);
    expect((await dispatch.runOnce()).claimed).toBe(2);
    expect(started.map(({ id }) => id)).toEqual([a.id, b.id]);
    expect(started).toMatchObject(
      [a, b].map(() => ({ status: 'running', attempt: 1, leaseToken: 1, workerId: presence.id })),
    );
    expect(dispatch.inFlight).toBe(2);
    expect((await dispatch.runOnce()).claimed).toBe(0);
  });

  test('is told, once a pass, and not when nothing was claimed', async () => {
    const { dispatch, insert, published } = dispatching();
    await insert(newJobs(2));
    await dispatch.runOnce();
    expect(published).toEqual(['jobs_changed']);
    await dispatch.runOnce();
    expect(published).toHaveLength(1);
  });

  test('goes up to the free slots, and no further until one is free', async () => {
    const { dispatch, insert, jobs, endNext } = dispatching();
    await insert(strangers(10));
    expect(await dispatch.runOnce()).toEqual({ claimed: 3, nextRunAt: null });
    expect(await dispatch.runOnce()).toEqual({ claimed: 0, nextRunAt: null });
    expect([jobs.calls.claim, dispatch.inFlight]).toEqual([1, 3]);

    await endNext();
    expect(dispatch.inFlight).toBe(2);
    expect((await dispatch.runOnce()).claimed).toBe(1);
    await endNext();
    await endNext();
    expect((await dispatch.runOnce()).claimed).toBe(2);
  });

  test.each([
    ['more jobs than slots', 450, 500, [200, 200, 50], null],
    ['as many slots as one pass claims', 200, 500, [200], null],
    ['fewer jobs than slots', 450, 230, [200, 30], NOW + ASK_AFTER_MS],
    ['as many jobs as one pass claims', 450, 200, [200, 0], NOW + 700],
  ])(
    'takes 200 a pass at most, then more at once: %s',
    async (_case, concurrency, count, passes, nextRunAt) => {
      const { dispatch, insert, freed } = dispatching({ concurrency });
      await insert([...strangers(count), newJob({ visibleAt: NOW + 700 })]);
      const reports = [];
      do reports.push(await dispatch.runOnce());
      while (reports.at(-1)?.nextRunAt === NOW);
      const expected = passes.map((claimed) => ({ claimed, nextRunAt: NOW }));
      const last = expected.pop();
      expect(reports).toEqual([...expected, { ...last, nextRunAt }]);
      expect([dispatch.inFlight, freed.times]).toEqual([Math.min(count, concurrency), 0]);
    },
  );

  test('shares the slots out among the queues', async () => {
    const { dispatch, insert, started } = dispatching({ concurrency: 10 });
    await insert([...newJobs(5, { queueName: 'a' }), ...newJobs(5, { queueName: 'b' })]);
    await dispatch.runOnce();
    expect(started.map(({ queueName }) => queueName).sort()).toEqual(['a', 'a', 'a', 'b', 'b', 'b']);
  });

  test('lets random draw the queue that comes first', async () => {
    const firstOf = async (random: number) => {
      const { dispatch, insert, started } = dispatching({ concurrency: 1, random: new FixedRandom(random) });
      await insert(['a', 'b', 'c'].map((queueName) => newJob({ queueName })));
      await dispatch.runOnce();
      return started.map(({ queueName }) => queueName);
    };
    expect([await firstOf(0), await firstOf(0.5), await firstOf(0.9)]).toEqual([['a'], ['b'], ['c']]);
  });

  test('keeps to the queues of this worker', async () => {
    const { dispatch, insert, started } = dispatching({ queues: ['b', 'unknown'] });
    await insert(['a', 'b', 'c'].map((queueName) => newJob({ queueName })));
    expect((await dispatch.runOnce()).claimed).toBe(1);
    expect(await dispatch.runOnce()).toEqual({ claimed: 0, nextRunAt: null });
    expect(started.map(({ queueName }) => queueName)).toEqual(['b']);
  });
});

describe('the next run', () => {
  test('is when the next job is due, as long as there is a slot for it', async () => {
    const { dispatch, insert } = dispatching();
    await insert([...newJobs(2), newJob({ visibleAt: NOW + 700 })]);
    await dispatch.runOnce();
    expect(await dispatch.runOnce()).toEqual({ claimed: 0, nextRunAt: NOW + 700 });
  });

  test('is soon after a claim, and only then asked for: what was claimed may have ended by then', async () => {
    const { dispatch, insert, jobs } = dispatching();
    await insert([...newJobs(2), newJob({ visibleAt: NOW + 700 })]);
    expect(await dispatch.runOnce()).toEqual({ claimed: 2, nextRunAt: NOW + ASK_AFTER_MS });
    expect(jobs.calls.nextDueAt).toBe(0);
  });

  test('is not asked for when every slot is taken', async () => {
    const { dispatch, insert, jobs } = dispatching();
    await insert([...strangers(3), newJob({ visibleAt: NOW + 700 })]);
    expect(await dispatch.runOnce()).toEqual({ claimed: 3, nextRunAt: null });
    expect(await dispatch.runOnce()).toEqual({ claimed: 0, nextRunAt: null });
    expect(jobs.calls).toEqual({ claim: 1, settle: 0, nextDueAt: 0 });
  });

  test('is when a queue gains a token', async () => {
    const { dispatch, insert, queues } = dispatching();
    await insert(newJobs(2));
    await queues.update('default', { rateLimitRps: 0.5 }, NOW);
    await dispatch.runOnce();
    expect(await dispatch.runOnce()).toEqual({ claimed: 0, nextRunAt: NOW + 2000 });
  });

  test('is of no queue that is paused, full or empty', async () => {
    const { dispatch, insert, queues } = dispatching();
    await insert([...newJobs(2, { queueName: 'full' }), newJob({ queueName: 'paused' })]);
    await queues.update('full', { maxConcurrency: 1 }, NOW);
    await queues.update('paused', { paused: true }, NOW);
    await dispatch.runOnce();
    expect(await dispatch.runOnce()).toEqual({ claimed: 0, nextRunAt: null });
  });
});

describe('a slot', () => {
  test('is free when its attempt is over, settling included', async () => {
    const { dispatch, insert, freed, endNext } = dispatching();
    await insert(newJobs(2));
    await dispatch.runOnce();
    expect([dispatch.inFlight, freed.times]).toEqual([2, 0]);
    await endNext();
    expect([dispatch.inFlight, freed.times]).toEqual([1, 1]);
    await endNext();
    expect([dispatch.inFlight, freed.times]).toEqual([0, 2]);
  });

  test('is held under its lease until then', async () => {
    const { dispatch, insert, started, endNext } = dispatching();
    await insert(newJobs(1));
    await dispatch.runOnce();
    const [job] = started;
    if (!job) throw new Error('a job was started');
    expect(dispatch.holds(job)).toBe(true);
    expect(dispatch.holds({ ...job, leaseToken: job.leaseToken + 1 })).toBe(false);
    await endNext();
    expect(dispatch.holds(job)).toBe(false);
  });

  test('is already counted as free when the loop is told', async () => {
    const seen: number[] = [];
    const { dispatch, insert, endNext } = dispatching({ onFree: () => seen.push(dispatch.inFlight) });
    await insert(newJobs(2));
    await dispatch.runOnce();
    await endNext();
    await endNext();
    expect(seen).toEqual([1, 0]);
  });
});

describe('a store that is unavailable', () => {
  test('for the claim fails the pass, with nothing started', async () => {
    const { dispatch, insert, jobs, started } = dispatching();
    await insert(newJobs(1));
    jobs.failures.claim.push(UNAVAILABLE);
    await expect(dispatch.runOnce()).rejects.toBe(UNAVAILABLE);
    expect([started, dispatch.inFlight]).toEqual([[], 0]);
    expect((await dispatch.runOnce()).claimed).toBe(1);
  });

  test('after the claim fails the next pass, but what was claimed is under way', async () => {
    const { dispatch, insert, jobs, started } = dispatching();
    await insert(newJobs(1));
    jobs.failures.nextDueAt.push(UNAVAILABLE);
    await dispatch.runOnce();
    await expect(dispatch.runOnce()).rejects.toBe(UNAVAILABLE);
    expect([started.length, dispatch.inFlight]).toEqual([1, 1]);
  });
});

describe('draining', () => {
  test('waits until nothing is in flight', async () => {
    const { dispatch, insert, endNext } = dispatching();
    await insert(newJobs(2));
    await dispatch.runOnce();
    let drained = false;
    const drain = dispatch.drain().then(() => {
      drained = true;
    });
    await endNext();
    expect(drained).toBe(false);
    await endNext();
    await drain;
    expect([drained, dispatch.inFlight]).toEqual([true, 0]);
  });

  test('also for what began after it did', async () => {
    const { dispatch, insert, endNext } = dispatching();
    await insert(newJobs(1));
    await dispatch.runOnce();
    const drain = dispatch.drain();
    await insert(newJobs(1));
    await dispatch.runOnce();
    await endNext();
    expect(dispatch.inFlight).toBe(1);
    await endNext();
    await drain;
    expect(dispatch.inFlight).toBe(0);
  });

  test('is done at once when nothing runs', async () => {
    await expect(dispatching().dispatch.drain()).resolves.toBeUndefined();
  });
});

describe('an abort', () => {
  test('reaches every attempt, those included whose claim is under way', async () => {
    const { dispatch, insert, signals } = dispatching();
    await insert(newJobs(1));
    await dispatch.runOnce();
    expect(signals.map(({ aborted }) => aborted)).toEqual([false]);
    await insert(newJobs(1));
    const pass = dispatch.runOnce();
    dispatch.abort();
    expect((await pass).claimed).toBe(1);
    expect(signals.map(({ aborted }) => aborted)).toEqual([true, true]);
  });

  test('is the end of claiming: what is given back is not taken again', async () => {
    const { dispatch, insert, jobs } = dispatching();
    await insert(newJobs(1));
    dispatch.abort();
    expect(await dispatch.runOnce()).toEqual({ claimed: 0, nextRunAt: null });
    expect(jobs.calls.claim).toBe(0);
  });
});
