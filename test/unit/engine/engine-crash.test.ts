import { describe, expect, test } from 'vitest';
import { crashError } from '../../../src/domain/job/transitions.js';
import { SPREAD_MS } from '../../../src/application/engine/recover-abandoned-jobs.js';
import { Cluster } from '../../support/cluster.js';
import { NOW } from '../../support/jobs.js';
import { UNAVAILABLE } from '../../support/memory-stores.js';
import { failed, succeeded } from '../../support/outcomes.js';
import { claimOne } from '../../support/attempting.js';

const HOUR = 3_600_000;
/** A delivery that may take a day. */
const LONG = { timeoutMs: 24 * HOUR, queueName: 'one' };
/** From a crash to the next delivery, at most. */
const BOUND_MS = 20_000;

/** A cluster with a process on each machine, the first of which delivers a long job of a queue that runs one at a time. */
async function delivering(...machines: string[]) {
  const cluster = new Cluster();
  const [first, ...others] = machines.map((machine) => cluster.start(machine));
  if (!first) throw new Error('a process is wanted');
  await first.useCases.createQueue('one', { maxConcurrency: 1 });
  const id = await cluster.enqueue(first, { ...LONG, maxRetries: 0 });
  await cluster.pass(0);
  expect(first.dispatcher.open).toHaveLength(1);
  return { cluster, first, others, id };
}

describe('a process that is killed', () => {
  test('on another machine: its job is delivered again within 20 s, whatever its timeout', async () => {
    const { cluster, first, others, id } = await delivering('a', 'b');
    const [other] = others;
    await cluster.pass(7300);
    first.kill();
    await cluster.pass(BOUND_MS);
    expect(other?.dispatcher.open.map(({ jobId, number }) => [jobId, number])).toEqual([[id, 1]]);
    expect(await cluster.job(id)).toMatchObject({
      status: 'running',
      attempt: 1,
      crashes: 1,
      lastError: null,
    });
    expect((await cluster.workers()).map(({ host }) => host)).toEqual(['b']);
    expect(await cluster.stores.queries.failedAttempts(id, 10)).toEqual([]);
    expect(other?.logger.lines.map(({ level, message }) => [level, message])).toEqual([
      ['warn', 'worker lost'],
      ['warn', 'job recovered from a worker that died'],
    ]);
  });

  test('and not before it has been silent for 15 s', async () => {
    const { cluster, first, others } = await delivering('a', 'b');
    first.kill();
    await cluster.pass(14_900);
    expect(others[0]?.dispatcher.open).toEqual([]);
    expect(await cluster.workers()).toHaveLength(2);
  });

  test('on the same machine: its job is delivered again within two seconds', async () => {
    const { cluster, first, others, id } = await delivering('a', 'a');
    first.kill();
    await cluster.pass(2000);
    expect(others[0]?.dispatcher.open.map(({ jobId }) => jobId)).toEqual([id]);
  });

  test('and started again recovers its own orphans as it starts', async () => {
    const { cluster, first, id } = await delivering('a');
    first.kill();
    await cluster.pass(HOUR / 60);
    const again = cluster.start('a');
    await cluster.pass(0);
    expect(again.dispatcher.open.map(({ jobId, number }) => [jobId, number])).toEqual([[id, 1]]);
    again.dispatcher.end();
    await cluster.pass(0);
    expect(await cluster.job(id)).toMatchObject({ status: 'completed', attempt: 1, crashes: 1 });
  });

  test('leaves many jobs behind: all are recovered at once, a hundred at a time', async () => {
    const cluster = new Cluster();
    const first = cluster.start('a', { concurrency: 1000 });
    const ids: string[] = [];
    for (let i = 0; i < 250; i += 1) {
      const queueName = `queue-${i % 50}`;
      ids.push(await cluster.enqueue(first, { queueName, callbackUrl: `http://${queueName}.test/` }));
    }
    await cluster.pass(100);
    expect(first.dispatcher.open).toHaveLength(250);
    first.kill();
    const again = cluster.start('a', { concurrency: 1000 });
    await cluster.pass(200);
    expect(new Set(again.dispatcher.attempts.map(({ jobId }) => jobId))).toEqual(new Set(ids));
  });

  test('a job whose worker was never registered, as an earlier version had it, is recovered at the start', async () => {
    const { cluster, first, id } = await delivering('a');
    first.kill();
    for (const { id: worker } of await cluster.workers()) await cluster.stores.workers.remove(worker);
    const again = cluster.start('b');
    await cluster.pass(0);
    expect(again.dispatcher.open.map(({ jobId }) => jobId)).toEqual([id]);
  });
});

