import { IncomingMessage } from 'node:http';
import { Socket } from 'node:net';
import { describe, expect, test } from 'vitest';
import { clientAddress, parseProxy } from '../../../src/interfaces/http/client-address.js';

function requestFrom(peer: string | undefined, forwardedFor?: string): IncomingMessage {
  const socket = new Socket();
  Object.defineProperty(socket, 'remoteAddress', { value: peer });
  const request = new IncomingMessage(socket);
  if (forwardedFor !== undefined) request.headers['x-forwarded-for'] = forwardedFor;
  return request;
}

function addressBehind(proxies: readonly string[], peer: string | undefined, forwardedFor?: string): string {
  const trusted = proxies.flatMap((proxy) => parseProxy(proxy) ?? []);
  expect(trusted).toHaveLength(proxies.length);
  return clientAddress(trusted)(requestFrom(peer, forwardedFor));
}

describe('without trusted proxies', () => {
  test.each([
    ['192.0.2.1', '192.0.2.1'],
    ['::ffff:192.0.2.1', '192.0.2.1'],
    ['2001:db8::1', '2001:db8::1'],
    [undefined, ''],
  ])('%s is %s, whatever is forwarded', (peer, address) => {
    expect(addressBehind([], peer)).toBe(address);
    expect(addressBehind([], peer, '198.51.100.1')).toBe(address);
  });
});

describe('with trusted proxies', () => {
  const proxies = ['127.0.0.1', '10.0.0.0/8', '2001:db8:1::/48'];

  test.each([
    // [peer, X-Forwarded-For, address]
    ['192.0.2.1', '198.51.100.1', '192.0.2.1'],
    ['127.0.0.1', undefined, '127.0.0.1'],
    ['127.0.0.1', '', '127.0.0.1'],
    ['127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['::ffff:127.0.0.1', '198.51.100.1', '198.51.100.1'],
    ['127.0.0.1', '203.0.113.9, 198.51.100.1', '198.51.100.1'],
    ['127.0.0.1', '203.0.113.9,198.51.100.1 ,10.1.2.3', '198.51.100.1'],
    ['127.0.0.1', '198.51.100.1, ::ffff:10.1.2.3, 2001:db8:1::7', '198.51.100.1'],
    ['127.0.0.1', '198.51.100.1, ::ffff:a01:203', '198.51.100.1'],
    ['127.0.0.1', '10.0.0.1, 10.0.0.2', '10.0.0.1'],
    ['127.0.0.1', '2001:DB8:2::1', '2001:DB8:2::1'],
    ['127.0.0.1', '198.51.100.1:4711', '198.51.100.1'],
    ['127.0.0.1', '[2001:db8:2::1]:4711', '2001:db8:2::1'],
    ['127.0.0.1', '[2001:db8:2::1]', '2001:db8:2::1'],
    // What is no address ends it.
    ['127.0.0.1', '198.51.100.1, unknown', '127.0.0.1'],
    ['127.0.0.1', '198.51.100.1, ', '127.0.0.1'],
    ['127.0.0.1', '198.51.100.1, junk, 10.0.0.2', '10.0.0.2'],
    ['127.0.0.1', 'fe80::1%<script>', '127.0.0.1'],
    ['127.0.0.1', '0x7f.1', '127.0.0.1'],
    ['127.0.0.1', '1.2.3.4:x', '127.0.0.1'],
    ['127.0.0.1', `${'10.0.0.1,'.repeat(1500)}10.0.0.1`, '10.0.0.1'],
  ])('%s with %j is %s', (peer, forwardedFor, address) => {
    expect(addressBehind(proxies, peer, forwardedFor)).toBe(address);
  });

  test.each(['', 'proxy', '10.0.0.1/8', '10.0.0.0/33', '::1%lo', '1.2.3', '*'])('%j is none', (text) => {
    expect(parseProxy(text)).toBeNull();
  });
});
