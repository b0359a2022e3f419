import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import { StoreFailedError, StoreUnavailableError } from '../../../src/application/errors.js';
import { Loop, type LoopReport } from '../../../src/application/engine/loop.js';
import { FakeClock } from '../../support/fake-clock.js';
import { ManualScheduler } from '../../support/manual-scheduler.js';
import { RecordingLogger } from '../../support/recording-logger.js';

const MAX_SLEEP_MS = 60_000;

/** A loop over passes that the test defines; `passes` are the instants at which one began, from 0. */
function loopOver(runOnce: (now: number) => LoopReport | Promise<LoopReport>) {
  const clock = new FakeClock(0);
  const scheduler = new ManualScheduler(clock);
  const logger = new RecordingLogger();
  const passes: number[] = [];
  const loop = new Loop({
    name: 'test',
    runOnce: () => {
      passes.push(clock.now());
      return Promise.resolve(runOnce(clock.now()));
    },
    maxSleepMs: MAX_SLEEP_MS,
    clock,
    scheduler,
    logger,
  });
  return { loop, passes, clock, scheduler, logger };
}

/** A pass that goes on until the test lets it end. */
function longPass() {
  let under: { resolve: (report: LoopReport) => void; reject: (error: Error) => void } | undefined;
  const pass = () =>
    new Promise<LoopReport>((resolve, reject) => {
      under = { resolve, reject };
    });
  return {
    pass,
    end: () => under?.resolve({ nextRunAt: null }),
    fail: () => under?.reject(new Error('broken')),
  };
}

/** Whether a promise is settled after a turn of the event loop. */
async function isDone(promise: Promise<unknown>): Promise<boolean> {
  let done = false;
  const note = () => {
    done = true;
  };
  promise.then(note, note);
  await turn();
  return done;
}

describe('sleeping', () => {
  test.each([
    ['until the instant that the pass named', 700, [0, 700]],
    ['at most the longest sleep', MAX_SLEEP_MS + 1, [0, MAX_SLEEP_MS]],
    ['the longest sleep when nothing is foreseen', null, [0, MAX_SLEEP_MS]],
    ['exactly the longest sleep', MAX_SLEEP_MS, [0, MAX_SLEEP_MS]],
  ])('%s', async (_case, nextRunAt, expected) => {
    const { loop, passes, scheduler } = loopOver((now) => ({ nextRunAt: now === 0 ? nextRunAt : null }));
    loop.start();
    await scheduler.advanceAsync(MAX_SLEEP_MS);
    expect(passes).toEqual(expected);
  });

  test('not at all when the instant has come, but the event loop turns in between', async () => {
    const { loop, passes, scheduler } = loopOver(() => ({ nextRunAt: passes.length < 5 ? -1000 : null }));
    loop.start();
    await turn();
    expect(passes).toEqual([0]);
    expect(scheduler.nextDelayMs).toBe(0);
    await scheduler.advanceAsync(0);
    expect(passes).toEqual([0, 0, 0, 0, 0]);
  });

  test('not a millisecond less', async () => {
    const { loop, passes, scheduler } = loopOver((now) => ({ nextRunAt: now + 10 }));
    loop.start();
    await scheduler.advanceAsync(9);
    expect(passes).toEqual([0]);
    await scheduler.advanceAsync(31);
    expect(passes).toEqual([0, 10, 20, 30, 40]);
  });

  test('counts from the end of a pass, when the clock was set meanwhile', async () => {
    const { loop, passes, clock, scheduler } = loopOver(() => {
      clock.setNow(400);
      return { nextRunAt: 500 };
    });
    loop.start();
    await turn();
    expect(passes).toEqual([0]);
    expect(scheduler.nextDelayMs).toBe(100);
  });
});