describe('a crash is not a failed attempt', () => {
  test('a job without retries that was claimed, but never sent, is delivered', async () => {
    const cluster = new Cluster();
    const idle = cluster.start('a', { queues: ['none'] });
    const id = await cluster.enqueue(idle, { maxRetries: 0 });
    await claimOne(cluster.stores, NOW, 'killed');
    await cluster.stores.workers.remove('killed');
    const other = cluster.start('b');
    await cluster.pass(100);
    other.dispatcher.end();
    await cluster.pass(100);
    expect(await cluster.job(id)).toMatchObject({ status: 'completed', attempt: 1, crashes: 1 });
  });

  test('one that takes its workers down is dead after three, and says so; a retry by hand begins anew', async () => {
    const cluster = new Cluster();
    let victim = cluster.start('a');
    const id = await cluster.enqueue(victim, { maxRetries: 9 });
    const numbers: number[] = [];
    for (let crash = 1; crash <= 3; crash += 1) {
      await cluster.pass(SPREAD_MS);
      numbers.push(...victim.dispatcher.open.map(({ number }) => number));
      victim.kill();
      victim = cluster.start('a');
    }
    await cluster.pass(HOUR / 60);
    expect(numbers).toEqual([1, 1, 1]);
    expect(victim.dispatcher.attempts).toEqual([]);
    expect(await cluster.job(id)).toMatchObject({
      ...{ status: 'dead', attempt: 0, crashes: 3 },
      lastError:
        'worker lost: this job seems to take its workers down; the process that ran it died 3 times in a row',
    });
    await victim.useCases.retryJob(id);
    await cluster.pass(100);
    expect(victim.dispatcher.open).toHaveLength(1);
    expect(await cluster.job(id)).toMatchObject({ status: 'running', attempt: 1, crashes: 0 });
  });

  test('those that shared its processes survive it', async () => {
    const cluster = new Cluster();
    const ids: string[] = [];
    const start = () => cluster.start('a', { concurrency: 40 });
    let victim = start();
    for (let i = 0; i < 20; i += 1) {
      const queueName = `queue-${i}`;
      ids.push(await cluster.enqueue(victim, { queueName, callbackUrl: `http://${queueName}.test/` }));
    }
    // Each delivery but that of the seventh is over after a tenth of a second; that one ends the process.
    for (let crashes = 0; crashes < 3;) {
      await cluster.pass(100);
      if (victim.dispatcher.open.some(({ jobId }) => jobId === ids[7])) {
        victim.kill();
        crashes += 1;
        victim = start();
      }
      while (victim.dispatcher.open.length > 0 && crashes < 3) {
        if (victim.dispatcher.open.some(({ jobId }) => jobId === ids[7])) break;
        victim.dispatcher.end();
      }
    }
    for (let round = 0; round < 40; round += 1) {
      await cluster.pass(100);
      while (victim.dispatcher.open.length > 0) victim.dispatcher.end();
    }
    const jobs = await Promise.all(ids.map((id) => cluster.job(id)));
    expect(jobs.filter(({ status }) => status === 'dead').map(({ id }) => id)).toEqual([ids[7]]);
    expect(jobs.filter(({ status }) => status === 'completed')).toHaveLength(19);
  });

  test('a worker that is killed while it stops did not crash: any number of deploys spare a long job', async () => {
    const cluster = new Cluster();
    let victim = cluster.start('a');
    const id = await cluster.enqueue(victim);
    /** None ends: the processes are killed before. */
    const stops: Promise<void>[] = [];
    for (let deploys = 0; deploys < 5; deploys += 1) {
      await cluster.pass(100);
      expect(victim.dispatcher.open.map(({ jobId }) => jobId)).toEqual([id]);
      stops.push(victim.engine.stop());
      await cluster.pass(100);
      victim.kill();
      victim = cluster.start('a');
    }
    await cluster.pass(100);
    expect(stops).toHaveLength(5);
    victim.dispatcher.end();
    await cluster.pass(100);
    expect(await cluster.job(id)).toMatchObject({ status: 'completed', attempt: 1, crashes: 0 });
    expect(await cluster.workers()).toHaveLength(1);
  });

  test('an attempt that ends under a live worker clears the job: crashes count in a row', async () => {
    const cluster = new Cluster({ maxCrashes: 2 });
    let victim = cluster.start('a');
    const id = await cluster.enqueue(victim, { maxRetries: 5, baseDelayMs: 0 });
    for (let crashes = 0; crashes < 3; crashes += 1) {
      await cluster.pass(100);
      victim.kill();
      victim = cluster.start('a');
      await cluster.pass(3000);
      victim.dispatcher.end(failed());
      await cluster.pass(3000);
    }
    victim.dispatcher.end();
    await cluster.pass(100);
    expect(await cluster.job(id)).toMatchObject({ status: 'completed', attempt: 4, crashes: 0 });
  });

  test('how many are too many is configured', async () => {
    const cluster = new Cluster({ maxCrashes: 1 });
    const victim = cluster.start('a');
    const id = await cluster.enqueue(victim);
    await cluster.pass(100);
    victim.kill();
    const { logger } = cluster.start('a');
    await cluster.pass(100);
    expect(await cluster.job(id)).toMatchObject({ status: 'dead', lastError: crashError(1) });
    const deaths = logger.lines.filter(({ message }) => message === 'job dead');
    expect(deaths.map(({ fields }) => [fields['job_id'], fields['error']])).toEqual([[id, crashError(1)]]);
  });

  test('failed attempts before it stay counted', async () => {
    const cluster = new Cluster();
    const victim = cluster.start('a');
    const id = await cluster.enqueue(victim, { maxRetries: 1, baseDelayMs: 0 });
    await cluster.pass(100);
    victim.dispatcher.end(failed());
    await cluster.pass(1000);
    expect(victim.dispatcher.open.map(({ number }) => number)).toEqual([2]);
    victim.kill();
    const other = cluster.start('a');
    await cluster.pass(100);
    other.dispatcher.end(failed());
    await cluster.pass(100);
    expect(await cluster.job(id)).toMatchObject({
      status: 'dead',
      attempt: 2,
      crashes: 0,
      lastError: 'HTTP 500',
    });
    expect(await cluster.stores.queries.failedAttempts(id, 10)).toHaveLength(2);
  });
});

