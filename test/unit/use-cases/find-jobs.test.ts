import { describe, expect, test } from 'vitest';
import type { SearchStep } from '../../../src/application/ports/job-queries.js';
import { request } from '../../support/engine-harness.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { using } from '../../support/using.js';
import { valueOf } from '../../support/value-of.js';

type Using = ReturnType<typeof using>;

const SCHEDULE = '018d0c5b-c400-7000-8000-00000000beef';
const UNLIMITED = { limit: 1000, budgetMs: Infinity };

/** Ids in the order in which the jobs were made. */
async function enqueued({ enqueueCheckedJobs }: Using, requests: readonly Parameters<typeof request>[0][]) {
  return valueOf(await enqueueCheckedJobs(requests.map(request))).map(({ job }) => job.id);
}

async function ids(
  { findJobs }: Using,
  ...[filter, page = UNLIMITED]: Parameters<Using['findJobs']> | [object]
) {
  const { jobs, next } = await findJobs(filter, page);
  expect(next).toBeNull();
  return jobs.map(({ id }) => id);
}

/** In place of the store: steps that find nothing, but for the last. Each takes 10 ms. */
function endless(use: Using, steps: number) {
  const seen: SearchStep[] = [];
  use.stores.queries.search = (_search, step) => {
    seen.push(step);
    use.clock.advance(10);
    const next = seen.length < steps ? `step-${seen.length}` : null;
    return Promise.resolve({ jobs: [], next });
  };
  return seen;
}

describe('the text', () => {
  test('that is the id of a job means that job, whatever else contains it', async () => {
    const use = using();
    const [first] = await enqueued(use, [{}]);
    await enqueued(use, [
      { idempotencyKey: first ?? '' },
      { callbackUrl: `http://receiver.test/${first ?? ''}` },
    ]);
    expect(await ids(use, { search: first ?? '' })).toEqual([first]);
  });

  test('that is the key of a job means that job, whatever URL contains it', async () => {
    const use = using();
    const [, keyed] = await enqueued(use, [
      { callbackUrl: 'http://receiver.test/order-1' },
      { idempotencyKey: 'order-1' },
      { callbackUrl: 'http://receiver.test/order-1' },
    ]);
    expect(await ids(use, { search: 'order-1' })).toEqual([keyed]);
  });

  test('means a part of the URL otherwise, in either case, the newest first', async () => {
    const use = using();
    const [a, b, , d] = await enqueued(use, [
      { callbackUrl: 'http://receiver.test/Invoice?x=1' },
      { callbackUrl: 'http://invoice.test/' },
      { callbackUrl: 'http://receiver.test/mail' },
      { callbackUrl: 'http://receiver.test/re-INVOICED', idempotencyKey: 'invoice-7' },
    ]);
    expect(await ids(use, { search: 'invoice' })).toEqual([d, b, a]);
    expect(await ids(use, { search: 'nowhere' })).toEqual([]);
  });

  test('finds a job by a key behind thousands of others', async () => {
    const use = using();
    const [old] = await enqueued(use, [{ idempotencyKey: 'old' }]);
    await enqueued(
      use,
      Array.from({ length: 4500 }, () => ({})),
    );
    expect(await ids(use, { search: 'old' })).toEqual([old]);
    expect(use.scheduler.turns).toBe(2);
  });

  test('longer than a key can be is not looked for as one', async () => {
    const use = using();
    const searches: unknown[] = [];
    use.stores.queries.search = (search) => {
      searches.push(search);
      return Promise.resolve({ jobs: [], next: null });
    };
    await use.findJobs({ search: 'x'.repeat(255) }, UNLIMITED);
    await use.findJobs({ search: 'x'.repeat(256) }, UNLIMITED);
    expect(searches).toEqual([
      { idempotencyKey: 'x'.repeat(255) },
      { urlPart: 'x'.repeat(255) },
      { urlPart: 'x'.repeat(256) },
    ]);
  });

  test.each([
    ['queue', { queue: 'mail' }, { queue: 'other' }],
    ['status', { status: 'pending' }, { status: 'dead' }],
    ['schedule', { scheduleId: SCHEDULE }, { scheduleId: 'other' }],
  ] as const)('names a job only if the %s matches as well', async (_case, matching, other) => {
    const use = using();
    const job = newJob({ queueName: 'mail', scheduleId: SCHEDULE, idempotencyKey: 'key' });
    await use.stores.jobs.insert({ jobs: [job], now: NOW, queueDefaults: QUEUE_DEFAULTS });
    for (const search of [job.id, 'key', 'receiver.test']) {
      expect(await ids(use, { ...matching, search })).toEqual([job.id]);
      expect(await ids(use, { ...other, search })).toEqual([]);
    }
  });

  test('names a job only on the page that it belongs to', async () => {
    const use = using();
    const [first, second] = await enqueued(use, [{ idempotencyKey: 'a' }, { idempotencyKey: 'b' }]);
    if (first === undefined || second === undefined) throw new Error('two jobs were made');
    expect(await ids(use, { search: 'a' }, { ...UNLIMITED, before: second })).toEqual([first]);
    expect(await ids(use, { search: 'b' }, { ...UNLIMITED, before: second })).toEqual([]);
    expect(await ids(use, { search: second }, { ...UNLIMITED, before: first })).toEqual([]);
  });
});