describe('a wake', () => {
  test('ends a sleep, and its timer', async () => {
    const { loop, passes, scheduler } = loopOver(() => ({ nextRunAt: null }));
    loop.start();
    await turn();
    loop.wake();
    await turn();
    expect(passes).toEqual([0, 0]);
    expect([scheduler.pending, scheduler.nextDelayMs]).toEqual([1, MAX_SLEEP_MS]);
  });

  test('before the start is one with the first pass', async () => {
    const { loop, passes } = loopOver(() => ({ nextRunAt: null }));
    loop.wake();
    loop.start();
    await turn();
    expect(passes).toEqual([0]);
  });

  test('during a pass leads to another at once, and any number of them to one', async () => {
    const { pass, end } = longPass();
    const { loop, passes } = loopOver(pass);
    loop.start();
    await turn();
    for (let i = 0; i < 5; i += 1) loop.wake();
    expect(passes).toHaveLength(1);
    end();
    await turn();
    expect(passes).toHaveLength(2);
    end();
    await turn();
    expect(passes).toHaveLength(2);
  });

  test('by the pass itself leads to another', async () => {
    const { loop, passes } = loopOver(() => {
      if (passes.length < 3) loop.wake();
      return { nextRunAt: null };
    });
    loop.start();
    await turn();
    expect(passes).toEqual([0, 0, 0]);
  });
});

describe('a pass that fails', () => {
  test('is followed by a pause that doubles, from 100 ms to 4 s: a mended store is noticed within 5 s', async () => {
    const { loop, passes, scheduler } = loopOver(() => Promise.reject(new Error('broken')));
    loop.start();
    await scheduler.advanceAsync(18_300);
    const pauses = passes.slice(1).map((at, i) => at - (passes[i] ?? NaN));
    expect(pauses).toEqual([100, 200, 400, 800, 1600, 3200, 4000, 4000, 4000]);
  });

  test('is logged with its error and the length of the pause', async () => {
    const error = new Error('broken');
    const { loop, logger, scheduler } = loopOver((now) => {
      if (now < 300) throw error;
      return { nextRunAt: null };
    });
    loop.start();
    await scheduler.advanceAsync(1000);
    expect(logger.lines).toEqual([
      { level: 'error', message: 'test failed, next try in 100 ms', fields: {}, error },
      { level: 'error', message: 'test failed, next try in 200 ms', fields: {}, error },
    ]);
  });

  test('for the store is a warning, without the stack', async () => {
    const { loop, logger, scheduler } = loopOver((now) => {
      if (now === 0) throw new StoreUnavailableError('the database is locked');
      return { nextRunAt: null };
    });
    loop.start();
    await scheduler.advanceAsync(1000);
    const fields = { loop: 'test', reason: 'the database is locked', next_try_in_ms: 100 };
    expect(logger.lines).toEqual([{ level: 'warn', message: 'store unavailable', fields }]);
  });

  test('for a store that has failed for good says nothing: the store has', async () => {
    const { loop, passes, scheduler, logger } = loopOver(() => {
      throw new StoreFailedError('damaged');
    });
    loop.start();
    await scheduler.advanceAsync(20_000);
    expect(passes.length).toBeGreaterThan(5);
    expect(logger.lines).toEqual([]);
    await loop.stop();
  });

  test('says for how long passes have failed in a row', async () => {
    let fails = true;
    const { loop, scheduler } = loopOver(() => {
      if (fails) throw new Error('broken');
      return { nextRunAt: null };
    });
    expect(loop.failingForMs).toBe(0);
    loop.start();
    await scheduler.advanceAsync(11_000);
    expect(loop.failingForMs).toBe(11_000);
    fails = false;
    await scheduler.advanceAsync(10_000);
    await turn();
    expect(loop.failingForMs).toBe(0);
    await loop.stop();
  });

  test('after one that went well starts at 100 ms again', async () => {
    const failing = new Set([1, 2, 4]);
    const { loop, passes, scheduler } = loopOver((now) => {
      if (failing.has(passes.length)) throw new Error('broken');
      return { nextRunAt: now + 5000 };
    });
    loop.start();
    await scheduler.advanceAsync(6000);
    expect(passes).toEqual([0, 100, 300, 5300, 5400]);
  });

  test('is not repeated earlier by a wake', async () => {
    const { loop, passes, scheduler } = loopOver(() => Promise.reject(new Error('broken')));
    loop.start();
    await turn();
    loop.wake();
    await scheduler.advanceAsync(99);
    loop.wake();
    await turn();
    expect(passes).toEqual([0]);
    await scheduler.advanceAsync(1);
    expect(passes).toEqual([0, 100]);
  });

  test.each([
    ['undefined', undefined],
    ['a string', 'broken'],
    ['null', null],
  ])('by throwing %s ends the loop as little', async (_case, thrown: unknown) => {
    const { loop, passes, scheduler } = loopOver(() => {
      throw thrown;
    });
    loop.start();
    await scheduler.advanceAsync(300);
    expect(passes).toEqual([0, 100, 300]);
  });
});

