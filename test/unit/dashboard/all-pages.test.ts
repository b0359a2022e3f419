import { describe, expect, test } from 'vitest';
import { newSchedule } from '../../support/schedules.js';
import { newWorker } from '../../support/workers.js';
import { exchange, idOf, startApi, URL_FIELD, VERSION } from '../http/api.js';
import { startDashboard, type Page } from './pages.js';

const POLICY =
  "default-src 'none'; script-src 'self'; worker-src 'self'; style-src 'self'; img-src 'self'; " +
  "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'";

/** With a job, a queue and a schedule. */
async function furnished() {
  const dashboard = await startDashboard();
  const job = idOf(await dashboard.post('/jobs', { ...URL_FIELD, queue_name: 'mails' }));
  const schedule = newSchedule({ queueName: 'mails' });
  dashboard.data.schedules.set(schedule.id, schedule);
  dashboard.data.workers.set('worker-1', newWorker('worker-1', { queues: ['mails'] }));
  return { dashboard, job, schedule: schedule.id };
}

/** Every page that is there, by the section that it belongs to. */
async function furnishedPages() {
  const { dashboard, job, schedule } = await furnished();
  const sections = {
    Overview: ['/dashboard'],
    Queues: ['/dashboard/queues', '/dashboard/queues/mails', '/dashboard/new-queue'],
    Jobs: [
      '/dashboard/jobs',
      `/dashboard/jobs/${job}`,
      '/dashboard/new-job',
      `/dashboard/new-job?copy=${job}`,
    ],
    Schedules: ['/dashboard/schedules', `/dashboard/schedules/${schedule}`, '/dashboard/new-schedule'],
    Workers: ['/dashboard/workers'],
  };
  const pages = Object.entries(sections).flatMap(([section, paths]) =>
    paths.map((path) => ({ section, path })),
  );
  return { dashboard, pages };
}

function expectSecured({ headers }: Page): void {
  expect(headers.get('content-type')).toBe('text/html; charset=utf-8');
  expect(headers.get('content-security-policy')).toBe(POLICY);
  expect(headers.get('x-content-type-options')).toBe('nosniff');
  expect(headers.get('x-frame-options')).toBe('DENY');
  expect(headers.get('referrer-policy')).toBe('same-origin');
  expect(headers.get('cross-origin-opener-policy')).toBe('same-origin');
  expect(headers.get('cache-control')).toBe('no-store');
}

