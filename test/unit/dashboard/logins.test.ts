import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG, type NamedToken } from '../../../src/application/config.js';
import type { Role } from '../../../src/application/principal.js';
import { Secret } from '../../../src/application/secret.js';
import { Access } from '../../../src/interfaces/http/access.js';
import { FakeClock } from '../../support/fake-clock.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { newSchedule } from '../../support/schedules.js';
import { newWorker } from '../../support/workers.js';
import { idOf, URL_FIELD } from '../http/api.js';
import { startDashboard, type Dashboard } from './pages.js';

const TOKENS = { ada: 'ada-0123456789abcdef', bob: 'bob-0123456789abcdef', wall: 'wall-0123456789abcdef' };
const PRODUCER = 'app-0123456789abcdef';

function named(name: string, role: Role, token: string): NamedToken {
  return { name, role, token: new Secret(token) };
}

const ADA = named('ada', 'admin', TOKENS.ada);
const BOB = named('bob', 'admin', TOKENS.bob);
const WALL = named('wall', 'viewer', TOKENS.wall);
const APP = named('app', 'producer', PRODUCER);

function accessOf(tokens: readonly NamedToken[] = [ADA, BOB, WALL, APP]): Access {
  return new Access({ ...DEFAULT_CONFIG.auth, tokens }, [], {
    clock: new FakeClock(),
    logger: new RecordingLogger(),
  });
}

/** As a browser sends it by itself. */
function login(token: string): Record<string, string> {
  return { Authorization: `Basic ${Buffer.from(`browser:${token}`).toString('base64')}` };
}

const [ada, bob, wall, app] = [login(TOKENS.ada), login(TOKENS.bob), login(TOKENS.wall), login(PRODUCER)];

/** With a queue, a dead and a pending job in it, a schedule and a worker. */
async function furnished(access = accessOf()) {
  const dashboard = await startDashboard({ access });
  const headers = { 'Content-Type': 'application/json', ...ada };
  const create = async (path: string, body: unknown) =>
    dashboard.request('POST', path, { headers, body: JSON.stringify(body) });
  const pending = idOf(await create('/jobs', { ...URL_FIELD, queue_name: 'mails' }));
  const dead = idOf(await create('/jobs', { ...URL_FIELD, queue_name: 'mails' }));
  dashboard.setJob(dead, { status: 'dead', lastError: 'HTTP 500' });
  const schedule = newSchedule({ queueName: 'mails' });
  dashboard.data.schedules.set(schedule.id, schedule);
  dashboard.data.workers.set('worker-1', newWorker('worker-1'));
  const places = [
    '/dashboard',
    '/dashboard/queues',
    '/dashboard/queues/mails',
    '/dashboard/jobs',
    `/dashboard/jobs/${pending}`,
    `/dashboard/jobs/${dead}`,
    '/dashboard/schedules',
    `/dashboard/schedules/${schedule.id}`,
    '/dashboard/workers',
  ];
  return { dashboard, places, pending, dead, schedule };
}

const FORM_PAGES = ['/dashboard/new-job', '/dashboard/new-queue', '/dashboard/new-schedule'];

/** The forms' paths, for things that are not there: who may not send one learns nothing of that. */
function formPaths({ pages }: Dashboard): string[] {
  return pages.filter(({ method }) => method === 'post').map(({ path }) => path.replace(/\{\w+\}/, 'x'));
}

