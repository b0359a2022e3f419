import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import { Secret } from '../../../src/application/secret.js';
import { MemoryJobStore } from '../../../src/infrastructure/memory/memory-job-store.js';
import { Access } from '../../../src/interfaces/http/access.js';
import { isByHand } from '../../../src/interfaces/http/route.js';
import { FakeClock } from '../../support/fake-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { newSchedule } from '../../support/schedules.js';
import { newWorker } from '../../support/workers.js';
import { startDashboard, type Dashboard } from '../dashboard/pages.js';
import { idOf, URL_FIELD, type ApiOptions } from './api.js';

const TOKENS = { ada: 'ada-0123456789abcdef', app: 'app-0123456789abcdef', wall: 'wall-0123456789abcdef' };
const ROLES = { ada: 'admin', app: 'producer', wall: 'viewer' } as const;
type Name = keyof typeof TOKENS;

const access = () =>
  new Access(
    {
      ...DEFAULT_CONFIG.auth,
      tokens: (['ada', 'app', 'wall'] as const).map((name) => ({
        name,
        role: ROLES[name],
        token: new Secret(TOKENS[name]),
      })),
    },
    ['192.0.2.7'],
    { clock: new FakeClock(), logger: new RecordingLogger() },
  );
const login = (name: Name) => ({ Authorization: `Bearer ${TOKENS[name]}` });

