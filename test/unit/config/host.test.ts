import { describe, expect, test } from 'vitest';
import { isHost } from '../../../src/application/host.js';

describe('isHost', () => {
  test.each([
    '0.0.0.0',
    '255.255.255.255',
    '::',
    '::1',
    'fe80::1%eth0',
    'FE80::1%en-0.1',
    '::ffff:10.0.0.1',
    '2001:db8:0:0:0:0:0:1',
    'localhost',
    'Jobs.Example.com',
    'xn--mnchen-3ya.example',
    'my_service',
    '3com.example',
    'a',
    `${'a'.repeat(63)}.example`,
    `${'a.'.repeat(126)}a`,
  ])('%s', (text) => {
    expect(isHost(text)).toBe(true);
  });

  test.each([
    '',
    ' ',
    ' localhost',
    'localhost ',
    'local host',
    'localhost\n',
    'localhost:80',
    '[::1]',
    '[::1]:80',
    'http://localhost',
    'localhost/',
    'user@localhost',
    '256.0.0.1',
    '1.2.3',
    '1',
    '01.2.3.4',
    '1.2.3.4.5',
    'host.1',
    '1::2::3',
    '12345::',
    '::1]/[',
    ':',
    '%eth0',
    '::1%',
    '::1%a b',
    '-a.example',
    'a-.example',
    'a..b',
    '.a',
    'a.',
    '*',
    '*.example.com',
    'münchen.example',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(127)}a`,
  ])('not %j', (text) => {
    expect(isHost(text)).toBe(false);
  });
});