describe('a form', () => {
  test('carries one token, that of the login, wherever it stands', async () => {
    const { dashboard, places, pending, schedule } = await furnished();
    const token = await dashboard.formToken(ada);
    const pages = [
      ...(await Promise.all([...places, ...FORM_PAGES].map((path) => dashboard.page(path, ada)))),
      await dashboard.submit(`/dashboard/jobs/${pending}/cancel`, {}, ada),
      await dashboard.submit('/dashboard/queues/mails/delete', {}, ada),
      await dashboard.submit(`/dashboard/schedules/${schedule.id}/delete`, {}, ada),
      await dashboard.submit('/dashboard/jobs/bulk', { do: 'cancel-matching' }, ada),
      await dashboard.submit('/dashboard/new-queue', { name: '' }, ada),
    ];
    const tokens = pages.map((page) => {
      expect(page.status).toBe(200);
      return page.formTokens;
    });
    expect(tokens.filter((each) => each.length === 0)).toHaveLength(1); // The overview has no form.
    expect(new Set(tokens.flat())).toEqual(new Set([token]));
    expect(token).toMatch(/^[\w-]{43}$/);
  });

  test('does nothing without the token, or with that of another', async () => {
    const { dashboard } = await furnished();
    const others = await dashboard.formToken(bob);
    const own = await dashboard.formToken(ada);
    const before = JSON.stringify([
      [...dashboard.data.jobs],
      [...dashboard.data.queues],
      [...dashboard.data.schedules],
    ]);
    const paths = formPaths(dashboard);
    expect(paths.length).toBeGreaterThan(15);
    for (const path of paths) {
      for (const csrf of ['', others, own.slice(1), `${own}x`, own.toLowerCase()]) {
        const answer = await dashboard.submit(path, { csrf, confirmed: 'yes', do: 'cancel-matching' }, ada);
        expect(answer.status, path).toBe(403);
        expect(answer.heading).toBe('This form is out of date');
        expect(answer.text).toContain('Nothing was done.');
        expect(answer.text).toContain('reload the page');
      }
    }
    expect(
      JSON.stringify([[...dashboard.data.jobs], [...dashboard.data.queues], [...dashboard.data.schedules]]),
    ).toBe(before);
  });

  test('without any field is refused as well', async () => {
    const { dashboard } = await furnished();
    const headers = { ...ada, 'Content-Type': 'application/x-www-form-urlencoded' };
    const answer = await dashboard.send('/dashboard/queues/mails/pause', { method: 'POST', headers });
    expect(answer.status).toBe(403);
    expect(answer.heading).toBe('This form is out of date');
  });

  test('is taken by another process that knows the login, also by its digest, and after a restart', async () => {
    const { dashboard } = await furnished();
    const csrf = await dashboard.formToken(ada);
    const digest = `sha256:${createHash('sha256').update(TOKENS.ada).digest('hex')}`;
    for (const access of [accessOf([ADA]), accessOf([APP, named('ada', 'admin', digest)])]) {
      const other = await startDashboard({ access });
      const answer = await other.submit('/dashboard/new-queue', { csrf, name: 'mails' }, ada);
      expect(answer.status).toBe(303);
    }
  });

  test('is not taken any more when the login has got another token', async () => {
    const { dashboard } = await furnished();
    const csrf = await dashboard.formToken(ada);
    const token = 'ada-fedcba9876543210';
    const other = await startDashboard({ access: accessOf([named('ada', 'admin', token)]) });
    const answer = await other.submit('/dashboard/new-queue', { csrf, name: 'mails' }, login(token));
    expect(answer.status).toBe(403);
    expect(other.data.queues.size).toBe(0);
  });

  test('carries the same token over a reload of the same tokens', async () => {
    const access = accessOf();
    const { dashboard } = await furnished(access);
    const csrf = await dashboard.formToken(ada);
    access.reload({ ...DEFAULT_CONFIG.auth, tokens: [ADA] });
    expect((await dashboard.submit('/dashboard/queues/mails/pause', { csrf }, ada)).status).toBe(303);
  });

  test('carries a token where nobody has a login, too: that of the process', async () => {
    const [dashboard, other] = [await startDashboard(), await startDashboard()];
    const csrf = await other.formToken();
    // A browser can be made to send any login with a link; here it must not matter.
    for (const headers of [{}, ada]) {
      expect((await dashboard.submit('/dashboard/new-queue', { csrf, name: 'mails' }, headers)).status).toBe(
        403,
      );
      expect(
        (await dashboard.submit('/dashboard/new-queue', { csrf: '', name: 'mails' }, headers)).status,
      ).toBe(403);
    }
    expect(await dashboard.formToken(ada)).toBe(await dashboard.formToken());
    expect((await dashboard.submit('/dashboard/new-queue', { name: 'mails' })).status).toBe(303);
  });
});

