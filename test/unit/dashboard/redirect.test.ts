import { describe, expect, test } from 'vitest';
import { startDashboard, type Dashboard, type Page } from './pages.js';

const PAUSE = '/dashboard/queues/mails/pause';
const PAUSED = 'Queue mails is paused: none of its jobs is begun any more.';

async function withQueue(): Promise<Dashboard> {
  const dashboard = await startDashboard();
  await dashboard.post('/queues', { name: 'mails' });
  return dashboard;
}

/** A page as it is for a browser that has this cookie. */
function withCookie(dashboard: Dashboard, cookie: string): Promise<Page> {
  return dashboard.page('/dashboard/queues', { Cookie: cookie });
}

describe('after an action', () => {
  test('the browser is sent on, with what there is to say', async () => {
    const answer = await (await withQueue()).submit(PAUSE);
    expect(answer).toMatchObject({ status: 303, html: '' });
    expect(answer.headers.get('location')).toBe('/dashboard/queues/mails');
    expect(answer.headers.get('cache-control')).toBe('no-store');
    expect(answer.headers.get('set-cookie')).toBe(
      `mininq-notice=${encodeURIComponent(`done:${PAUSED}`)}; Path=/dashboard; Max-Age=30; HttpOnly; SameSite=Strict`,
    );
  });

  test('the next page says it, once', async () => {
    const dashboard = await withQueue();
    const page = await dashboard.follow(await dashboard.submit(PAUSE));
    expect(page.notice).toBe(PAUSED);
    expect(page.html).toContain('<p class="notice done">');
    expect(page.headers.get('set-cookie')).toBe(
      'mininq-notice=; Path=/dashboard; Max-Age=0; HttpOnly; SameSite=Strict',
    );
    const again = await dashboard.shown('/dashboard/queues/mails');
    expect(again.notice).toBe('');
    expect(again.headers.get('set-cookie')).toBeNull();
  });

  test('that failed, it says why, even if there is no page to go to', async () => {
    const dashboard = await startDashboard();
    const page = await dashboard.follow(await dashboard.submit('/dashboard/queues/gone/pause'));
    expect(page.status).toBe(404);
    expect(page.notice).toBe('Queue gone not found');
    expect(page.html).toContain('<p class="notice problem">');
  });
});

describe('htmx', () => {
  const place = (answer: Page): unknown => JSON.parse(answer.headers.get('hx-location') ?? 'null');
  const MAIN = { target: '#main', select: '#main', swap: 'outerMorph' };

  test.each([
    ['another page is put into the history', 'http://localhost/dashboard/jobs', { push: 'true' }],
    ['another query is another page', 'http://localhost/dashboard/queues/mails?x=1', { push: 'true' }],
    [
      'the same page is not put into it again',
      'http://localhost/dashboard/queues/mails',
      { replace: 'true' },
    ],
    ['nor below a heading of it', 'http://localhost/dashboard/queues/mails#live', { replace: 'true' }],
    ['what cannot be told is another page', 'nonsense', { push: 'true' }],
  ])('is told where to go on: %s', async (_case, current, history) => {
    const dashboard = await withQueue();
    const answer = await dashboard.submit(PAUSE, {}, { 'HX-Request': 'true', 'HX-Current-URL': current });
    expect(answer.status).toBe(200);
    expect(answer.headers.get('location')).toBeNull();
    expect(answer.headers.get('set-cookie')).toContain('mininq-notice=done');
    expect(place(answer)).toEqual({ path: '/dashboard/queues/mails', ...MAIN, ...history });
  });

  test('is told so without its own place, too', async () => {
    const answer = await (await withQueue()).submit(PAUSE, {}, { 'HX-Request': 'true' });
    expect(place(answer)).toMatchObject({ path: '/dashboard/queues/mails', push: 'true' });
  });
});

