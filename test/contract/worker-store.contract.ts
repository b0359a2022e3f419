import { beforeEach, describe, expect, test } from 'vitest';
import { newJob, NOW } from '../support/jobs.js';
import { newWorker } from '../support/workers.js';
import { freshPlaces, WORKERS, type StoreHarness, type StorePlace, type Stores } from './store-harness.js';
import { loseWorker } from '../../src/domain/job/transitions.js';
import { claim, insert, settle } from './store-steps.js';

const NEW = newWorker('a.example:1:x', {
  host: 'a.example',
  process: { pid: 1, space: null, birth: null },
  version: '9.8.7',
  slots: 3,
  queues: ['mail', 'bulk ✓'],
  inFlight: 2,
  startedAt: NOW + 5,
  lastBeatAt: NOW + 5,
});

export function describeWorkerStore(harness: StoreHarness): void {
  describe(`WorkerStore on ${harness.name}`, () => {
    const freshPlace = freshPlaces(harness);
    let place: StorePlace;
    let stores: Stores;
    beforeEach(async () => {
      place = await freshPlace();
      stores = await place.connect();
    });

    describe('register', () => {
      test('keeps all that a worker says of itself, and shows it to every process', async () => {
        const { workers } = stores;
        await workers.register(NEW, null);
        const other = await place.connect();
        expect(await other.workers.get(NEW.id)).toEqual(NEW);
        expect(await other.workers.get('nobody')).toBeNull();
      });

      test('the longest running come first', async () => {
        const { workers } = stores;
        await workers.register(NEW, null);
        await workers.register(newWorker('first', { startedAt: NOW - 1 }), null);
        const ids = (await workers.list()).map(({ id }) => id);
        expect(ids).toEqual(['first', ...[...WORKERS].sort(), NEW.id]);
      });
    });

    describe('beat', () => {
      test('counts, and says what the worker does', async () => {
        const { workers } = stores;
        await workers.register(NEW, null);
        expect(await workers.beat({ id: NEW.id, stopping: false, inFlight: 1, now: NOW - 3_600_000 })).toBe(
          'alive',
        );
        expect(await workers.beat({ id: NEW.id, stopping: false, inFlight: 3, now: NOW + 10 })).toBe('alive');
        expect(await workers.get(NEW.id)).toEqual({ ...NEW, inFlight: 3, lastBeatAt: NOW + 10, beats: 3 });
      });

      test('of a worker that is not there is lost, and does not bring it back', async () => {
        const { workers } = stores;
        expect(await workers.beat({ id: 'nobody', stopping: false, inFlight: 0, now: NOW })).toBe('lost');
        expect(await workers.get('nobody')).toBeNull();
      });
    });

    describe('declareDead', () => {
      test('removes a worker that has not beaten since', async () => {
        const { workers } = stores;
        expect(await workers.declareDead('me', 1)).toBe('declared');
        expect(await workers.get('me')).toBeNull();
        expect(await workers.beat({ id: 'me', stopping: false, inFlight: 0, now: NOW })).toBe('lost');
        expect(await workers.list()).toHaveLength(WORKERS.length - 1);
      });

      test('leaves one that has', async () => {
        const { workers } = stores;
        await workers.beat({ id: 'me', stopping: false, inFlight: 0, now: NOW });
        expect(await workers.declareDead('me', 1)).toBe('alive');
        expect(await workers.get('me')).toMatchObject({ beats: 2 });
      });

      test('tells one of several who come to it at once', async () => {
        const other = await place.connect();
        const verdicts = await Promise.all(
          [stores, other].map(({ workers }) => workers.declareDead('me', 1)),
        );
        expect(verdicts.toSorted()).toEqual(['declared', 'missing']);
      });
    });

    describe('the dead', () => {
      const abandonedOf = async ({ jobs }: Stores) =>
        (await jobs.abandoned(10)).map(({ stopping, job }) => [job.workerId, stopping]);

      test('are remembered as they were until their jobs are recovered', async () => {
        const { jobs, workers } = stores;
        await insert(jobs, [newJob(), newJob()]);
        await claim(jobs, { workerId: 'me', slots: 1 });
        const [left] = await claim(jobs, { workerId: 'other', slots: 1 });
        await workers.beat({ id: 'me', stopping: true, inFlight: 1, now: NOW });
        expect(await workers.get('me')).toMatchObject({ stopping: true });
        await workers.declareDead('me', 2);
        await workers.declareDead('other', 1);
        await workers.bury();
        const other = await place.connect();
        const abandoned = await abandonedOf(other);
        expect(abandoned.toSorted()).toEqual([
          ['me', true],
          ['other', false],
        ]);
        if (!left) throw new Error('a job was claimed');
        const back = loseWorker(left, { stopping: false, maxCrashes: 3, retryInMs: 0 }, NOW);
        await settle(jobs, [[left, back]]);
        await workers.bury();
        expect(await abandonedOf(stores)).toEqual([['me', true]]);
      });

      test('do not beat, drain, claim or die again', async () => {
        const { jobs, workers } = stores;
        await insert(jobs, [newJob()]);
        await claim(jobs, { workerId: 'me' });
        await workers.declareDead('me', 1);
        expect(await workers.beat({ id: 'me', stopping: false, inFlight: 0, now: NOW })).toBe('lost');
        expect(await workers.setDraining('me', true)).toBeNull();
        expect(await workers.declareDead('me', 1)).toBe('missing');
        expect((await workers.list()).map(({ id }) => id)).not.toContain('me');
      });

      test('come back under another id as they were told to be: draining, or not', async () => {
        const { workers } = stores;
        await workers.setDraining('me', true);
        await workers.declareDead('me', 1);
        const back = newWorker('me again', { draining: false });
        expect(await workers.register(back, 'me')).toEqual({ ...back, draining: true });
        expect(await workers.get('me again')).toMatchObject({ draining: true });
        await workers.declareDead('other', 1);
        const resumed = newWorker('other again', { draining: true });
        expect(await workers.register(resumed, 'other')).toMatchObject({ draining: false });
        const stranger = newWorker('stranger', { draining: true });
        expect(await workers.register(stranger, 'nobody')).toMatchObject({ draining: true });
      });
    });

    describe('setDraining', () => {
      test('is remembered, over beats, until it is taken back', async () => {
        const { workers } = stores;
        expect(await workers.setDraining('me', true)).toEqual(newWorker('me', { draining: true }));
        await workers.beat({ id: 'me', stopping: false, inFlight: 0, now: NOW });
        expect(await workers.get('me')).toMatchObject({ draining: true, beats: 2 });
        expect(await workers.get('other')).toMatchObject({ draining: false });
        expect(await workers.setDraining('me', false)).toMatchObject({ draining: false });
        expect(await workers.setDraining('nobody', true)).toBeNull();
      });
    });

    test('remove removes a worker, and minds no one that is not there', async () => {
      const { workers } = stores;
      await workers.remove('me');
      await workers.remove('me');
      expect(await workers.get('me')).toBeNull();
    });

    describe('a claim', () => {
      const request = { now: NOW, slots: 5, queues: [], plan: () => [{ queueName: 'default', count: 5 }] };

      test('is for workers that are there', async () => {
        const { jobs, workers, queries } = stores;
        await insert(jobs, [newJob()]);
        await workers.declareDead('me', 1);
        expect(await jobs.claim({ ...request, workerId: 'me' })).toEqual({ kind: 'lost' });
        expect(await jobs.claim({ ...request, workerId: 'nobody' })).toEqual({ kind: 'lost' });
        expect(await queries.countsOf('default')).toMatchObject({ pending: 1, running: 0 });
        expect(await claim(jobs, { workerId: 'other' })).toHaveLength(1);
      });

      test('is not for one that drains', async () => {
        const { jobs, workers, queries } = stores;
        await insert(jobs, [newJob()]);
        await workers.setDraining('me', true);
        expect(await jobs.claim({ ...request, workerId: 'me' })).toEqual({ kind: 'draining' });
        expect(await queries.countsOf('default')).toMatchObject({ pending: 1, running: 0 });
        await workers.setDraining('me', false);
        expect(await claim(jobs, { workerId: 'me' })).toHaveLength(1);
      });

      test('and the death of its worker, in either order, leave no job with a worker that is dead', async () => {
        const other = await place.connect();
        await insert(stores.jobs, [newJob()]);
        const [outcome, verdict] = await Promise.all([
          stores.jobs.claim({ ...request, workerId: 'me' }),
          other.workers.declareDead('me', 1),
        ]);
        expect(verdict).toBe('declared');
        expect(await stores.jobs.abandoned(10)).toHaveLength(outcome.kind === 'claimed' ? 1 : 0);
      });
    });
  });
}