describe('a process that is declared dead, but lives', () => {
  test('stopped for a while: it drops its leases, aborts what it runs, and goes on as another worker', async () => {
    const { cluster, first, others, id } = await delivering('a', 'b');
    const [other] = others;
    const [{ id: before } = { id: '' }] = await cluster.workers();
    first.stop();
    await cluster.pass(60_000);
    expect(other?.dispatcher.open.map(({ jobId }) => jobId)).toEqual([id]);
    first.resume();
    await cluster.pass(1000);
    expect([first.dispatcher.open.length, first.engine.inFlight]).toEqual([0, 0]);
    const messages = first.logger.lines.map(({ message }) => message);
    expect(messages).toEqual([
      'declared dead: going on as another worker',
      'result dropped: the lease was lost',
    ]);
    const after = first.engine.status.workerId;
    expect(after).not.toBe(before);
    expect((await cluster.workers()).map((worker) => worker.id)).toContain(after);

    other?.dispatcher.end();
    await cluster.pass(100);
    expect(await cluster.job(id)).toMatchObject({ status: 'completed', attempt: 1, crashes: 1 });
    // It takes part again.
    other?.kill();
    const next = await cluster.enqueue(first, LONG);
    await cluster.pass(100);
    expect(first.dispatcher.open.map(({ jobId }) => jobId)).toEqual([next]);
  });

  test('its late result does not overwrite what came of the job', async () => {
    const { cluster, first, others, id } = await delivering('a', 'b');
    first.stop();
    await cluster.pass(BOUND_MS);
    first.dispatcher.end(succeeded('late'));
    others[0]?.dispatcher.end(succeeded('first'));
    await cluster.pass(0);
    first.resume();
    await cluster.pass(10_000);
    expect(await cluster.job(id)).toMatchObject({ status: 'completed', result: 'first' });
  });

  test('it finds out at its next claim, at the latest', async () => {
    const { cluster, first } = await delivering('a');
    const own = first.engine.status.workerId ?? '';
    await cluster.stores.workers.remove(own);
    await cluster.enqueue(first, { queueName: 'other' });
    await cluster.pass(0);
    expect(first.engine.status.workerId).not.toBe(own);
    // What it ran it has given back itself, uncounted, and runs again.
    expect(first.dispatcher.attempts).toHaveLength(3);
    expect(first.dispatcher.open).toHaveLength(2);
  });

  test('nobody is, whom the store kept from beating', async () => {
    const { cluster, first, others } = await delivering('a', 'b');
    const before = await cluster.workers();
    // 25 s in which nothing can be written, but everything read.
    cluster.stores.workers.failures.beat.push(...Array<Error>(16).fill(UNAVAILABLE));
    await cluster.pass(120_000);
    expect(cluster.stores.workers.failures.beat).toEqual([]);
    expect((await cluster.workers()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
    expect([first.dispatcher.open.length, others[0]?.dispatcher.open.length]).toEqual([1, 0]);
  });

  test('nobody is, when all have been stopped at the same time', async () => {
    const { cluster, first, others } = await delivering('a', 'b');
    const [other] = others;
    const before = await cluster.workers();
    // Just before a beat, which comes first then, and before the others have had the time for theirs.
    await cluster.pass(4900);
    first.stop();
    other?.stop();
    await cluster.pass(HOUR);
    other?.resume();
    await cluster.pass(1000);
    first.resume();
    await cluster.pass(60_000);
    expect((await cluster.workers()).map(({ id }) => id)).toEqual(before.map(({ id }) => id));
  });
});

describe.each([
  ['forward', HOUR],
  ['back', -HOUR],
])('a clock that is stepped %s by an hour', (_, step) => {
  test.each([
    ['of the process that delivers', 0],
    ['of the other process', 1],
  ])('%s kills no live job, and takes no lease', async (_which, which) => {
    const { cluster, first, others, id } = await delivering('a', 'b');
    const workers = await cluster.workers();
    const { clock } = [first, ...others][which] ?? first;
    clock.setNow(clock.now() + step);
    await cluster.pass(120_000);
    expect(first.dispatcher.open).toHaveLength(1);
    expect(await cluster.job(id)).toMatchObject({ status: 'running', attempt: 1, leaseToken: 1, crashes: 0 });
    expect((await cluster.workers()).map((worker) => worker.id)).toEqual(workers.map((worker) => worker.id));
    first.dispatcher.end();
    await cluster.pass(100);
    expect(await cluster.job(id)).toMatchObject({ status: 'completed', crashes: 0 });
  });

  test('delays no recovery', async () => {
    const { cluster, first, others, id } = await delivering('a', 'b');
    const [other] = others;
    for (const clock of [first.clock, other?.clock]) clock?.setNow(clock.now() + step);
    await cluster.pass(1000);
    first.kill();
    await cluster.pass(BOUND_MS);
    expect(other?.dispatcher.open.map(({ jobId }) => jobId)).toEqual([id]);
  });

  test('ends a short lease of a live process no sooner or later', async () => {
    const cluster = new Cluster();
    const first = cluster.start('a');
    const other = cluster.start('b', { queues: ['none'] });
    const id = await cluster.enqueue(first, { timeoutMs: 60_000, maxRetries: 0 });
    await cluster.pass(100);
    for (const { clock } of [first, other]) clock.setNow(clock.now() + step);
    await cluster.pass(60_000);
    expect(await cluster.job(id)).toMatchObject({ status: 'running', attempt: 1 });
    await cluster.pass(2000);
    expect(await cluster.job(id)).toMatchObject({ status: 'dead', attempt: 1, crashes: 0 });
    expect((await cluster.job(id)).lastError).toMatch(/^timeout/);
  });
});

test('a process that stops in an orderly way is no worker any more, and nobody misses it', async () => {
  const { cluster, first, others, id } = await delivering('a', 'b');
  const stopped = first.engine.stop();
  await cluster.pass(60_000);
  // It still delivers, and so it still lives.
  expect((await cluster.workers()).map(({ host }) => host).toSorted()).toEqual(['a', 'b']);
  first.dispatcher.end();
  await stopped;
  await cluster.pass(BOUND_MS);
  expect((await cluster.workers()).map(({ host }) => host)).toEqual(['b']);
  expect(await cluster.job(id)).toMatchObject({ status: 'completed', crashes: 0 });
  expect(others[0]?.logger.lines).toEqual([]);
});
