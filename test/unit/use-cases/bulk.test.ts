import { describe, expect, test } from 'vitest';
import type { JobSelection } from '../../../src/application/use-cases/job-selection.js';
import type { Job } from '../../../src/domain/job/job.js';
import { request } from '../../support/engine-harness.js';
import { newJob, NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { using } from '../../support/using.js';
import { valueOf } from '../../support/value-of.js';

type Using = ReturnType<typeof using>;

const WET = { dryRun: false };
const DRY = { dryRun: true };
const ALL: JobSelection = { filter: {}, all: true };
const SCHEDULE = '018d0c5b-c400-7000-8000-00000000beef';

/** Ids in the order in which the jobs were made. */
async function pending(
  { enqueueCheckedJobs }: Using,
  count: number,
  change: Parameters<typeof request>[0] = {},
) {
  const outcomes = valueOf(await enqueueCheckedJobs(Array.from({ length: count }, () => request(change))));
  return outcomes.map(({ job }) => job.id);
}

async function dead(use: Using, count: number, change: Parameters<typeof request>[0] = {}) {
  const ids = await pending(use, count, change);
  for (const id of ids) await kill(use, id);
  return ids;
}

async function kill({ stores, clock }: Using, id: string): Promise<void> {
  const job = await stores.queries.get(id);
  if (!job) throw new Error(`no job ${id}`);
  const end = { completedAt: clock.now(), lastError: 'HTTP 404', updatedAt: clock.now() };
  const state = { ...job, ...end, status: 'dead', attempt: 4, leaseToken: job.leaseToken + 4 } as const;
  await stores.jobs.replace(id, job, state, QUEUE_DEFAULTS);
}

async function all({ stores }: Using, status: Job['status']): Promise<readonly Job[]> {
  return (await stores.queries.list({ status }, { limit: 10_000, offset: 0 })).jobs;
}

/** Happens between a step of the search and what is done to the jobs that it found. */
function meanwhile({ stores }: Using, happens: () => Promise<unknown>): void {
  const original = stores.queries.search.bind(stores.queries);
  stores.queries.search = async (...parameters) => {
    const found = await original(...parameters);
    await happens();
    return found;
  };
}

/** What the use case published since. */
function publishedBy({ published }: Using) {
  const before = published.length;
  return () => published.slice(before);
}

function refusal(message: string) {
  return { ok: false, refusal: { code: 'validation_failed', message } };
}

describe('retrying', () => {
  test('makes the dead jobs pending, due now, with all their attempts before them', async () => {
    const use = using();
    const [id] = await dead(use, 1);
    const other = await pending(use, 1);
    const job = await use.stores.queries.get(id ?? '');
    use.clock.advance(5000);
    const published = publishedBy(use);
    expect(await use.retryJobs(ALL, WET)).toMatchObject({ ok: true, value: { matched: 1, changed: 1 } });
    expect(published()).toEqual(['jobs_pending']);
    expect(await use.stores.queries.get(id ?? '')).toEqual({
      ...job,
      status: 'pending',
      attempt: 0,
      visibleAt: NOW + 5000,
      completedAt: null,
      lastError: null,
      updatedAt: NOW + 5000,
    });
    expect(await use.stores.queries.get(other[0] ?? '')).toMatchObject({ updatedAt: NOW });
  });

  test('creates queues anew that were deleted meanwhile', async () => {
    const use = using();
    await dead(use, 1, { queueName: 'gone' });
    await use.deleteQueue('gone');
    await use.retryJobs(ALL, WET);
    expect(await use.stores.queues.get('gone')).toMatchObject(QUEUE_DEFAULTS);
  });

  test('of 450 takes three steps, each told of, with a turn for others in between', async () => {
    const use = using();
    const ids = await dead(use, 450);
    const steps: number[] = [];
    const original = use.stores.jobs.replace.bind(use.stores.jobs);
    const replaced: string[] = [];
    use.stores.jobs.replace = (jobId, ...parameters) => {
      replaced.push(jobId);
      steps[use.scheduler.turns] = (steps[use.scheduler.turns] ?? 0) + 1;
      return original(jobId, ...parameters);
    };
    const published = publishedBy(use);
    expect(await use.retryJobs(ALL, WET)).toMatchObject({ ok: true, value: { matched: 450, changed: 450 } });
    expect(steps).toEqual([200, 200, 50]);
    expect(replaced).toEqual(ids.toReversed());
    expect(published()).toEqual(['jobs_pending', 'jobs_pending', 'jobs_pending']);
    expect(await all(use, 'dead')).toEqual([]);
  });

  test('issues the writes of a step together, so that the store can make one of them', async () => {
    const use = using();
    await dead(use, 3);
    const original = use.stores.jobs.replace.bind(use.stores.jobs);
    let [open, most] = [0, 0];
    use.stores.jobs.replace = async (...parameters) => {
      open += 1;
      most = Math.max(most, open);
      await Promise.resolve();
      open -= 1;
      return original(...parameters);
    };
    await use.retryJobs(ALL, WET);
    expect(most).toBe(3);
  });

  test('ends, though all die again at once', async () => {
    const use = using();
    const ids = await dead(use, 450);
    const original = use.stores.jobs.replace.bind(use.stores.jobs);
    let replaced = 0;
    use.stores.jobs.replace = async (jobId, expected, state, defaults) => {
      const outcome = await original(jobId, expected, state, defaults);
      replaced += 1;
      const { leaseToken } = expected;
      await original(jobId, { status: 'pending', leaseToken }, { ...state, status: 'dead' }, defaults);
      return outcome;
    };
    expect(await use.retryJobs(ALL, WET)).toMatchObject({ ok: true, value: { matched: 450, changed: 450 } });
    expect([replaced, (await all(use, 'dead')).length]).toEqual([450, ids.length]);
  });

  test('leaves those alone that changed meanwhile', async () => {
    const use = using();
    const [retried, gone, last] = await dead(use, 3);
    meanwhile(use, async () => {
      await use.retryJob(retried ?? '');
      const job = await use.stores.queries.get(gone ?? '');
      if (job) await use.stores.jobs.remove(job.id, job);
    });
    expect(await use.retryJobs(ALL, WET)).toMatchObject({ ok: true, value: { matched: 3, changed: 1 } });
    expect((await all(use, 'pending')).map(({ id }) => id)).toEqual([last, retried]);
  });

  test('of which all changed meanwhile is told to nobody', async () => {
    const use = using();
    const [id] = await dead(use, 1);
    use.stores.jobs.race = async () => {
      const job = await use.stores.queries.get(id ?? '');
      if (job) await use.stores.jobs.remove(job.id, job);
    };
    const published = publishedBy(use);
    expect(await use.retryJobs(ALL, WET)).toMatchObject({ ok: true, value: { matched: 1, changed: 0 } });
    expect(published()).toEqual([]);
  });
});

describe('cancelling', () => {
  test('deletes the pending jobs, ready and delayed, and no others', async () => {
    const use = using();
    const [kept] = await dead(use, 1);
    await pending(use, 250);
    await pending(use, 2, { delayMs: 5000 });
    const published = publishedBy(use);
    expect(await use.cancelJobs(ALL, WET)).toMatchObject({ ok: true, value: { matched: 252, changed: 252 } });
    expect(published()).toEqual(['jobs_changed', 'jobs_changed']);
    expect((await use.stores.queries.list({}, { limit: 10, offset: 0 })).jobs.map(({ id }) => id)).toEqual([
      kept,
    ]);
  });

  test('leaves those alone that are claimed meanwhile', async () => {
    const use = using();
    const [claimed] = await pending(use, 2);
    meanwhile(use, async () => {
      const job = await use.stores.queries.get(claimed ?? '');
      if (!job) throw new Error('it is there');
      const state = { ...job, status: 'running', leaseToken: 1 } as const;
      await use.stores.jobs.replace(job.id, job, state, QUEUE_DEFAULTS);
    });
    expect(await use.cancelJobs(ALL, WET)).toMatchObject({ ok: true, value: { matched: 2, changed: 1 } });
    expect(await all(use, 'running')).toHaveLength(1);
  });
});

describe('a selection', () => {
  async function mixed() {
    const use = using();
    const [mail] = await dead(use, 1, { queueName: 'mail', callbackUrl: 'http://a.test/' });
    const [keyed] = await dead(use, 1, { queueName: 'mail', idempotencyKey: 'key' });
    const [bulk] = await dead(use, 1, { queueName: 'bulk', callbackUrl: 'http://A.test/' });
    const scheduled = newJob({ scheduleId: SCHEDULE, queueName: 'bulk', id: `${bulk ?? ''}f` });
    await use.stores.jobs.insert({ jobs: [scheduled], now: NOW, queueDefaults: QUEUE_DEFAULTS });
    await kill(use, scheduled.id);
    const [waiting] = await pending(use, 1, { queueName: 'mail', callbackUrl: 'http://a.test/' });
    return { use, jobs: { mail, keyed, bulk, scheduled: scheduled.id, waiting } };
  }
  type Name = keyof Awaited<ReturnType<typeof mixed>>['jobs'];

  test('tells which job the text of a search names, and that a part of a URL names none', async () => {
    const { use, jobs } = await mixed();
    const named = async (search: string) => {
      const result = await use.retryJobs({ filter: { search } }, DRY);
      return result.ok ? result.value.named : result;
    };
    expect(await named('key')).toBe(jobs.keyed);
    expect(await named(jobs.mail ?? '')).toBe(jobs.mail);
    expect(await named('a.test')).toBeNull();
  });

  test.each<[string, JobSelection['filter'], readonly Name[] | undefined, readonly Name[]]>([
    ['a queue', { queue: 'mail' }, undefined, ['mail', 'keyed']],
    ['the status that it has to be', { status: 'dead' }, undefined, ['mail', 'keyed', 'bulk', 'scheduled']],
    ['a schedule', { scheduleId: SCHEDULE }, undefined, ['scheduled']],
    ['a part of the URL', { search: 'a.TEST' }, undefined, ['mail', 'bulk']],
    ['a key', { search: 'key' }, undefined, ['keyed']],
    ['a key and another queue', { search: 'key', queue: 'bulk' }, undefined, []],
    ['ids', {}, ['bulk', 'mail', 'waiting', 'bulk'], ['mail', 'bulk']],
    ['ids and a queue', { queue: 'bulk' }, ['bulk', 'mail'], ['bulk']],
    ['ids and a part of the URL', { search: 'A.test' }, ['bulk', 'keyed'], ['bulk']],
    ['ids and a key', { search: 'key' }, ['bulk', 'keyed'], ['keyed']],
    ['ids and a key of another', { search: 'key' }, ['bulk'], []],
    ['ids and a schedule', { scheduleId: SCHEDULE }, ['bulk', 'scheduled'], ['scheduled']],
  ])('by %s', async (_case, filter, names, expected) => {
    const { use, jobs } = await mixed();
    const ids = names && ['018d0c5b-c400-7000-8000-00000000dead', ...names.map((name) => jobs[name] ?? '')];
    const selection = { filter, ...(ids && { ids }) };
    const matched = expected.length;
    expect(await use.retryJobs(selection, DRY)).toMatchObject({ ok: true, value: { matched, changed: 0 } });
    expect(await all(use, 'dead')).toHaveLength(4);
    expect(await use.retryJobs(selection, WET)).toMatchObject({
      ok: true,
      value: { matched, changed: matched },
    });
    const revived = (await all(use, 'pending')).map(({ id }) => id).filter((id) => id !== jobs.waiting);
    expect(revived.toSorted()).toEqual(expected.map((name) => jobs[name]).toSorted());
  });

  test('of many ids is gone through in steps as well, from the newest to the oldest', async () => {
    const use = using();
    const ids = await dead(use, 450);
    const replaced: string[] = [];
    const original = use.stores.jobs.replace.bind(use.stores.jobs);
    use.stores.jobs.replace = (jobId, ...parameters) => {
      replaced.push(jobId);
      return original(jobId, ...parameters);
    };
    const published = publishedBy(use);
    const result = await use.retryJobs({ filter: {}, ids }, WET);
    expect(result).toMatchObject({ ok: true, value: { matched: 450, changed: 450 } });
    expect([published().length, use.scheduler.turns]).toEqual([3, 2]);
    expect(replaced).toEqual(ids.toReversed());
  });

  test('that says nothing is refused, and nothing happens', async () => {
    const use = using();
    await dead(use, 1);
    const must =
      'no jobs are selected; give at least one of ids, queue, status, schedule_id, search, or "all": true';
    expect(await use.retryJobs({ filter: {} }, WET)).toEqual(refusal(`${must} for all dead jobs`));
    expect(await use.retryJobs({ filter: {}, all: false }, DRY)).toEqual(
      refusal(`${must} for all dead jobs`),
    );
    expect(await use.cancelJobs({ filter: {} }, WET)).toEqual(refusal(`${must} for all pending jobs`));
    expect(await all(use, 'dead')).toHaveLength(1);
  });

  test('that says two things is refused', async () => {
    const use = using();
    const selection = { filter: { queue: 'a', scheduleId: SCHEDULE }, ids: ['x'], all: true };
    expect(await use.cancelJobs(selection, WET)).toEqual(
      refusal(
        'all: contradicts ids, queue, schedule_id; give either "all": true or what selects some of the jobs',
      ),
    );
  });

  test.each(['pending', 'running', 'completed'] as const)('of %s jobs cannot be retried', async (status) => {
    expect(await using().retryJobs({ filter: { status } }, WET)).toEqual(
      refusal(`status: only dead jobs can be retried, got "${status}"; leave it out`),
    );
  });

  test.each(['running', 'completed', 'dead'] as const)('of %s jobs cannot be cancelled', async (status) => {
    expect(await using().cancelJobs({ filter: { status, queue: 'a' } }, DRY)).toEqual(
      refusal(`status: only pending jobs can be cancelled, got "${status}"; leave it out`),
    );
  });
});

describe('a dry run', () => {
  test.each<[string, JobSelection, number]>([
    ['all', ALL, 5],
    ['the status', { filter: { status: 'pending' } }, 5],
    ['a queue', { filter: { queue: 'mail' } }, 3],
    ['a queue that is not there', { filter: { queue: 'none' } }, 0],
  ])('by %s reads the counts, and looks at no job', async (_case, selection, matched) => {
    const use = using();
    await pending(use, 2);
    await pending(use, 3, { queueName: 'mail' });
    await dead(use, 7, { queueName: 'mail' });
    use.stores.queries.search = () => Promise.reject(new Error('a search'));
    use.stores.queries.get = () => Promise.reject(new Error('a job is read'));
    const published = publishedBy(use);
    expect(await use.cancelJobs(selection, DRY)).toMatchObject({ ok: true, value: { matched, changed: 0 } });
    expect(published()).toEqual([]);
  });

  test('by a text counts in steps, and changes nothing', async () => {
    const use = using();
    const ids = await dead(use, 450);
    const published = publishedBy(use);
    const selection = { filter: { search: 'receiver' } };
    expect(await use.retryJobs(selection, DRY)).toMatchObject({
      ok: true,
      value: { matched: 450, changed: 0 },
    });
    expect([published(), (await all(use, 'dead')).length, use.scheduler.turns]).toEqual([[], ids.length, 2]);
  });
});