/** With a queue, a job in each state, a schedule and a worker; requests come from another machine. */
async function furnished(options: ApiOptions = {}) {
  const dashboard = await startDashboard({ access: access(), from: '192.0.2.7', ...options });
  const ask = (method: string, path: string, body?: unknown, name: Name = 'ada') =>
    dashboard.request(method, path, {
      headers: { ...login(name), 'Content-Type': 'application/json' },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
  const make = async (queue: string) =>
    idOf(await ask('POST', '/jobs', { ...URL_FIELD, queue_name: queue }, 'app'));
  const [pending, dead, completed] = [await make('mails'), await make('done'), await make('done')];
  dashboard.setJob(dead, { status: 'dead', lastError: 'HTTP 500', completedAt: 0 });
  dashboard.setJob(completed, { status: 'completed', completedAt: 0 });
  const schedule = newSchedule({ queueName: 'mails' });
  dashboard.data.schedules.set(schedule.id, schedule);
  dashboard.data.workers.set('worker-1', newWorker('worker-1'));
  return { dashboard, ask, ids: { pending, dead, completed, schedule: schedule.id } };
}

type Furnished = Awaited<ReturnType<typeof furnished>>;
type Ids = Furnished['ids'];

/** What the lines say beside what they all do. */
function audited({ logger }: Dashboard, via: string, name: Name = 'ada'): unknown[] {
  const lines = logger.lines.filter(({ message }) => message === 'audit');
  return lines.map(({ level, fields }) => {
    expect(level).toBe('info');
    const { by, role, from, via: how, request_id, ...rest } = fields;
    expect({ by, role, from, via: how }).toEqual({ by: name, role: ROLES[name], from: '192.0.2.7', via });
    expect(request_id).toMatch(/^018d0c5b-c400-7000-8000-000000000001-\d+$/);
    return Object.fromEntries(Object.entries(rest).filter(([, value]) => value !== undefined));
  });
}

const SCHEDULE = { cron_expression: '0 0 * * *', ...URL_FIELD };
const OTHER_ID = '018d0c5b-c400-7000-8000-ffffffffffff';
const NEW_ID = expect.stringMatching(/^018d0c5b-/) as unknown;

/** Each operation that somebody does by hand: what it asks for, and what the log tells of it. */
const OPERATIONS: Readonly<
  Record<
    string,
    (ids: Ids) => readonly [path: string, body: unknown, line: Readonly<Record<string, unknown>>]
  >
> = {
  cancelJob: ({ pending }) => [`/jobs/${pending}`, undefined, { target: pending, count: 1 }],
  retryJob: ({ dead }) => [`/jobs/${dead}/retry`, undefined, { target: dead, count: 1 }],
  discardJob: ({ completed }) => [`/jobs/${completed}/discard`, undefined, { target: completed, count: 1 }],
  cancelJobs: ({ pending }) => [
    '/jobs/cancel',
    { queue: 'mails', ids: [pending, OTHER_ID] },
    { queue: 'mails', ids: [pending, OTHER_ID], matched: 1, count: 1 },
  ],
  retryJobs: () => ['/jobs/retry', { all: true }, { all: true, matched: 1, count: 1 }],
  discardJobs: () => [
    '/jobs/discard',
    { status: 'dead', search: 'x'.repeat(150) },
    { status: 'dead', search: `${'x'.repeat(100)}...`, matched: 0, count: 0 },
  ],
  createQueue: () => ['/queues', { name: 'a/b' }, { target: 'a/b', count: 1 }],
  updateQueue: () => [
    '/queues/mails',
    { max_concurrency: 3, rate_limit_rps: null },
    { target: 'mails', count: 1, fields: ['max_concurrency', 'rate_limit_rps'] },
  ],
  deleteQueue: () => ['/queues/done', undefined, { target: 'done', count: 1 }],
  pauseQueue: () => ['/queues/mails/pause', undefined, { target: 'mails', count: 1 }],
  resumeQueue: () => ['/queues/mails/resume', undefined, { target: 'mails', count: 1 }],
  createSchedule: () => ['/schedules', SCHEDULE, { target: NEW_ID, count: 1 }],
  updateSchedule: ({ schedule }) => [
    `/schedules/${schedule}`,
    { enabled: false },
    { target: schedule, count: 1, fields: ['enabled'] },
  ],
  deleteSchedule: ({ schedule }) => [`/schedules/${schedule}`, undefined, { target: schedule, count: 1 }],
  runSchedule: ({ schedule }) => [
    `/schedules/${schedule}/run`,
    undefined,
    { target: schedule, count: 1, job_id: NEW_ID },
  ],
  drainWorker: () => ['/workers/worker-1/drain', undefined, { target: 'worker-1', count: 1 }],
  resumeWorker: () => ['/workers/worker-1/resume', undefined, { target: 'worker-1', count: 1 }],
};

describe('a change over the API is told, with who made it and from where', () => {
  test.each(Object.entries(OPERATIONS))('%s', async (name, operation) => {
    const { dashboard, ask, ids } = await furnished();
    const method = dashboard.routes.find((route) => route.name === name)?.method.toUpperCase() ?? '';
    const [path, body, line] = operation(ids);
    const answer = await ask(method, path, body);
    expect(answer.status).toBeLessThan(300);
    expect(audited(dashboard, 'api')).toEqual([{ action: name, ...line }]);
    const told = dashboard.logger.lines.find(({ message }) => message === 'audit');
    expect(told?.fields['request_id']).toBe(answer.headers.get('x-request-id'));
  });

  test('and there are no others', async () => {
    const { routes } = (await furnished()).dashboard;
    expect(
      routes
        .filter(isByHand)
        .map(({ name }) => name)
        .toSorted(),
    ).toEqual(Object.keys(OPERATIONS).toSorted());
    const rest = routes.filter((route) => !isByHand(route) && route.method !== 'get');
    expect(rest.map(({ name }) => name)).toEqual(['createJob', 'createJobs']);
  });
});

describe('a change on the dashboard is told', () => {
  const FIELDS = {
    cron_expression: '0 0 * * *',
    callback_url: URL_FIELD.callback_url,
    payload: '{}',
    enabled: 'true',
  };
  const yes = { confirmed: 'yes' };
  test.each<
    [
      action: string,
      (ids: Ids) => readonly [path: string, fields: Record<string, string>, line: Record<string, unknown>],
    ]
  >([
    ['cancelJob', ({ pending }) => [`jobs/${pending}/cancel`, yes, { target: pending, count: 1 }]],
    ['retryJob', ({ dead }) => [`jobs/${dead}/retry`, {}, { target: dead, count: 1 }]],
    ['discardJob', ({ dead }) => [`jobs/${dead}/discard`, yes, { target: dead, count: 1 }]],
    [
      'retryJobs',
      () => [
        'jobs/bulk',
        { ...yes, do: 'retry-matching', queue: 'done' },
        { queue: 'done', all: false, matched: 1, count: 1 },
      ],
    ],
    [
      'cancelJobs',
      ({ pending }) => [
        'jobs/bulk',
        { ...yes, do: 'cancel-selected', ids: pending },
        { ids: [pending], matched: 1, count: 1 },
      ],
    ],
    [
      'discardJobs',
      () => ['jobs/bulk', { ...yes, do: 'discard-matching' }, { all: true, matched: 2, count: 2 }],
    ],
    ['createJob', () => ['new-job', URL_FIELD, { target: NEW_ID, count: 1 }]],
    ['createQueue', () => ['new-queue', { name: 'new' }, { target: 'new', count: 1 }]],
    [
      'updateQueue',
      () => [
        'queues/mails/settings',
        { max_concurrency: '7' },
        {
          target: 'mails',
          count: 1,
          fields: ['max_concurrency', 'rate_limit_rps', 'max_depth', 'retention_completed', 'retention_dead'],
        },
      ],
    ],
    ['deleteQueue', () => ['queues/done/delete', yes, { target: 'done', count: 1 }]],
    ['pauseQueue', () => ['queues/mails/pause', {}, { target: 'mails', count: 1 }]],
    ['resumeQueue', () => ['queues/mails/resume', {}, { target: 'mails', count: 1 }]],
    ['createSchedule', () => ['new-schedule', FIELDS, { target: NEW_ID, count: 1 }]],
    [
      'updateSchedule',
      ({ schedule }) => [
        `schedules/${schedule}/disable`,
        {},
        { target: schedule, count: 1, fields: ['enabled'], enabled: false },
      ],
    ],
    [
      'updateSchedule',
      ({ schedule }) => [
        `schedules/${schedule}/settings`,
        FIELDS,
        { target: schedule, count: 1, fields: ['cron_expression', 'callback_url', 'payload', 'enabled'] },
      ],
    ],
    [
      'runSchedule',
      ({ schedule }) => [`schedules/${schedule}/run`, {}, { target: schedule, count: 1, job_id: NEW_ID }],
    ],
    [
      'deleteSchedule',
      ({ schedule }) => [`schedules/${schedule}/delete`, yes, { target: schedule, count: 1 }],
    ],
    ['drainWorker', () => ['workers/worker-1/drain', {}, { target: 'worker-1', count: 1 }]],
    ['resumeWorker', () => ['workers/worker-1/resume', {}, { target: 'worker-1', count: 1 }]],
  ])('%s', async (action, change) => {
    const { dashboard, ids } = await furnished();
    const [path, fields, line] = change(ids);
    const answer = await dashboard.submit(`/dashboard/${path}`, fields, login('ada'));
    expect(answer.status).toBe(303);
    const [told] = audited(dashboard, 'dashboard');
    expect(told).toEqual({ action, ...line });
    expect(audited(dashboard, 'dashboard')).toHaveLength(1);
  });
});

describe('nothing is told of', () => {
  const lines = ({ logger }: Dashboard) => logger.lines.filter(({ message }) => message === 'audit');

  test('what programs enqueue, and what is read', async () => {
    const { dashboard, ask } = await furnished();
    await ask('POST', '/jobs', URL_FIELD);
    await ask('POST', '/jobs/batch', { jobs: [URL_FIELD] });
    for (const path of ['/jobs', '/queues', '/schedules', '/workers', '/metrics']) await ask('GET', path);
    expect(lines(dashboard)).toEqual([]);
  });

  test('a dry run, and a question that is not answered yet', async () => {
    const { dashboard, ask, ids } = await furnished();
    for (const verb of ['retry', 'cancel', 'discard']) {
      expect((await ask('POST', `/jobs/${verb}`, { all: true, dry_run: true })).status).toBe(200);
      await dashboard.submit('/dashboard/jobs/bulk', { do: `${verb}-matching` }, login('ada'));
    }
    await dashboard.submit(`/dashboard/jobs/${ids.pending}/cancel`, {}, login('ada'));
    expect(lines(dashboard)).toEqual([]);
  });

  test('what was refused, or failed', async () => {
    const failing: ApiOptions = {
      ports: (data) => ({
        jobs: Object.assign(new MemoryJobStore(data), { remove: () => Promise.reject(new Error('broken')) }),
      }),
    };
    const { dashboard, ask, ids } = await furnished(failing);
    expect((await ask('DELETE', `/jobs/${ids.pending}`)).status).toBe(500);
    expect((await ask('DELETE', '/jobs/nope')).status).toBe(404);
    expect((await ask('POST', '/queues', { name: 'mails' })).status).toBe(409);
    expect((await ask('POST', '/queues/mails/pause', undefined, 'wall')).status).toBe(403);
    expect((await ask('POST', '/queues/mails/pause', undefined, 'app')).status).toBe(403);
    await dashboard.submit('/dashboard/queues/mails/pause', { csrf: 'x' }, login('ada'));
    await dashboard.submit('/dashboard/queues/nope/pause', {}, login('ada'));
    await dashboard.submit('/dashboard/new-queue', { name: '' }, login('ada'));
    expect(lines(dashboard)).toEqual([]);
  });

  test('a job that was there already', async () => {
    const { dashboard } = await furnished();
    const fields = { ...URL_FIELD, idempotency_key: 'k' };
    await dashboard.submit('/dashboard/new-job', fields, login('ada'));
    await dashboard.submit('/dashboard/new-job', fields, login('ada'));
    expect(lines(dashboard)).toHaveLength(1);
  });
});

test('behind a trusted proxy it is the client who is named', async () => {
  const { dashboard } = await furnished();
  await dashboard.request('POST', '/queues/mails/pause', {
    headers: { ...login('ada'), 'X-Forwarded-For': '198.51.100.1, 198.51.100.2' },
  });
  expect(dashboard.logger.lines.map(({ fields }) => fields['from'])).toEqual(['198.51.100.2']);
});

test('of many ids the first hundred are told', async () => {
  const { dashboard, ask } = await furnished();
  const ids = Array.from({ length: 500 }, (_, n) => `018d0c5b-c400-7000-9000-${String(n).padStart(12, '0')}`);
  await ask('POST', '/jobs/cancel', { ids });
  expect(audited(dashboard, 'api')).toEqual([
    { action: 'cancelJobs', count: 0, matched: 0, ids: ids.slice(0, 100) },
  ]);
});

test('while nobody has a login, it is "local" who changes things', async () => {
  const dashboard = await startDashboard();
  await dashboard.post('/queues', { name: 'mails' });
  expect(dashboard.logger.lines).toEqual([
    {
      level: 'info',
      message: 'audit',
      fields: {
        action: 'createQueue',
        target: 'mails',
        count: 1,
        by: 'local',
        role: 'admin',
        from: '127.0.0.1',
        via: 'api',
        request_id: '018d0c5b-c400-7000-8000-000000000001-1',
      },
    },
  ]);
});
