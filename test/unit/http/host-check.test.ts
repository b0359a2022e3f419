import { describe, expect, test } from 'vitest';
import { hostCheck } from '../../../src/interfaces/http/host-check.js';
import { exchange, startApi } from './api.js';

describe('hostCheck', () => {
  const isAllowed = hostCheck(['jobs.example.com', 'Mixed.Example', '0.0.0.0']);

  test.each([
    'localhost',
    'localhost:6390',
    'LOCALHOST:6390',
    'localhost.',
    'localhost.:6390',
    'localhost:',
    '127.0.0.1',
    '127.0.0.1:6390',
    '10.1.2.3:80',
    '0.0.0.0:6390',
    '255.255.255.255',
    '[::1]',
    '[::1]:6390',
    '[fe80::1]',
    '[2001:db8::1]:443',
    '[::ffff:127.0.0.1]',
    'jobs.example.com',
    'jobs.example.com:6390',
    'JOBS.Example.COM',
    'jobs.example.com.:80',
    'mixed.example',
  ])('answers to %s', (host) => {
    expect(isAllowed(host)).toBe(true);
  });

  test.each([
    '',
    ':6390',
    '.',
    'evil.example',
    'evil.example:6390',
    'localhost.evil.example',
    'evil-localhost',
    'localhost..',
    'localhost:6390:1',
    'localhost:http',
    'localhost/',
    'localhost@evil.example',
    'user@localhost',
    'localhost evil.example',
    'xjobs.example.com',
    'jobs.example.com.evil.example',
    '127.0.0.1.evil.example',
    '127.0.0.256',
    '127.1',
    '2130706433',
    '0x7f000001',
    '::1',
    '[::1',
    '::1]',
    '[evil.example]',
    '[127.0.0.1]',
    '[::1].evil.example',
  ])('does not answer to %j', (host) => {
    expect(isAllowed(host)).toBe(false);
  });

  test('takes no time over a long one', () => {
    expect(isAllowed('.'.repeat(16_000))).toBe(false);
    expect(isAllowed('a'.repeat(16_000))).toBe(false);
    expect(isAllowed(`[${':'.repeat(16_000)}`)).toBe(false);
  });
});

describe('a request', () => {
  const get = (host: string, version = '1.1') =>
    `GET /health HTTP/${version}\r\n${host}Connection: close\r\n\r\n`;

  test('for another host is misdirected', async () => {
    const api = await startApi();
    const received = await exchange(api.port, get('Host: evil.example:6390\r\n'));
    expect(received).toMatch(/^HTTP\/1\.1 421 Misdirected Request\r\nX-Request-Id: .*-1\r\n/);
    expect(JSON.parse(received.slice(received.indexOf('{')))).toEqual({
      error:
        'Host "evil.example:6390" is not one of this server; if it should be, add it to server.allowed_hosts (MININQ_SERVER_ALLOWED_HOSTS)',
      status: 421,
      code: 'host_not_allowed',
      request_id: '018d0c5b-c400-7000-8000-000000000001-1',
    });
  });

  test('for another host is refused on every path, and before its body', async () => {
    const api = await startApi();
    for (const path of ['/', '/jobs', '/nope', '/jobs/%zz']) {
      const request = `POST ${path} HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 5\r\nConnection: close\r\n\r\n`;
      expect(await exchange(api.port, request)).toMatch(/^HTTP\/1\.1 421 /);
    }
  });

  test.each(['Host: localhost\r\n', 'Host: JOBS.example.com.:1\r\n', 'Host: [::1]:9\r\n'])(
    'with %j is answered',
    async (host) => {
      const api = await startApi();
      expect(await exchange(api.port, get(host))).toMatch(/^HTTP\/1\.1 200 /);
    },
  );

  test('without Host is answered in HTTP/1.0, and malformed in HTTP/1.1', async () => {
    const api = await startApi();
    expect(await exchange(api.port, get('', '1.0'))).toMatch(/^HTTP\/1\.1 200 /);
    const refused = await exchange(api.port, get(''));
    expect(refused).toMatch(/^HTTP\/1\.1 400 /);
    expect(refused).toContain('"error":"The request has no Host header"');
  });
});
