import type { networkInterfaces } from 'node:os';
import { describe, expect, test } from 'vitest';
import {
  hasSourceFor,
  scopeReader,
  type Ipv6Scope,
} from '../../../src/infrastructure/dispatch/ipv6-scope.js';
import { shortageCode } from '../../../src/infrastructure/dispatch/own-shortage.js';

function systemError(code: string, details: { address?: string; port?: number } = {}): Error {
  return Object.assign(new Error(`connect ${code}`), { code }, details);
}

describe('what this machine lacks', () => {
  test.each([
    ['descriptors of this process', systemError('EMFILE'), 'EMFILE'],
    ['descriptors of the system', systemError('ENFILE'), 'ENFILE'],
    ['buffers', systemError('ENOBUFS'), 'ENOBUFS'],
    ['memory', systemError('ENOMEM'), 'ENOMEM'],
    ['ports', systemError('EADDRNOTAVAIL', { address: '192.0.2.1', port: 80 }), 'EADDRNOTAVAIL'],
    [
      'descriptors for one of several addresses',
      new AggregateError([systemError('ETIMEDOUT'), systemError('EMFILE'), systemError('ECONNREFUSED')]),
      'EMFILE',
    ],
  ])('%s', (_, error, code) => {
    expect(shortageCode(error)).toBe(code);
  });

  test.each([
    ['a target that refuses', systemError('ECONNREFUSED')],
    ['several that do', new AggregateError([systemError('ECONNREFUSED'), systemError('ETIMEDOUT')])],
    ['port 0, which some systems refuse so', systemError('EADDRNOTAVAIL', { address: '192.0.2.1', port: 0 })],
    ['an error without a code', new Error('oops')],
    ['no error at all', undefined],
  ])('is not %s', (_, error) => {
    expect(shortageCode(error)).toBeNull();
  });
});

test.each<[string, Ipv6Scope, boolean]>([
  ['192.0.2.1', 'none', true],
  ['::1', 'none', false],
  ['::1', 'loopback', true],
  ['2001:db8::1', 'none', false],
  ['2001:db8::1', 'loopback', false],
  ['2001:db8::1', 'site', true],
  ['2001:db8::1', 'global', true],
])('%s can be reached by a machine with the scope "%s": %s', (address, scope, reachable) => {
  expect(hasSourceFor(address, scope)).toBe(reachable);
});

test('where the addresses of this machine cannot be read, it reaches as far as it did', () => {
  let interfaces: typeof networkInterfaces = () => ({
    eth0: [
      {
        address: '2001:db8::1',
        netmask: 'ffff:ffff:ffff:ffff::',
        family: 'IPv6',
        mac: '00:00:5e:00:53:01',
        internal: false,
        cidr: '2001:db8::1/64',
        scopeid: 0,
      },
    ],
  });
  const scope = scopeReader(() => interfaces());
  interfaces = () => {
    throw systemError('ERR_SYSTEM_ERROR');
  };
  expect(scope()).toBe('global');
  interfaces = () => ({});
  expect(scope()).toBe('none');
});
