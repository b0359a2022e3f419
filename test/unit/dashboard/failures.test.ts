import { describe, expect, test } from 'vitest';
import { StoreFailedError, StoreUnavailableError } from '../../../src/application/errors.js';
import { MemoryJobQueries } from '../../../src/infrastructure/memory/memory-job-queries.js';
import { exchange, startApi } from '../http/api.js';
import { startDashboard } from './pages.js';

/** A store that answers every question with this error. */
function failing(error: Error) {
  return startDashboard({
    ports: (data) => {
      const queries = new MemoryJobQueries(data);
      const fail = () => Promise.reject(error);
      Object.assign(queries, { get: fail, search: fail, totals: fail, countsOf: fail });
      return { queries };
    },
  });
}

const PATHS = ['/dashboard', '/dashboard/jobs', '/dashboard/jobs/x', '/dashboard/new-job?copy=x'];

describe('while the store fails', () => {
  test.each(PATHS)('%s says so, and when to come again', async (path) => {
    const dashboard = await failing(new StoreUnavailableError('database is locked'));
    const page = await dashboard.page(path);
    expect(page.status).toBe(503);
    expect(page.headers.get('retry-after')).toBe('1');
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(page.heading).toBe('That did not work');
    expect(page.text).toContain('The store is unavailable; try again in a second.');
    expect(page.text).not.toContain('locked');
  });

  test('the log says why, with the id of the request', async () => {
    const dashboard = await failing(new StoreUnavailableError('database is locked'));
    const page = await dashboard.page('/dashboard/jobs?search=secret');
    expect(dashboard.logger.lines).toEqual([
      {
        level: 'warn',
        message: 'store unavailable',
        fields: {
          request_id: page.headers.get('x-request-id'),
          method: 'GET',
          error: 'database is locked',
        },
      },
    ]);
  });

  test('an open page is told by the status, so that it keeps what it shows', async () => {
    const dashboard = await failing(new StoreUnavailableError('database is locked'));
    const answer = await dashboard.page('/dashboard/jobs', { 'Mininq-Live': '1' });
    expect(answer.status).toBe(503);
  });

  test('a form is answered by a page, too', async () => {
    const dashboard = await failing(new StoreUnavailableError('database is locked'));
    const page = await dashboard.submit('/dashboard/jobs/x/retry');
    expect(page.status).toBe(503);
    expect(page.heading).toBe('That did not work');
  });

  test('the page leads back to the section that it is of', async () => {
    const dashboard = await failing(new StoreUnavailableError('database is locked'));
    expect((await dashboard.page('/dashboard/jobs')).link('Back to jobs')).toBe('/dashboard/jobs');
    expect((await dashboard.page('/dashboard')).link('Back to overview')).toBe('/dashboard');
  });
});

describe('when the store has failed for good', () => {
  const FAILED = new StoreFailedError('The store has failed: the database file is gone.');

  test.each(PATHS)('%s says why', async (path) => {
    const dashboard = await failing(FAILED);
    const page = await dashboard.page(path);
    expect(page.status).toBe(503);
    expect(page.text).toContain(FAILED.message);
    expect(dashboard.logger.lines).toEqual([]);
  });

  test.each(['/dashboard', '/dashboard/jobs'])('%s says so where it is open already', async (path) => {
    const dashboard = await failing(FAILED);
    const answer = await dashboard.page(path, { 'Mininq-Live': '1' });
    expect(answer.status).toBe(200);
    expect(answer.text).toContain(FAILED.message);
  });
});

describe('an error that nobody thought of', () => {
  test.each(PATHS)('%s tells nothing but where to look for it', async (path) => {
    const dashboard = await failing(new TypeError('SELECT secret FROM jobs'));
    const page = await dashboard.page(path);
    const id = page.headers.get('x-request-id') ?? '';
    expect(page.status).toBe(500);
    expect(page.headers.get('retry-after')).toBeNull();
    expect(page.text).toContain(`Something went wrong; the log has more under request_id ${id}.`);
    expect(page.html).not.toMatch(/SELECT|secret|TypeError|\bat .*:\d+:\d+/);
  });

  test('is logged whole', async () => {
    const error = new TypeError('SELECT secret FROM jobs');
    const dashboard = await failing(error);
    const page = await dashboard.page('/dashboard/jobs');
    expect(dashboard.logger.lines).toEqual([
      {
        level: 'error',
        message: 'a request failed',
        fields: { request_id: page.headers.get('x-request-id'), method: 'GET' },
        error,
      },
    ]);
  });

  test('does not end the server', async () => {
    const dashboard = await failing(new TypeError('oops'));
    await dashboard.page('/dashboard/jobs');
    expect((await dashboard.page('/dashboard/schedules')).status).toBe(200);
  });
});

test('a path that cannot be decoded is refused', async () => {
  const api = await startApi();
  const received = await exchange(
    api.port,
    'GET /dashboard/jobs/%E0%A4 HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n',
  );
  expect(received).toMatch(/^HTTP\/1\.1 400 /);
  expect(api.logger.lines).toEqual([]);
});