describe('a stop', () => {
  test('during a sleep ends the loop at once, and leaves no timer', async () => {
    const { loop, passes, scheduler } = loopOver(() => ({ nextRunAt: null }));
    loop.start();
    await turn();
    await loop.stop();
    expect([passes.length, scheduler.pending]).toEqual([1, 0]);
  });

  test('during a pause too', async () => {
    const { loop, passes, scheduler } = loopOver(() => Promise.reject(new Error('broken')));
    loop.start();
    await turn();
    await loop.stop();
    expect([passes.length, scheduler.pending]).toEqual([1, 0]);
  });

  test.each(['end', 'fail'] as const)('during a pass waits for its %s, and begins no other', async (way) => {
    const { pass, end, fail } = longPass();
    const { loop, passes, scheduler } = loopOver(pass);
    loop.start();
    await turn();
    const stopped = loop.stop();
    loop.wake();
    expect(await isDone(stopped)).toBe(false);
    if (way === 'end') end();
    else fail();
    expect(await isDone(stopped)).toBe(true);
    expect([passes.length, scheduler.pending]).toEqual([1, 0]);
  });

  test('is for good: neither a wake nor a start begins a pass', async () => {
    const { loop, passes, scheduler } = loopOver(() => ({ nextRunAt: null }));
    loop.start();
    await turn();
    await loop.stop();
    loop.wake();
    loop.start();
    await scheduler.advanceAsync(10 * MAX_SLEEP_MS);
    expect(passes).toEqual([0]);
    await loop.stop();
  });

  test('before the start means that nothing starts', async () => {
    const { loop, passes, scheduler } = loopOver(() => ({ nextRunAt: null }));
    await loop.stop();
    loop.start();
    await scheduler.advanceAsync(MAX_SLEEP_MS);
    expect(passes).toEqual([]);
  });
});

describe('the state', () => {
  test('is running from the start to the stop', async () => {
    const { loop } = loopOver(() => ({ nextRunAt: null }));
    expect(loop.state).toBe('stopped');
    loop.start();
    expect(loop.state).toBe('running');
    await turn();
    expect(loop.state).toBe('running');
    const stopped = loop.stop();
    expect(loop.state).toBe('stopped');
    await stopped;
    loop.start();
    expect(loop.state).toBe('stopped');
  });

  test('is failing from the end of a pass that failed to the end of one that went well', async () => {
    const passes = longPass();
    const { loop, scheduler } = loopOver(passes.pass);
    loop.start();
    expect(loop.state).toBe('running');
    passes.fail();
    await turn();
    expect(loop.state).toBe('failing');
    await scheduler.advanceAsync(100);
    expect(loop.state).toBe('failing');
    passes.end();
    await turn();
    expect(loop.state).toBe('running');
  });
});

test('a second start changes nothing', async () => {
  const { loop, passes, scheduler } = loopOver(() => ({ nextRunAt: null }));
  loop.start();
  loop.start();
  await scheduler.advanceAsync(MAX_SLEEP_MS);
  expect(passes).toEqual([0, MAX_SLEEP_MS]);
});