describe('every page', () => {
  test('is there, and may neither be framed nor kept nor run anything of its own', async () => {
    const { dashboard, pages } = await furnishedPages();
    for (const { path } of pages) {
      const page = await dashboard.shown(path);
      expectSecured(page);
      expect(page.html).toMatch(/^<!doctype html>/);
      expect(page.html).not.toMatch(/<style|\sstyle=|\son[a-z]+=|javascript:|<script(?! src="\/static\/)/);
    }
  });

  test('has a title, one heading, and its section marked', async () => {
    const { dashboard, pages } = await furnishedPages();
    for (const { path, section } of pages) {
      const page = await dashboard.shown(path);
      expect(page.texts('h1'), path).toHaveLength(1);
      expect(page.heading).not.toBe('');
      expect(page.texts('title')[0]).toMatch(/^\S.* · mininq$/);
      const marked = page.elements('a').filter(({ attributes }) => 'aria-current' in attributes);
      expect(
        marked.map(({ content }) => content),
        path,
      ).toEqual([section]);
    }
  });

  test('has a title of its own', async () => {
    const { dashboard, pages } = await furnishedPages();
    const titles = await Promise.all(
      pages
        .filter(({ path }) => !path.includes('?'))
        .map(async ({ path }) => (await dashboard.shown(path)).texts('title')),
    );
    expect(new Set(titles.flat()).size).toBe(titles.length);
  });

  test('leads only to what is there', async () => {
    const { dashboard, pages } = await furnishedPages();
    const targets = new Set<string>();
    for (const { path } of pages)
      for (const target of (await dashboard.shown(path)).targets) targets.add(target);
    expect(targets.size).toBeGreaterThan(20);
    for (const target of targets) {
      if (target === '#main') continue;
      expect(target).toMatch(/^\/(?:dashboard|static\/|openapi\.json$)/);
      expect((await dashboard.page(target)).status, target).toBe(200);
    }
  });

  test('has ids that are there once, and labels for all that can be filled in', async () => {
    const { dashboard, pages } = await furnishedPages();
    for (const { path } of pages) {
      const { html } = await dashboard.shown(path);
      const ids = [...html.matchAll(/\sid="([^"]*)"/g)].map(([, id]) => id);
      expect(new Set(ids).size, path).toBe(ids.length);
      for (const [, referred] of html.matchAll(/\s(?:for|aria-labelledby)="([^"]*)"/g))
        expect(ids).toContain(referred);
    }
  });

  test('names the version, and the build that its scripts are of', async () => {
    const { dashboard, pages } = await furnishedPages();
    for (const { path } of pages) {
      const page = await dashboard.shown(path);
      expect(page.texts('footer')).toEqual([`mininq ${VERSION} API`]);
      expect(page.elements('html')[0]?.attributes['data-build']).toBe(dashboard.assets.build);
    }
  });

  test('answers HEAD with its headers alone', async () => {
    const { dashboard, pages } = await furnishedPages();
    for (const { path } of pages) {
      const head = await dashboard.send(path, { method: 'HEAD' });
      expect(head.status, path).toBe(200);
      expectSecured(head);
      expect(head.html).toBe('');
    }
  });
});

describe('what is not there', () => {
  test.each([
    ['/dashboard/nowhere', 'No such page', 'There is no such page.', 'Overview'],
    ['/dashboard/jobs/x/y', 'No such page', 'There is no such page.', 'Jobs'],
    ['/dashboard/jobs/', 'No such page', 'There is no such page.', 'Jobs'],
    ['/dashboard/Jobs', 'No such page', 'There is no such page.', 'Overview'],
    ['/dashboard/jobs/nope', 'No such job', 'Job nope not found', 'Jobs'],
    ['/dashboard/new-job?copy=nope', 'No such job', 'Job nope not found', 'Jobs'],
    ['/dashboard/queues/nope', 'No such queue', 'Queue nope not found', 'Queues'],
    ['/dashboard/schedules/nope', 'No such schedule', 'Schedule nope not found', 'Schedules'],
  ])('%s: a page says so', async (path, heading, message, section) => {
    const dashboard = await startDashboard();
    const page = await dashboard.page(path);
    expect(page.status).toBe(404);
    expectSecured(page);
    expect(page.texts('h1')).toEqual([heading]);
    expect(page.text).toContain(message);
    expect(page.link(`Back to ${section.toLowerCase()}`)).toMatch(/^\/dashboard/);
    const [marked] = page.elements('a').filter(({ attributes }) => 'aria-current' in attributes);
    expect(marked?.content).toBe(section);
  });

  test.each(['jobs', 'queues', 'schedules'])(
    'of the %s, whatever its name is, is shown as text',
    async (section) => {
      const dashboard = await startDashboard();
      const hostile = `"'><script>alert(1)</script>&\u0000\u001b\ud800/../..`;
      const page = await dashboard.page(
        `/dashboard/${section}/${encodeURIComponent(hostile.toWellFormed())}`,
      );
      expect(page.status).toBe(404);
      expect(page.html).not.toContain('<script>');
      expect(page.text).toContain(`"'><script>alert(1)</script>&\u2400\u241b\ufffd/../.. not found`);
    },
  );

  test('is told too to who sends a form there', async () => {
    const dashboard = await startDashboard();
    const page = await dashboard.submit('/dashboard/schedules/nope/delete', { confirmed: 'yes' });
    expect(page.status).toBe(404);
    expect(page.heading).toBe('No such schedule');
  });
});

test.each([
  ['PUT', '/dashboard', 'GET, HEAD, OPTIONS'],
  ['POST', '/dashboard/jobs', 'GET, HEAD, OPTIONS'],
  ['DELETE', '/dashboard/jobs/x', 'GET, HEAD, OPTIONS'],
  ['PATCH', '/dashboard/new-job', 'GET, HEAD, POST, OPTIONS'],
  ['GET', '/dashboard/jobs/x/retry', 'POST, OPTIONS'],
  ['HEAD', '/dashboard/queues/x/pause', 'POST, OPTIONS'],
  ['POST', '/dashboard/events', 'GET, HEAD, OPTIONS'],
])('%s %s is refused by a page that says what it takes', async (method, path, allow) => {
  const dashboard = await startDashboard();
  const page = await dashboard.send(path, { method });
  expect(page.status).toBe(405);
  expect(page.headers.get('allow')).toBe(allow);
  expectSecured(page);
  if (method !== 'HEAD') expect(page.text).toContain(`This page does not take ${method}; it takes ${allow}`);
});

test('OPTIONS is answered with what a page takes', async () => {
  const dashboard = await startDashboard();
  const answer = await dashboard.send('/dashboard/new-job', { method: 'OPTIONS' });
  expect(answer.status).toBe(204);
  expect(answer.headers.get('allow')).toBe('GET, HEAD, POST, OPTIONS');
});

test('/ leads to /dashboard, for the time being', async () => {
  const dashboard = await startDashboard();
  const answer = await dashboard.page('/');
  expect(answer.status).toBe(302);
  expect(answer.headers.get('location')).toBe('/dashboard');
});

test('/dashboard/ leads to /dashboard', async () => {
  const dashboard = await startDashboard();
  const answer = await dashboard.page('/dashboard/');
  expect(answer.status).toBe(308);
  expect(answer.headers.get('location')).toBe('/dashboard');
});

test('a request as a proxy gets it, with the origin in it, is answered alike', async () => {
  const api = await startApi();
  const received = await exchange(
    api.port,
    'GET http://localhost/dashboard/queues?search=x HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  );
  expect(received).toMatch(/^HTTP\/1\.1 200 /);
  expect(received).toContain('<h1>Queues</h1>');
  expect(received).toContain('name="search" value="x"');
});

test('one with an origin that makes no sense is no failure', async () => {
  const api = await startApi();
  const received = await exchange(
    api.port,
    'GET http://x:99999/dashboard HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  );
  expect(received).toMatch(/^HTTP\/1\.1 [24]/);
  expect(api.logger.lines).toEqual([]);
});