describe('the page that a form names to go on with', () => {
  test.each([
    '/dashboard',
    '/dashboard?x=1',
    '/dashboard/jobs?queue=a%2Fb&status=dead&search=%22%3E',
    "/dashboard/queues/it's",
  ])('is gone to: %s', async (path) => {
    const answer = await (await withQueue()).submit(PAUSE, { return: path });
    expect(answer.headers.get('location')).toBe(path);
  });

  test.each([
    '',
    '/',
    '/jobs',
    '//evil.example',
    '/\\evil.example',
    '\\\\evil.example',
    '/dashboardx',
    '/dashboard.evil.example',
    '/dashboard@evil.example',
    '/dashboard:80@evil.example',
    '/dashboard\\evil',
    '/dashboard/\\evil',
    'https://evil.example',
    'https://evil.example/dashboard',
    'https:/dashboard',
    'dashboard',
    ' /dashboard',
    '/dashboard ',
    '/dashboard/a b',
    '/dashboard\r\nX-Evil: 1',
    '/dashboard/\r\nSet-Cookie: x=1',
    '/dashboard/\nX',
    '/dashboard\n',
    '/dashboard/\t',
    '/dashboard/\0',
    '/dashboard/é',
    '/dashboard/"><script>',
    'javascript:alert(1)',
    'javascript:alert(1)///dashboard',
    'data:text/html,x',
    '/dashboard/../jobs/cancel',
    '/dashboard/%2e%2e/jobs',
    '/dashboard/..',
  ])('is not gone to when it is elsewhere: %j', async (path) => {
    const answer = await (await withQueue()).submit(PAUSE, { return: path });
    expect(answer.status).toBe(303);
    expect(answer.headers.get('location')).toBe('/dashboard/queues/mails');
    expect(answer.headers.get('x-evil')).toBeNull();
  });

  test('is not led to by a confirmation either', async () => {
    const dashboard = await withQueue();
    const page = await dashboard.submit('/dashboard/jobs/x/cancel', { return: '//evil.example' });
    expect(page.html).not.toContain('evil');
    expect(page.form('/dashboard/jobs/x/cancel')).toEqual({ confirmed: 'yes', return: '/dashboard/jobs' });
  });
});

describe('what a cookie says', () => {
  test('is cut, with a mark where that was within a character', async () => {
    const dashboard = await startDashboard();
    const name = `${'x'.repeat(393)}😀y`;
    const answer = await dashboard.submit(`/dashboard/queues/${encodeURIComponent(name)}/pause`);
    const page = await withCookie(dashboard, answer.headers.get('set-cookie')?.split(';')[0] ?? '');
    expect(page.notice).toBe(`Queue ${'x'.repeat(393)}\ufffd`);
  });

  test('fits a cookie, whatever it says', async () => {
    const dashboard = await startDashboard();
    const answer = await dashboard.submit(`/dashboard/queues/${encodeURIComponent('€'.repeat(500))}/pause`);
    expect(answer.headers.get('set-cookie')?.length).toBeLessThan(4000);
  });

  test('is found among others', async () => {
    const page = await withCookie(await startDashboard(), 'a=b; mininq-notice=done%3AHello; c=d');
    expect(page.notice).toBe('Hello');
  });

  test('is shown as text, on all its lines', async () => {
    const dashboard = await startDashboard();
    const value = encodeURIComponent('problem:<script>alert(1)</script>\n"two"');
    const page = await withCookie(dashboard, `mininq-notice=${value}`);
    expect(page.html).not.toContain('<script>');
    expect(page.notice).toBe('<script>alert(1)</script> "two"');
  });

  test.each([
    ['no kind', 'Hello'],
    ['a kind that is none', 'evil%22%3E%3Cscript%3E%3AHello'],
    ['half an escape', 'done%3AHello%E0%A4'],
    ['nothing', ''],
  ])('is left out when it is forged: %s', async (_case, value) => {
    const page = await withCookie(await startDashboard(), `mininq-notice=${value}`);
    expect(page.status).toBe(200);
    expect(page.notice).toBe('');
    expect(page.html).not.toMatch(/Hello|<script>/);
    expect(page.headers.get('set-cookie')).toContain('Max-Age=0');
  });

  test('of another name is no notice', async () => {
    const page = await withCookie(await startDashboard(), 'x-mininq-notice=done%3AHello');
    expect(page.notice).toBe('');
    expect(page.headers.get('set-cookie')).toBeNull();
  });
});
