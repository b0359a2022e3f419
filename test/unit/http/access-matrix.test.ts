import { describe, expect, test } from 'vitest';
import * as z from 'zod';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import { ROLES } from '../../../src/application/principal.js';
import { Secret } from '../../../src/application/secret.js';
import { Access } from '../../../src/interfaces/http/access.js';
import { FakeClock } from '../../support/fake-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { startDashboard } from '../dashboard/pages.js';
import { startApi, URL_FIELD } from './api.js';

/** Who may, and what those are answered who may: to the same request, always the same. */
type Rule = readonly [may: readonly string[], answer: string, body?: unknown];

const ADMIN = ['admin'];
const READERS = ['viewer', 'admin'];
const PRODUCERS = ['producer', 'admin'];
const KNOWN = ['viewer', 'producer', 'admin'];
/** Nobody is asked. */
const ANYONE = [...KNOWN, 'none', 'wrong', 'stranger'];

/** Said once more than in the routes themselves, because it is what the documentation promises. */
const RULES: Readonly<Record<string, Rule>> = {
  'POST /jobs': [PRODUCERS, '201', URL_FIELD],
  'POST /jobs/batch': [PRODUCERS, '201', { jobs: [URL_FIELD] }],
  'GET /jobs': [READERS, '200'],
  'POST /jobs/retry': [ADMIN, '200', { search: 'nothing' }],
  'POST /jobs/cancel': [ADMIN, '200', { search: 'nothing' }],
  'POST /jobs/discard': [ADMIN, '200', { search: 'nothing' }],
  'GET /jobs/{x}': [KNOWN, '404 job_not_found'],
  'DELETE /jobs/{x}': [ADMIN, '404 job_not_found'],
  'POST /jobs/{x}/retry': [ADMIN, '404 job_not_found'],
  'POST /jobs/{x}/discard': [ADMIN, '404 job_not_found'],
  'GET /jobs/{x}/attempts': [KNOWN, '404 job_not_found'],
  'POST /queues': [ADMIN, '400 validation_failed', {}],
  'GET /queues': [READERS, '200'],
  'GET /queues/{x}': [READERS, '404 queue_not_found'],
  'PUT /queues/{x}': [ADMIN, '404 queue_not_found', { max_retries: 1 }],
  'DELETE /queues/{x}': [ADMIN, '404 queue_not_found'],
  'POST /queues/{x}/pause': [ADMIN, '404 queue_not_found'],
  'POST /queues/{x}/resume': [ADMIN, '404 queue_not_found'],
  'POST /schedules': [ADMIN, '400 validation_failed', {}],
  'GET /schedules': [READERS, '200'],
  'GET /schedules/{x}': [READERS, '404 schedule_not_found'],
  'PUT /schedules/{x}': [ADMIN, '404 schedule_not_found', { enabled: true }],
  'DELETE /schedules/{x}': [ADMIN, '404 schedule_not_found'],
  'POST /schedules/{x}/run': [ADMIN, '404 schedule_not_found'],
  'GET /workers': [READERS, '200'],
  'POST /workers/{x}/drain': [ADMIN, '404 worker_not_found'],
  'POST /workers/{x}/resume': [ADMIN, '404 worker_not_found'],
  'GET /metrics': [READERS, '200'],
  'GET /openapi.json': [KNOWN, '200'],
  'GET /health': [ANYONE, '200'],

  'GET /': [READERS, '302'],
  'GET /dashboard': [READERS, '200'],
  'GET /dashboard/': [READERS, '308'],
  'GET /dashboard/events': [READERS, '200'],
  'GET /static/*path': [READERS, '200'],
  'GET /dashboard/queues': [READERS, '200'],
  'GET /dashboard/queues/{x}': [READERS, '404 queue_not_found'],
  'POST /dashboard/queues/{x}/pause': [ADMIN, '303'],
  'POST /dashboard/queues/{x}/resume': [ADMIN, '303'],
  'POST /dashboard/queues/{x}/settings': [ADMIN, '404 queue_not_found'],
  'POST /dashboard/queues/{x}/delete': [ADMIN, '200'],
  'GET /dashboard/new-queue': [ADMIN, '200'],
  'POST /dashboard/new-queue': [ADMIN, '200'],
  'GET /dashboard/jobs': [READERS, '200'],
  'POST /dashboard/jobs/bulk': [ADMIN, '303'],
  'GET /dashboard/new-job': [ADMIN, '200'],
  'POST /dashboard/new-job': [ADMIN, '200'],
  'GET /dashboard/jobs/{x}': [READERS, '404 job_not_found'],
  'POST /dashboard/jobs/{x}/retry': [ADMIN, '303'],
  'POST /dashboard/jobs/{x}/cancel': [ADMIN, '200'],
  'POST /dashboard/jobs/{x}/discard': [ADMIN, '200'],
  'GET /dashboard/schedules': [READERS, '200'],
  'GET /dashboard/new-schedule': [ADMIN, '200'],
  'POST /dashboard/new-schedule': [ADMIN, '200'],
  'GET /dashboard/schedule-preview': [READERS, '200'],
  'GET /dashboard/schedules/{x}': [READERS, '404 schedule_not_found'],
  'POST /dashboard/schedules/{x}/settings': [ADMIN, '404 schedule_not_found'],
  'POST /dashboard/schedules/{x}/enable': [ADMIN, '303'],
  'POST /dashboard/schedules/{x}/disable': [ADMIN, '303'],
  'POST /dashboard/schedules/{x}/run': [ADMIN, '303'],
  'POST /dashboard/schedules/{x}/delete': [ADMIN, '404 schedule_not_found'],
  'GET /dashboard/workers': [READERS, '200'],
  'POST /dashboard/workers/{x}/drain': [ADMIN, '303'],
  'POST /dashboard/workers/{x}/resume': [ADMIN, '303'],
};

