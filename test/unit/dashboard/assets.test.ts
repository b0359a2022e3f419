import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Assets } from '../../../src/interfaces/dashboard/assets.js';
import { exchange } from '../http/api.js';
import { startDashboard } from './pages.js';

const TYPES = {
  'dashboard.css': 'text/css; charset=utf-8',
  'dashboard.js': 'text/javascript; charset=utf-8',
  'htmx.min.js': 'text/javascript; charset=utf-8',
  'live-stream.js': 'text/javascript; charset=utf-8',
  'live-worker.js': 'text/javascript; charset=utf-8',
  'favicon.svg': 'image/svg+xml',
};

describe('a file', () => {
  test.each(Object.entries(TYPES))('%s is sent as %s', async (name, type) => {
    const dashboard = await startDashboard();
    const file = await dashboard.page(`/static/${name}`);
    expect(file.status).toBe(200);
    expect(file.headers.get('content-type')).toBe(type);
    expect(file.headers.get('x-content-type-options')).toBe('nosniff');
    expect(file.html).toBe(readFileSync(`dist/assets/${name}`, 'utf8'));
  });

  test('may be kept for good under the name of its build', async () => {
    const dashboard = await startDashboard();
    const { assets } = dashboard;
    const file = await dashboard.page(assets.url('dashboard.css'));
    expect(assets.url('dashboard.css')).toBe(`/static/${assets.build}/dashboard.css`);
    expect(file.status).toBe(200);
    expect(file.headers.get('cache-control')).toBe('public, max-age=31536000, immutable');
  });

  test('has to be asked for again under its own name, and under that of another build', async () => {
    const dashboard = await startDashboard();
    for (const path of ['/static/dashboard.css', '/static/0123456789ab/dashboard.css']) {
      const file = await dashboard.page(path);
      expect(file.status).toBe(200);
      expect(file.headers.get('cache-control')).toBe('no-cache');
    }
  });

  test('is not sent again to who has it', async () => {
    const dashboard = await startDashboard();
    for (const path of ['/static/dashboard.css', dashboard.assets.url('dashboard.css')]) {
      const etag = (await dashboard.page(path)).headers.get('etag') ?? '';
      expect(etag).toMatch(/^"[\w-]{16}"$/);
      const again = await dashboard.page(path, { 'If-None-Match': etag });
      expect(again).toMatchObject({ status: 304, html: '' });
      // As a proxy that compresses makes of it.
      const weak = await dashboard.page(path, { 'If-None-Match': `"other", W/${etag}` });
      expect(weak.status).toBe(304);
      expect(again.headers.get('etag')).toBe(etag);
      expect((await dashboard.page(path, { 'If-None-Match': '"other"' })).status).toBe(200);
    }
  });

  test('answers HEAD with its length', async () => {
    const dashboard = await startDashboard();
    const head = await dashboard.send('/static/dashboard.css', { method: 'HEAD' });
    const { length } = readFileSync('dist/assets/dashboard.css');
    expect(head).toMatchObject({ status: 200, html: '' });
    expect(head.headers.get('content-length')).toBe(String(length));
  });
});

test.each([
  '/static/',
  '/static',
  '/static/nothing.css',
  '/static/tsconfig.json',
  '/static/../package.json',
  '/static/..%2fpackage.json',
  '/static/%2e%2e%2f%2e%2e%2fpackage.json',
  '/static/..%5cpackage.json',
  '/static//etc/passwd',
  '/static/dashboard.css/',
  '/static/dashboard.css%00',
  '/static/Dashboard.css',
  '/static/0123456789AB/dashboard.css',
  '/static/0123456789ab/0123456789ab/dashboard.css',
  '/static/constructor',
  '/static/__proto__',
])('%s is nothing', async (path) => {
  const { port } = await startDashboard();
  // As it is: fetch would resolve the dots.
  const received = await exchange(
    port,
    `GET ${path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n`,
  );
  expect(received).toMatch(/^HTTP\/1\.1 404 /);
  expect(received).toContain('"code":"route_not_found"');
});

test('nothing is sent by another method than GET', async () => {
  const dashboard = await startDashboard();
  expect((await dashboard.submit('/static/dashboard.css')).status).toBe(404);
});

test('a page can name only what is there', () => {
  expect(() => new Assets().url('nothing.css')).toThrow('there is no asset nothing.css');
});

test('the build is the same at every start, and nothing is left out of it', () => {
  const [one, other] = [new Assets(), new Assets()];
  expect(one.build).toMatch(/^[\da-f]{12}$/);
  expect(one.build).toBe(other.build);
  const served = readdirSync('dist/assets').filter((name) => name !== 'tsconfig.json');
  expect(Object.keys(TYPES).sort()).toEqual(served.sort());
});
