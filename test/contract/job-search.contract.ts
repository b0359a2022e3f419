import { describe, expect, test } from 'vitest';
import { JOB_STATUSES, type Job, type JobSummary } from '../../src/domain/job/job.js';
import { failPermanently, succeed } from '../../src/domain/job/transitions.js';
import type { JobSearch } from '../../src/application/ports/job-queries.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../support/jobs.js';
import { freshPlaces, type StoreHarness, type Stores } from './store-harness.js';
import { claim, got, insert, settle, token } from './store-steps.js';

/** What JobQueries.search has to do, whatever it is built on. */
export function describeJobSearch(harness: StoreHarness): void {
  describe(`JobQueries.search on ${harness.name}`, () => {
    const freshPlace = freshPlaces(harness);
    const connect = async (): Promise<Stores> => (await freshPlace()).connect();

    test('finds jobs by any combination of filters, newest first, each once', async () => {
      const stores = await connect();
      const all = await mixture(stores);
      for (const queue of [undefined, 'a', 'none']) {
        for (const status of [undefined, ...JOB_STATUSES]) {
          for (const scheduleId of [undefined, 's1', 'none']) {
            for (const urlPart of [undefined, 'BETA.test', 'nowhere']) {
              const search = given({ queue, status, scheduleId, urlPart });
              const expected = all.filter((job) => matches(job, search)).map(({ id }) => id);
              for (const limit of [7, 1000]) {
                const { jobs } = await walk(stores, search, limit);
                expect(
                  jobs.map(({ id }) => id),
                  JSON.stringify(search),
                ).toEqual(expected);
              }
            }
          }
        }
      }
    });

    test('finds the job that has an idempotency key, if it meets the other conditions', async () => {
      const stores = await connect();
      const all = await mixture(stores);
      const keyed = got(all.find(({ idempotencyKey }) => idempotencyKey === 'key-13'));
      const found = async (search: JobSearch) =>
        (await walk(stores, { idempotencyKey: 'key-13', ...search }, 5)).jobs.map(({ id }) => id);
      expect(await found({})).toEqual([keyed.id]);
      const conditions = { queue: keyed.queueName, status: keyed.status, urlPart: keyed.callbackUrl };
      expect(await found(conditions)).toEqual([keyed.id]);
      expect(await found({ queue: 'none' })).toEqual([]);
      expect(await found({ status: keyed.status === 'dead' ? 'pending' : 'dead' })).toEqual([]);
      expect(await found({ scheduleId: 'none' })).toEqual([]);
      expect(await found({ urlPart: 'nowhere' })).toEqual([]);
      // As a whole.
      expect((await walk(stores, { idempotencyKey: 'key-1' }, 5)).jobs).toEqual([]);
      expect((await walk(stores, { idempotencyKey: 'KEY-13' }, 5)).jobs).toEqual([]);
      const step = { limit: 5, before: keyed.id };
      expect((await stores.queries.search({ idempotencyKey: 'key-13' }, step)).jobs).toEqual([]);
    });

    test('gives every field of a job but the payload and the result', async () => {
      const stores = await connect();
      const all = await mixture(stores);
      const { jobs } = await stores.queries.search({}, { limit: 1000 });
      expect(all).toMatchObject(jobs);
      const names = Object.keys(got(all[0])).filter((name) => name !== 'payload' && name !== 'result');
      for (const job of jobs) expect(Object.keys(job).sort()).toEqual(names.sort());
    });

    test.each([
      { urlPart: 'wanted' },
      { queue: 'default', urlPart: 'wanted' },
      { status: 'pending', urlPart: 'wanted' },
      { queue: 'default', status: 'pending', urlPart: 'wanted' },
      { scheduleId: 's', urlPart: 'wanted' },
    ] as const)('takes bounded steps over many jobs that do not match: %j', async (search) => {
      const stores = await connect();
      const wanted = () => newJob({ callbackUrl: 'http://wanted.test/', scheduleId: 's' });
      const [first, last] = [wanted(), wanted()];
      const others = Array.from({ length: 4500 }, () => newJob({ scheduleId: 's' }));
      await insert(stores.jobs, [first, ...others, last]);
      const { jobs, steps } = await walk(stores, search, 2);
      expect(jobs.map(({ id }) => id)).toEqual([last.id, first.id]);
      expect(steps).toContain(0);
      expect(steps.length).toBeLessThan(6);
    });

    test.each([{}, { status: 'pending' }] as const)('misses none between two steps: %j', async (search) => {
      const stores = await connect();
      // Whatever the length of a step: in each of them, some match behind many that do not.
      const specs = Array.from({ length: 4100 }, (_, i) =>
        newJob({ callbackUrl: i % 1000 < 200 ? 'http://wanted.test/' : 'http://other.test/' }),
      );
      await insert(stores.jobs, specs);
      const { jobs } = await walk(stores, { ...search, urlPart: 'wanted' }, 1000);
      const wanted = specs.filter(({ callbackUrl }) => callbackUrl.includes('wanted'));
      expect(jobs.map(({ id }) => id)).toEqual(wanted.map(({ id }) => id).reverse());
    });

    test('finds jobs of a schedule by status, however many have another', async () => {
      const stores = await connect();
      const specs = Array.from({ length: 2500 }, () => newJob({ scheduleId: 's' }));
      await insert(stores.jobs, specs);
      const [job] = await claim(stores.jobs, { slots: 1 });
      expect((await walk(stores, { scheduleId: 's', status: 'running' }, 5)).jobs).toMatchObject([
        { id: got(job).id },
      ]);
    });

    test('takes %, _ and \\ in a part of a URL as they are', async () => {
      const stores = await connect();
      const parts = ['a%b', 'a_b', 'a\\b', 'axb', 'ab'];
      await insert(
        stores.jobs,
        parts.map((part) => newJob({ callbackUrl: `http://receiver.test/${part}/` })),
      );
      const found = async (urlPart: string) =>
        (await walk(stores, { urlPart }, 10)).jobs.map(({ callbackUrl }) => callbackUrl.split('/')[3]);
      for (const part of parts) expect(await found(`/${part}/`)).toEqual([part]);
      expect(await found('%')).toEqual(['a%b']);
      expect(await found('_')).toEqual(['a_b']);
      expect(await found('\\')).toEqual(['a\\b']);
      expect(await found('%%')).toEqual([]);
      expect(await found('')).toHaveLength(5);
      expect(await found('\0')).toEqual([]);
      expect(await found('x'.repeat(100_000))).toEqual([]);
    });

    test('folds the case of ASCII letters only', async () => {
      const stores = await connect();
      await insert(stores.jobs, [
        newJob({ callbackUrl: 'http://receiver.test/Hook/ä' }),
        newJob({ callbackUrl: 'http://receiver.test/hOOK/Ä' }),
      ]);
      const found = async (urlPart: string) => (await walk(stores, { urlPart }, 10)).jobs.length;
      expect(await found('HooK')).toBe(2);
      expect(await found('hook/ä')).toBe(1);
    });

    test.each([
      {},
      { queue: 'a' },
      { scheduleId: 's1' },
      { urlPart: 'test' },
      { queue: 'a', urlPart: 'test' },
    ])('goes on behind a job that is gone since: %j', async (search) => {
      const stores = await connect();
      await mixture(stores);
      const pending = { ...search, queue: 'a', status: 'pending' } as const;
      const gone = got((await stores.queries.search(pending, { limit: 2 })).jobs[1]).id;
      const rest = () => stores.queries.search(search, { limit: 1000, before: gone });
      const expected = await rest();
      expect(expected.jobs.length).toBeGreaterThan(3);
      await stores.jobs.remove(gone, { status: 'pending', leaseToken: 0 });
      expect(await rest()).toEqual(expected);
      expect((await stores.queries.search(search, { limit: 5, before: '0' })).jobs).toEqual([]);
    });
  });
}