describe('a viewer', () => {
  test('sees every page, and nothing on it that could change anything', async () => {
    const { dashboard, places } = await furnished();
    for (const path of places) {
      const page = await dashboard.page(path, wall);
      expect(page.status, path).toBe(200);
      expect(
        page.elements('form').filter(({ attributes }) => attributes['method'] !== 'get'),
        path,
      ).toEqual([]);
      expect(page.html).not.toMatch(/hx-post|formaction|csrf|type="checkbox"|dashboard\/new-/);
      const buttons = page.texts('button').filter((text) => text !== 'Show');
      expect(buttons, path).toEqual([]);
    }
  });

  test('sees what an admin sees, but for that', async () => {
    const { dashboard, dead } = await furnished();
    const [jobs] = (await dashboard.page('/dashboard/jobs', wall)).rows('Jobs');
    expect(Object.keys(jobs ?? {})).toEqual([
      'Job',
      'Status',
      'Queue',
      'Attempts',
      'Created',
      'Callback and error',
    ]);
    const [headings] = (await dashboard.page('/dashboard/jobs', wall)).elements('thead');
    expect(headings?.content.match(/<th/g)).toHaveLength(6);
    expect((await dashboard.page(`/dashboard/jobs/${dead}`, wall)).heading).toContain(dead);
    const { facts } = await dashboard.page('/dashboard/queues/mails', wall);
    expect(facts).toMatchObject({
      'Max concurrency': '5',
      'Max retries': '3',
      Backoff: 'exponential',
      'Keep dead jobs': 'as the configuration says',
    });
  });

  test.each(FORM_PAGES)('does not get %s', async (path) => {
    const { dashboard } = await furnished();
    const page = await dashboard.page(path, wall);
    expect(page.status).toBe(403);
    expect(page.text).toContain('This is for admins; the token "wall" is that of a viewer');
    expect(page.formTokens).toEqual([]);
    expect((await dashboard.page(path, { ...wall, 'Mininq-Live': '1' })).status).toBe(403);
  });

  test('may send no form, whatever it carries', async () => {
    const { dashboard, pending } = await furnished();
    const csrf = await dashboard.formToken(ada);
    for (const path of formPaths(dashboard)) {
      const answer = await dashboard.submit(path, { csrf, confirmed: 'yes' }, wall);
      expect(answer.status, path).toBe(403);
      expect(answer.text).toContain('This is for admins');
    }
    await dashboard.submit(`/dashboard/jobs/${pending}/cancel`, { csrf, confirmed: 'yes' }, wall);
    expect(dashboard.data.jobs.has(pending)).toBe(true);
  });
});

test('a producer gets no page, and is told whose they are', async () => {
  const { dashboard, places } = await furnished();
  for (const path of places) {
    const page = await dashboard.page(path, app);
    expect(page.status, path).toBe(403);
    expect(page.text).toContain('This is for viewers and admins; the token "app" is that of a producer');
    expect(page.html).not.toContain('mails');
    expect((await dashboard.page(path, { ...app, 'Mininq-Live': '1' })).status).toBe(403);
  }
  expect((await dashboard.page('/dashboard/events', app)).status).toBe(403);
  expect((await dashboard.submit('/dashboard/new-job', { csrf: '' }, app)).status).toBe(403);
});

test('a live region is that of the login, whoever asked for it before', async () => {
  const { dashboard, places } = await furnished();
  const live = async (path: string, headers: Record<string, string>) =>
    (await dashboard.page(path, { ...headers, 'Mininq-Live': '1' })).html;
  const tokens = { ada: await dashboard.formToken(ada), bob: await dashboard.formToken(bob) };
  expect(tokens.ada).not.toBe(tokens.bob);
  for (const path of places) {
    // Within one second, so that what was made for one of them is still there.
    const regions = { ada: await live(path, ada), bob: await live(path, bob), wall: await live(path, wall) };
    expect(regions.wall, path).not.toMatch(/csrf|method="post"/);
    expect(await live(path, ada)).toBe(regions.ada);
    if (!regions.ada.includes('csrf')) continue;
    expect(regions.ada).toContain(tokens.ada);
    expect(regions.ada).not.toContain(tokens.bob);
    expect(regions.bob).toContain(tokens.bob);
    expect(regions.bob).not.toContain(tokens.ada);
  }
});
