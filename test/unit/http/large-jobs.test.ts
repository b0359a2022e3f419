import { expect, test } from 'vitest';
import * as z from 'zod';
import { LIST_TEXT_MAX } from '../../../src/application/limits.js';
import { pendingJob } from '../../support/jobs.js';
import { idOf, startApi, URL_FIELD, type Api } from './api.js';

const MEGABYTE = 1_000_000;
const JOBS = 270;
const page = z.array(z.object({ id: z.string(), payload: z.string(), result: z.string().nullable() }));

/** Jobs of a megabyte each, oldest first. @returns their ids, newest first */
function addLargeJobs(api: Api, change: (n: number) => object = () => ({})): string[] {
  const payload = `{"a":"${'x'.repeat(MEGABYTE - 8)}"}`;
  const jobs = Array.from({ length: JOBS }, (_, n) => pendingJob({ payload, ...change(n) }));
  for (const job of jobs) api.data.jobs.set(job.id, job);
  return jobs.map(({ id }) => id).reverse();
}

/** Follows the links from page to page. */
async function allPages(api: Api, start: string): Promise<{ ids: string[]; pages: number }> {
  const ids: string[] = [];
  let pages = 0;
  let next: string | undefined = start;
  while (next !== undefined) {
    const response = await fetch(api.url + next);
    expect(response.status).toBe(200);
    const jobs = page.parse(await response.json());
    const text = jobs.reduce((sum, { payload, result }) => sum + payload.length + (result?.length ?? 0), 0);
    expect(text).toBeLessThan(LIST_TEXT_MAX + 2 * MEGABYTE);
    ids.push(...jobs.map(({ id }) => id));
    pages += 1;
    next = /^<([^>]+)>; rel="next"$/.exec(response.headers.get('link') ?? '')?.[1];
  }
  return { ids, pages };
}

test('270 jobs of a megabyte come in pages of a few, each job once', { timeout: 120_000 }, async () => {
  const api = await startApi();
  const newest = addLargeJobs(api);
  const { ids, pages } = await allPages(api, '/jobs?limit=1000');
  expect(ids).toEqual(newest);
  expect(pages).toBe(Math.ceil(JOBS / Math.ceil(LIST_TEXT_MAX / MEGABYTE)));
});

test('so do those that a search finds, and results count too', { timeout: 120_000 }, async () => {
  const api = await startApi();
  const result = 'y'.repeat(MEGABYTE);
  const newest = addLargeJobs(api, (n) => ({
    payload: '{}',
    status: 'completed',
    result,
    callbackUrl: `http://receiver.test/${n % 3 === 0 ? 'other' : 'wanted'}`,
  }));
  const wanted = newest.filter((id) => api.data.jobs.get(id)?.callbackUrl.endsWith('wanted'));
  const { ids } = await allPages(api, '/jobs?limit=1000&status=completed&search=TEST%2Fwanted');
  expect(ids).toEqual(wanted);
});

test('a job that is larger than a page alone is one', async () => {
  const api = await startApi();
  const payload = `{"a":"${'x'.repeat(LIST_TEXT_MAX)}"}`;
  const [first, second] = [pendingJob({ payload }), pendingJob()];
  for (const job of [first, second]) api.data.jobs.set(job.id, job);
  expect((await allPages(api, '/jobs')).ids).toEqual([second.id, first.id]);
  expect((await api.get(`/jobs/${first.id}`)).body).toMatchObject({ payload });
});

test('a page of few jobs links to the next with the same query, the last one to none', async () => {
  const api = await startApi();
  const link = async (query: string) => (await api.get(`/jobs${query}`)).headers.get('link');
  expect(await link('')).toBeNull();
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) {
    ids.unshift(idOf(await api.post('/jobs', { ...URL_FIELD, queue_name: 'a&b' })));
  }
  expect(await link('?limit=5')).toBeNull();
  expect(await link('?limit=2&offset=3')).toBeNull();
  expect(await link('?queue=a%26b&limit=2&offset=1')).toBe(
    `</jobs?queue=a%26b&limit=2&before=${ids[2] ?? ''}>; rel="next"`,
  );
  expect((await allPages(api, '/jobs?limit=2&queue=a%26b&search=%2Fwebhook')).ids).toEqual(ids);
});