test('without a text, all that is given must match', async () => {
  const use = using();
  const [a, b] = await enqueued(use, [{ queueName: 'a' }, { queueName: 'b' }]);
  const mine = newJob({ queueName: 'b', scheduleId: SCHEDULE, id: `${b ?? ''}f` });
  await use.stores.jobs.insert({ jobs: [mine], now: NOW, queueDefaults: QUEUE_DEFAULTS });
  expect(await ids(use, {})).toEqual([mine.id, b, a]);
  expect(await ids(use, { queue: 'b' })).toEqual([mine.id, b]);
  expect(await ids(use, { queue: 'b', scheduleId: SCHEDULE })).toEqual([mine.id]);
  expect(await ids(use, { queue: 'a', scheduleId: SCHEDULE })).toEqual([]);
});

test('what is found is without payload and result', async () => {
  const use = using();
  await enqueued(use, [{ idempotencyKey: 'key' }]);
  for (const search of ['018d0c5b-c400-7000-8000-000000000001', 'key', 'receiver']) {
    const { jobs } = await use.findJobs({ search }, UNLIMITED);
    const { payload: _p, result: _r, ...summary } = (await use.stores.queries.get(jobs[0]?.id ?? '')) ?? {};
    expect([_p, _r]).toEqual(['{"n":1}', null]);
    expect(jobs).toEqual([summary]);
  }
});

