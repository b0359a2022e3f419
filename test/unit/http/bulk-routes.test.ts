import { describe, expect, test } from 'vitest';
import { errorOf, idOf, startApi, URL_FIELD, type Api } from './api.js';

const UUID = '018d0c5b-c400-7000-8000-00000000beef';

async function deadJob(api: Api, queue_name: string): Promise<string> {
  const id = idOf(await api.post('/jobs', { ...URL_FIELD, queue_name }));
  api.setJob(id, { status: 'dead', attempt: 4, lastError: 'HTTP 500', completedAt: 0 });
  return id;
}

async function withJobs() {
  const api = await startApi();
  const dead = [await deadJob(api, 'mail'), await deadJob(api, 'bulk')];
  const pending = idOf(await api.post('/jobs', { ...URL_FIELD, queue_name: 'mail' }));
  return { api, dead, pending };
}

describe('POST /jobs/retry', () => {
  test('retries the dead jobs that match', async () => {
    const { api, dead } = await withJobs();
    const response = await api.post('/jobs/retry', { queue: 'mail' });
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ matched: 1, retried: 1, dry_run: false });
    expect((await api.get(`/jobs/${dead[0] ?? ''}`)).body).toMatchObject({ status: 'pending', attempt: 0 });
    expect((await api.get(`/jobs/${dead[1] ?? ''}`)).body).toMatchObject({ status: 'dead' });
  });

  test('retries all if that is said', async () => {
    const { api } = await withJobs();
    expect((await api.post('/jobs/retry', { all: true })).body).toEqual({
      matched: 2,
      retried: 2,
      dry_run: false,
    });
    expect((await api.get('/jobs?status=dead')).body).toEqual([]);
  });

  test('only counts in a dry run', async () => {
    const { api } = await withJobs();
    expect((await api.post('/jobs/retry', { all: true, dry_run: true })).body).toEqual({
      matched: 2,
      retried: 0,
      dry_run: true,
    });
    expect((await api.get('/jobs?status=dead')).body).toHaveLength(2);
  });

  test('takes every condition, and null for none', async () => {
    const { api, dead } = await withJobs();
    const every = { ids: dead, queue: 'mail', status: 'dead', schedule_id: UUID, search: 'example.com' };
    expect((await api.post('/jobs/retry', every)).body).toMatchObject({ matched: 0 });
    const { schedule_id: _none, ...others } = every;
    const nulls = { schedule_id: null, all: null, dry_run: null };
    expect(_none).toBe(UUID);
    expect((await api.post('/jobs/retry', { ...others, ...nulls })).body).toMatchObject({ retried: 1 });
  });
});

describe('POST /jobs/cancel', () => {
  test('deletes the pending jobs that match', async () => {
    const { api, dead, pending } = await withJobs();
    const response = await api.post('/jobs/cancel', { ids: [pending, ...dead] });
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ matched: 1, cancelled: 1, dry_run: false });
    expect([...api.data.jobs.keys()]).toEqual(dead);
  });

  test('only counts in a dry run', async () => {
    const { api } = await withJobs();
    expect((await api.post('/jobs/cancel', { queue: 'mail', dry_run: true })).body).toEqual({
      matched: 1,
      cancelled: 0,
      dry_run: true,
    });
    expect(api.data.jobs.size).toBe(3);
  });
});