/** Takes every step of a search. @returns what was found in all, and how many jobs each step found */
async function walk(
  { queries }: Stores,
  search: JobSearch,
  limit: number,
): Promise<{ readonly jobs: readonly JobSummary[]; readonly steps: readonly number[] }> {
  const jobs: JobSummary[] = [];
  const steps: number[] = [];
  let next: string | null = null;
  do {
    const found = await queries.search(search, { limit, ...(next !== null && { before: next }) });
    expect(found.jobs.length).toBeLessThanOrEqual(limit);
    jobs.push(...found.jobs);
    steps.push(found.jobs.length);
    next = found.next;
    expect(steps.length).toBeLessThan(200);
  } while (next !== null);
  return { jobs, steps };
}

function matches(job: Job, { queue, status, scheduleId, urlPart }: JobSearch): boolean {
  return (
    (queue === undefined || job.queueName === queue) &&
    (status === undefined || job.status === status) &&
    (scheduleId === undefined || job.scheduleId === scheduleId) &&
    (urlPart === undefined || job.callbackUrl.toLowerCase().includes(urlPart.toLowerCase()))
  );
}

/** Without the properties that are undefined. */
function given(search: { readonly [K in keyof JobSearch]: JobSearch[K] | undefined }): JobSearch {
  const { queue, status, scheduleId, urlPart } = search;
  return {
    ...(queue !== undefined && { queue }),
    ...(status !== undefined && { status }),
    ...(scheduleId !== undefined && { scheduleId }),
    ...(urlPart !== undefined && { urlPart }),
  };
}

/** 60 jobs, some of every kind. @returns them all, newest first */
async function mixture({ jobs, queries }: Stores): Promise<Job[]> {
  const specs = Array.from({ length: 60 }, (_, i) =>
    newJob({
      queueName: i % 3 === 0 ? 'b' : 'a',
      priority: i % 5,
      visibleAt: i % 7 === 0 ? NOW + 10_000 : NOW,
      callbackUrl: `http://${i % 2 === 0 ? 'Beta' : 'alpha'}.test/hook`,
      scheduleId: i % 4 === 0 ? 's1' : null,
      idempotencyKey: i % 13 === 0 ? `key-${i}` : null,
    }),
  );
  await jobs.insert({ jobs: specs, now: NOW, queueDefaults: { ...QUEUE_DEFAULTS, maxConcurrency: 100 } });
  const claimed = await claim(jobs, { slots: 24 });
  expect(claimed).toHaveLength(24);
  await settle(
    jobs,
    claimed
      .slice(0, 14)
      .map((job, i) => [
        job,
        i % 2 === 0
          ? succeed(job, { ...token(job), result: 'a long result', resultTruncated: i % 4 === 0 }, NOW)
          : failPermanently(job, { ...token(job), error: 'HTTP 400' }, NOW),
      ]),
  );
  return [...(await queries.list({}, { limit: 1000, offset: 0 })).jobs];
}