describe('a page', () => {
  test('is full before there is nothing older, and the next one goes on there', async () => {
    const use = using();
    const newest = (await enqueued(use, [{}, {}, {}, {}, {}])).toReversed();
    const first = await use.findJobs({ search: 'receiver' }, { limit: 2, budgetMs: 0 });
    expect(first.jobs.map(({ id }) => id)).toEqual(newest.slice(0, 2));
    const second = await use.findJobs(
      { search: 'receiver' },
      { limit: 3, before: first.next ?? '', budgetMs: 0 },
    );
    expect([second.jobs.map(({ id }) => id), second.next]).toEqual([newest.slice(2), null]);
  });

  test('is filled over several steps, of which each is left what is missing; others have their turn', async () => {
    const use = using();
    const found = await enqueued(
      use,
      Array.from({ length: 5000 }, (_, n) => ({ queueName: n % 1000 === 0 ? 'rare' : 'other' })),
    );
    const rare = found.filter((_, n) => n % 1000 === 0).toReversed();
    const limits: number[] = [];
    const original = use.stores.queries.search.bind(use.stores.queries);
    use.stores.queries.search = (search, step) => {
      limits.push(step.limit);
      return original(search, step);
    };
    const page = await use.findJobs({ queue: 'rare' }, { limit: 5, budgetMs: Infinity });
    expect(page.jobs.map(({ id }) => id)).toEqual(rare);
    expect([limits, use.scheduler.turns]).toEqual([[5, 3, 1], 2]);
  });

  test('has 1000 jobs at most', async () => {
    const use = using();
    await enqueued(
      use,
      Array.from({ length: 1100 }, () => ({})),
    );
    const page = await use.findJobs({ search: 'receiver' }, { limit: 5000, budgetMs: Infinity });
    expect(page.jobs).toHaveLength(1000);
    expect(page.next).toBe(page.jobs.at(-1)?.id);
  });

  test.each([
    [0, 1],
    [10, 1],
    [11, 2],
    [95, 10],
    [Infinity, 50],
  ])('that may take %d ms takes %d steps of 10 ms, and says where to go on', async (budgetMs, steps) => {
    const use = using();
    const seen = endless(use, 50);
    const { jobs, next } = await use.findJobs({ queue: 'rare' }, { limit: 5, budgetMs });
    expect([jobs, next]).toEqual([[], steps === 50 ? null : `step-${steps}`]);
    expect(seen).toHaveLength(steps);
    expect(seen[1]).toEqual(steps > 1 ? { limit: 5, before: 'step-1' } : undefined);
    expect(use.scheduler.turns).toBe(steps - 1);
  });
});

describe('a list by schedule or text', () => {
  test('is of whole jobs, by limit, offset and before', async () => {
    const use = using();
    const newest = (
      await enqueued(
        use,
        Array.from({ length: 2500 }, (_, n) => ({ callbackUrl: `http://${n % 2 ? 'a' : 'b'}.test/` })),
      )
    ).toReversed();
    const ofA = newest.filter((_, n) => n % 2 === 0);
    const list = async (page: { limit: number; offset: number; before?: string }) =>
      (await use.listJobs({ search: '//a' }, page)).jobs.map(({ id }) => id);
    expect(await list({ limit: 3, offset: 0 })).toEqual(ofA.slice(0, 3));
    expect(await list({ limit: 3, offset: 4 })).toEqual(ofA.slice(4, 7));
    expect(await list({ limit: 3, offset: 1200 })).toEqual(ofA.slice(1200, 1203));
    expect(await list({ limit: 3, offset: 1249 })).toEqual(ofA.slice(1249));
    expect(await list({ limit: 3, offset: 1250 })).toEqual([]);
    expect(await list({ limit: 3, offset: Number.MAX_SAFE_INTEGER })).toEqual([]);
    expect(await list({ limit: 2, offset: 1, before: ofA[5] ?? '' })).toEqual(ofA.slice(7, 9));
    expect(await list({ limit: 5000, offset: 0 })).toEqual(ofA.slice(0, 1000));
    const [job] = (await use.listJobs({ search: '//a' }, { limit: 1, offset: 0 })).jobs;
    expect(job).toEqual(await use.stores.queries.get(ofA[0] ?? ''));
  });

  test('leaves out what is gone or matches no more by the time it is read', async () => {
    const use = using();
    const [a, b, c] = await enqueued(use, [{}, {}, {}]);
    const original = use.stores.queries.search.bind(use.stores.queries);
    use.stores.queries.search = async (search, step) => {
      const found = await original(search, step);
      if (search.urlPart === undefined) return found;
      await use.cancelJob(a ?? '');
      const running = await use.stores.queries.get(b ?? '');
      if (running) {
        const state = { ...running, status: 'running' as const };
        await use.stores.jobs.replace(running.id, running, state, QUEUE_DEFAULTS);
      }
      return found;
    };
    const listed = (await use.listJobs({ search: 'receiver', status: 'pending' }, { limit: 50, offset: 0 }))
      .jobs;
    expect(listed.map(({ id }) => id)).toEqual([c]);
  });
});