/** What is no route is for those to know who have some. */
const OTHERS: Readonly<Record<string, Rule>> = {
  'GET /nothing': [KNOWN, '404 route_not_found'],
  'GET /dashboard/nothing': [KNOWN, '404 route_not_found'],
  'GET /static/nothing': [READERS, '404 route_not_found'],
  'PUT /jobs': [KNOWN, '405 method_not_allowed', {}],
  'DELETE /health/x': [KNOWN, '404 route_not_found'],
  'PUT /dashboard': [KNOWN, '405'],
};

const PAGE_TITLES: Readonly<Record<string, string>> = {
  'No such job': 'job_not_found',
  'No such queue': 'queue_not_found',
  'No such schedule': 'schedule_not_found',
  'No such page': 'route_not_found',
  'Not allowed': 'forbidden',
};

const TOKENS: Readonly<Record<string, string>> = {
  viewer: 'viewer-0123456789abcdef',
  producer: 'producer-0123456789abcdef',
  admin: 'admin-0123456789abcdef',
  wrong: 'wrong-0123456789abcdef',
};

/** From where, and whether by way of a proxy. */
const PLACES: Readonly<Record<string, { from?: string; headers?: Record<string, string> }>> = {
  loopback: {},
  'another address': { from: '192.0.2.7' },
  'a proxy': { headers: { 'X-Forwarded-For': '127.0.0.1' } },
  'a proxy elsewhere': { from: '192.0.2.7', headers: { Via: '1.1 proxy' } },
};

/** Asks for every route. @returns the answers by route */
async function answers(place: string, caller: string, tokens: boolean): Promise<Record<string, string>> {
  const clock = new FakeClock();
  const all = ROLES.map((role) => ({ name: role, role, token: new Secret(TOKENS[role] ?? '') }));
  const auth = { ...DEFAULT_CONFIG.auth, tokens: tokens ? all : [] };
  const access = new Access(auth, [], { clock, logger: new RecordingLogger() });
  const { from, headers = {} } = PLACES[place] ?? {};
  const api = await startDashboard({ access, ...(from !== undefined && { from }) });
  const login = (token = '') => ({ Authorization: `Basic ${Buffer.from(`x:${token}`).toString('base64')}` });
  // With that of an admin at hand, nobody is refused for want of it.
  const csrf = await api.formToken(tokens ? login(TOKENS['admin']) : {});
  const found: Record<string, string> = {};
  for (const [name, [, , body]] of Object.entries({ ...RULES, ...OTHERS })) {
    // So that no wrong token makes the next one wait.
    clock.advance(7_000);
    const [method = '', template = ''] = name.split(' ');
    const path = template.replace('{x}', 'x').replace('*path', 'dashboard.css');
    const isForm = method === 'POST' && path.startsWith('/dashboard');
    const response = await fetch(api.url + path, {
      method,
      redirect: 'manual',
      headers: {
        ...headers,
        ...(caller in TOKENS && { Authorization: `Bearer ${TOKENS[caller]}` }),
        ...(body !== undefined && { 'Content-Type': 'application/json' }),
      },
      ...(body !== undefined && { body: JSON.stringify(body) }),
      ...(isForm && { body: new URLSearchParams({ csrf }) }),
    });
    found[name] = await describeAnswer(response);
  }
  return found;
}

async function describeAnswer(response: Response): Promise<string> {
  const { status, headers } = response;
  if (status < 400) {
    await response.body?.cancel();
    return String(status);
  }
  const text = await response.text();
  const code =
    headers.get('content-type') === 'application/json'
      ? z.object({ code: z.string() }).parse(JSON.parse(text)).code
      : PAGE_TITLES[/<h1>(.*?)<\/h1>/.exec(text)?.[1] ?? ''];
  return code === undefined ? String(status) : `${status} ${code}`;
}

function expected(caller: string, refusal: string): Record<string, string> {
  return Object.fromEntries(
    Object.entries({ ...RULES, ...OTHERS }).map(([name, [may, answer]]) => [
      name,
      may.includes(caller) ? answer : refusal,
    ]),
  );
}

test('every route has its rule, and every rule its route', async () => {
  const { routes, dashboard } = await startApi();
  const ofApi = routes.map(({ method, path }) => `${method.toUpperCase()} ${path}`);
  const ofDashboard = dashboard.stack.flatMap(({ route }) =>
    route === undefined
      ? []
      : // Without a method: what refuses all others.
        route.stack.flatMap(({ method }) =>
          (method as string | undefined) === undefined ? [] : [`${method.toUpperCase()} ${route.path}`],
        ),
  );
  const all = [...ofApi, ...ofDashboard].map((name) => name.replace(/\{\w+\}|:\w+/, '{x}'));
  expect([...new Set(all)].toSorted()).toEqual(Object.keys(RULES).toSorted());
  expect(ofDashboard.length).toBeGreaterThan(30);
});

describe.each(Object.keys(PLACES))('from %s', (place) => {
  test('without any token configured, only loopback is answered', async () => {
    const caller = place === 'loopback' ? 'admin' : 'stranger';
    expect(await answers(place, 'none', false)).toEqual(expected(caller, '403 protected'));
  });

  test.each(['viewer', 'producer', 'admin'])('the role of a %s says what is answered', async (role) => {
    expect(await answers(place, role, true)).toEqual(expected(role, '403 forbidden'));
  });

  test.each(['none', 'wrong'])('a token that is %s gets nothing', async (caller) => {
    expect(await answers(place, caller, true)).toEqual(expected(caller, '401 unauthorized'));
  });
});
