import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { JobSearch, JobsFound, SearchStep } from '../../../src/application/ports/job-queries.js';
import { MemoryJobQueries } from '../../../src/infrastructure/memory/memory-job-queries.js';
import { eventually } from '../../support/eventually.js';
import { pendingJob } from '../../support/jobs.js';
import { startApi } from './api.js';

/** A store in which something happens at each step of a search for a part of a URL. */
class WatchedQueries extends MemoryJobQueries {
  steps = 0;
  onStep: (found: JobsFound) => Promise<JobsFound> = (found) => Promise.resolve(found);

  override async search(search: JobSearch, step: SearchStep): Promise<JobsFound> {
    const found = await super.search(search, step);
    if (search.urlPart === undefined) return found;
    this.steps += 1;
    return this.onStep(found);
  }
}

async function watched() {
  const watch: { queries?: WatchedQueries } = {};
  const api = await startApi({
    ports: (data) => ({ queries: (watch.queries = new WatchedQueries(data)) }),
    logRequests: true,
  });
  const { queries } = watch;
  if (!queries) throw new Error('the API was made without its ports');
  const job = pendingJob({ status: 'dead', completedAt: 0 });
  api.data.jobs.set(job.id, job);
  async function formToken(): Promise<string> {
    const page = await (await fetch(`${api.url}/dashboard/new-queue`)).text();
    return /name="csrf" value="([^"]*)"/.exec(page)?.[1] ?? '';
  }
  /** Sends a request that is broken off by the first step, and waits until the server knows. */
  async function breaksOff(path: string, init: RequestInit): Promise<void> {
    if (init.body instanceof URLSearchParams) init.body.set('csrf', await formToken());
    const client = new AbortController();
    const begun = queries?.steps ?? 0;
    const answer = fetch(api.url + path, { ...init, signal: client.signal }).catch(() => null);
    await eventually('a step', () => (queries?.steps ?? 0) > begun);
    client.abort();
    expect(await answer).toBeNull();
  }
  const isForgotten = () => api.logger.lines.some(({ message }) => message === 'request');
  return { api, queries, job, breaksOff, isForgotten };
}

const json = (body: object): RequestInit => ({
  method: 'POST',
  body: JSON.stringify(body),
  headers: { 'Content-Type': 'application/json' },
});
const form = (fields: Record<string, string>): RequestInit => ({
  method: 'POST',
  body: new URLSearchParams(fields),
});

describe('what only answers ends when its client has gone', () => {
  test.each<[string, string, RequestInit]>([
    ['a search', '/jobs?search=receiver', {}],
    ['a search from an offset', '/jobs?search=receiver&offset=5', {}],
    ['a count of what would be retried', '/jobs/retry', json({ search: 'receiver', dry_run: true })],
    ['a count of what would be cancelled', '/jobs/cancel', json({ search: 'receiver', dry_run: true })],
    [
      'a question of the dashboard',
      '/dashboard/jobs/bulk',
      form({ do: 'retry-matching', search: 'receiver' }),
    ],
    ['a page of the dashboard', '/dashboard/jobs?search=receiver', {}],
  ])('%s', async (_case, path, init) => {
    const { queries, breaksOff, job } = await watched();
    // There is always more to look at, and never anything to be found.
    queries.onStep = () => Promise.resolve({ jobs: [], next: job.id });
    await breaksOff(path, init);
    await eventually('the last step', async () => {
      const before = queries.steps;
      for (let turn = 0; turn < 20; turn += 1) await setImmediate();
      return queries.steps === before;
    });
  });
});

test('what changes jobs goes on to its end', async () => {
  const { api, queries, job, breaksOff, isForgotten } = await watched();
  let first = true;
  queries.onStep = async (found) => {
    if (!first) return found;
    first = false;
    await eventually('the end of the connection', isForgotten);
    return { jobs: [], next: `${job.id}-and-all-older-ones` };
  };
  await breaksOff('/jobs/retry', json({ search: 'receiver' }));
  await eventually('the retry', () => api.data.jobs.get(job.id)?.status === 'pending');
});