describe('POST /jobs/discard', () => {
  async function withFinished() {
    const { api, dead, pending } = await withJobs();
    const completed = idOf(await api.post('/jobs', { ...URL_FIELD, queue_name: 'mail' }));
    api.setJob(completed, { status: 'completed', attempt: 1, completedAt: 0 });
    return { api, dead, pending, completed };
  }

  test('deletes the completed and dead jobs that match, and no others', async () => {
    const { api, dead, pending } = await withFinished();
    const response = await api.post('/jobs/discard', { queue: 'mail' });
    expect(response.status).toBe(200);
    expect(response.body).toEqual({ matched: 2, discarded: 2, dry_run: false });
    expect([...api.data.jobs.keys()]).toEqual([dead[1], pending]);
    expect((await api.post('/jobs/discard', { all: true })).body).toMatchObject({ discarded: 1 });
    expect([...api.data.jobs.keys()]).toEqual([pending]);
  });

  test.each([
    ['completed', 1],
    ['dead', 2],
  ] as const)('of one status leaves the other: %s', async (status, count) => {
    const { api } = await withFinished();
    expect((await api.post('/jobs/discard', { status })).body).toEqual({
      matched: count,
      discarded: count,
      dry_run: false,
    });
    expect((await api.get(`/jobs?status=${status}`)).body).toEqual([]);
    expect(api.data.jobs.size).toBe(4 - count);
  });

  test.each<[string, object, number]>([
    ['all', { all: true }, 3],
    ['a queue', { queue: 'mail' }, 2],
    ['a part of the URL', { search: 'example.com' }, 3],
    ['a part of the URL, and a status', { search: 'example.com', status: 'dead' }, 2],
  ])('counts %s in a dry run, and deletes nothing', async (_case, selection, matched) => {
    const { api } = await withFinished();
    expect((await api.post('/jobs/discard', { ...selection, dry_run: true })).body).toEqual({
      matched,
      discarded: 0,
      dry_run: true,
    });
    expect(api.data.jobs.size).toBe(4);
  });

  test('finds the selected by id, and the one that a key names', async () => {
    const { api, dead, pending, completed } = await withFinished();
    api.setJob(completed, { idempotencyKey: 'order-1' });
    expect((await api.post('/jobs/discard', { search: 'order-1' })).body).toMatchObject({ discarded: 1 });
    const ids = [pending, completed, dead[0]];
    expect((await api.post('/jobs/discard', { ids })).body).toMatchObject({ matched: 1, discarded: 1 });
    expect([...api.data.jobs.keys()]).toEqual([dead[1], pending]);
  });
});

describe.each([
  ['/jobs/retry', 'dead', 'retried', 'running'],
  ['/jobs/cancel', 'pending', 'cancelled', 'dead'],
  ['/jobs/discard', 'completed or dead', 'discarded', 'pending'],
])('%s', (path, status, done, other) => {
  const NOTHING = `no jobs are selected; give at least one of ids, queue, status, schedule_id, search, or "all": true for all ${status} jobs`;
  const IDS = 'ids: must be an array of 1 to 1000 ids';
  const WORDS = '1 to 128 printable ASCII characters without a space at either end, and not "." or ".."';

  test.each<[string, object, string]>([
    ['no condition', {}, NOTHING],
    ['no condition but null', { queue: null, ids: null, all: null }, NOTHING],
    ['no condition, and all of them denied', { all: false, dry_run: true }, NOTHING],
    [
      'all, and some',
      { all: true, queue: 'mail', search: 'x' },
      'all: contradicts queue, search; give either "all": true or what selects some of the jobs',
    ],
    [
      'another status',
      { status: other },
      `status: only ${status} jobs can be ${done}, got "${other}"; leave it out`,
    ],
    [
      'no status at all',
      { status: 'late' },
      'status: must be one of "pending", "running", "completed", "dead", got "late"',
    ],
    ['no queue name', { queue: '' }, `queue: must be ${WORDS}, got ""`],
    ['no ids', { ids: [] }, IDS],
    ['one id too many', { ids: Array.from({ length: 1001 }, () => UUID) }, IDS],
    ['an id alone', { ids: UUID }, IDS],
    ['what is no id', { ids: [UUID, 'x'] }, 'ids[1]: must be the id of a job, got "x"'],
    ['no schedule', { schedule_id: 'x' }, 'schedule_id: must be the id of a schedule, got "x"'],
    ['an empty text', { search: '' }, 'search: must be a string of 1 to 2048 characters, got ""'],
    ['a text for all', { all: 'yes' }, 'all: must be true or false, got a string'],
    ['a number for dry_run', { all: true, dry_run: 1 }, 'dry_run: must be true or false, got 1'],
    ['a field of another name', { quue: 'mail' }, 'unknown field "quue"; did you mean "queue"?'],
  ])('refuses %s, and changes nothing', async (_case, body, error) => {
    const { api } = await withJobs();
    const before = new Map(api.data.jobs);
    expect(errorOf(await api.post(path, body))).toEqual({ status: 400, code: 'validation_failed', error });
    expect(api.data.jobs).toEqual(before);
  });

  test('wants a body, and no query', async () => {
    const { api } = await withJobs();
    expect(errorOf(await api.post(path)).error).toBe('The request has no body; send a JSON object');
    expect(errorOf(await api.post(`${path}?all=true`, { all: true })).error).toBe(
      'unknown query parameter "all"; this route takes none',
    );
    expect(api.data.jobs.size).toBe(3);
  });
});
