import { describe, expect, test } from 'vitest';
import { classOf } from '../../../src/domain/egress/address-class.js';
import { EgressPolicy, egressTarget } from '../../../src/domain/egress/egress-policy.js';
import { parseIp } from '../../../src/domain/egress/ip-address.js';
import { callbackTarget } from '../../../src/infrastructure/dispatch/callback-target.js';

/** As little as there is: public addresses only. */
const policy = new EgressPolicy({ private: false, allow: [], deny: [], denyPorts: [], httpsOnly: false });

/** What a callback_url comes to: `no URL`, `lookup` (of a name), `public`, or the class for which it is refused. */
function verdict(callbackUrl: string): string {
  const origin = callbackTarget(callbackUrl)?.origin;
  if (origin === undefined) return 'no URL';
  const target = egressTarget(new URL(origin));
  const refusal = policy.refusal(target);
  if (refusal === null) return parseIp(target.hostname) === null ? 'lookup' : 'public';
  return /(?:^|refuses )([a-z-]+) addresses /.exec(refusal)?.[1] ?? refusal;
}

/** The authority of a URL, or as much of it as matters, and its verdict. */
const FORMS: readonly (readonly [string, string])[] = [
  // Loopback, in each notation of IPv4.
  ['127.0.0.1', 'loopback'],
  ['127.0.0.1:8080', 'loopback'],
  ['127.255.255.254', 'loopback'],
  ['127.1', 'loopback'],
  ['127.0.1', 'loopback'],
  ['127.65530', 'loopback'],
  ['2130706433', 'loopback'],
  ['0x7f000001', 'loopback'],
  ['0X7F000001', 'loopback'],
  ['0x7f.1', 'loopback'],
  ['0x7f.0x0.0x0.0x1', 'loopback'],
  ['0177.0.0.1', 'loopback'],
  ['0177.1', 'loopback'],
  ['017700000001', 'loopback'],
  ['0177.0x0.0.1', 'loopback'],
  ['0000000127.0.0.1', 'public'],
  ['127.000.000.001', 'loopback'],
  ['127.0.0.1.', 'loopback'],
  ['127.0.0.01', 'loopback'],
  ['%31%32%37.0.0.1', 'loopback'],
  ['127%2e0%2e0%2e1', 'loopback'],
  // Digits and dots that IDNA takes for ASCII ones.
  ['１２７.0.0.1', 'loopback'],
  ['①②⑦.⓪.⓪.①', 'loopback'],
  ['127。0。0。1', 'loopback'],
  ['127．0．0．1', 'loopback'],
  ['127｡0｡0｡1', 'loopback'],
  ['𝟏𝟐𝟕.𝟎.𝟎.𝟏', 'loopback'],
  ['0ｘ7f.1', 'loopback'],
  ['127.0.0.1\u00ad', 'loopback'],
  ['12\u200b7.0.0.1', 'loopback'],
  // Not an address, and no name either.
  ['256.0.0.1', 'no URL'],
  ['127.0.0.256', 'no URL'],
  ['1.2.3.4.5', 'no URL'],
  ['0x100000000', 'no URL'],
  ['4294967296', 'no URL'],
  ['127.0.0.0x', 'loopback'],
  ['127.0.0.08', 'no URL'],
  ['127.0.0.1..', 'lookup'],
  ['[127.0.0.1]', 'no URL'],
  ['[::1', 'no URL'],
  ['::1', 'no URL'],
  ['[fe80::1%25lo]', 'no URL'],
  ['[fe80::1%lo]', 'no URL'],
  ['[::ffff:127.0.0.1.]', 'no URL'],
  ['127.0.0.1%00.example.com', 'no URL'],
  ['127.0.0.1 .example.com', 'no URL'],
  // Names of this machine.
  ['localhost', 'loopback'],
  ['LOCALHOST', 'loopback'],
  ['localhost.', 'loopback'],
  ['app.localhost', 'loopback'],
  ['a.b.localhost.', 'loopback'],
  ['ｌｏｃａｌｈｏｓｔ', 'loopback'],
  ['local%68ost', 'loopback'],
  ['localhost.example.com', 'lookup'],
  ['notlocalhost', 'lookup'],
  // What stands before an @ is no host.
  ['example.com@127.0.0.1', 'loopback'],
  ['example.com:80@127.0.0.1', 'loopback'],
  ['8.8.8.8%40x@127.0.0.1', 'loopback'],
  ['127.0.0.1@8.8.8.8', 'public'],
  ['127.0.0.1:80@[::1]', 'loopback'],
  ['127.0.0.1\\@8.8.8.8', 'loopback'],
  ['8.8.8.8\\@127.0.0.1', 'public'],
  ['127.0.0.1#@8.8.8.8', 'loopback'],
  ['127.0.0.1?@8.8.8.8', 'loopback'],
  // The rest of IPv4.
  ['0.0.0.0', 'unspecified'],
  ['0', 'unspecified'],
  ['0x0', 'unspecified'],
  ['0.1.2.3', 'unspecified'],
  ['10.0.0.1', 'private'],
  ['10.1', 'private'],
  ['012.0.0.1', 'private'],
  ['167772161', 'private'],
  ['172.15.255.255', 'public'],
  ['172.16.0.1', 'private'],
  ['172.31.255.255', 'private'],
  ['172.32.0.0', 'public'],
  ['192.168.0.1', 'private'],
  ['0xc0a80001', 'private'],
  ['192.169.0.1', 'public'],
  ['100.63.255.255', 'public'],
  ['100.64.0.1', 'shared'],
  ['100.127.255.255', 'shared'],
  ['100.128.0.0', 'public'],
  ['169.254.1.1', 'link-local'],
  ['169.254.169.254', 'metadata'],
  ['2852039166', 'metadata'],
  ['0xa9fea9fe', 'metadata'],
  ['0251.0376.0251.0376', 'metadata'],
  ['169.254.43518', 'metadata'],
  ['169.254.170.2', 'metadata'],
  ['100.100.100.200', 'metadata'],
  ['168.63.129.16', 'metadata'],
  ['192.0.0.192', 'metadata'],
  ['192.0.0.1', 'reserved'],
  ['192.0.2.1', 'documentation'],
  ['198.51.100.7', 'documentation'],
  ['203.0.113.9', 'documentation'],
  ['192.88.99.1', 'reserved'],
  ['198.17.255.255', 'public'],
  ['198.18.0.1', 'benchmarking'],
  ['198.19.255.255', 'benchmarking'],
  ['224.0.0.1', 'multicast'],
  ['239.255.255.250', 'multicast'],
  ['240.0.0.1', 'reserved'],
  ['255.255.255.255', 'reserved'],
  ['4294967295', 'reserved'],
  ['1.1.1.1', 'public'],
  ['8.8.8.8', 'public'],
  ['134744072', 'public'],
  // IPv6.
  ['[::1]', 'loopback'],
  ['[0:0:0:0:0:0:0:1]', 'loopback'],
  ['[0000:0000:0000:0000:0000:0000:0000:0001]:8080', 'loopback'],
  ['[::0.0.0.1]', 'loopback'],
  ['[::]', 'unspecified'],
  ['[0::0]', 'unspecified'],
  ['[fe80::1]', 'link-local'],
  ['[febf::1]', 'link-local'],
  ['[fec0::1]', 'private'],
  ['[fc00::1]', 'private'],
  ['[fdff:ffff::1]', 'private'],
  ['[fd00:ec2::254]', 'metadata'],
  ['[FD00:EC2:0:0:0:0:0:254]', 'metadata'],
  ['[fd20:ce::254]', 'metadata'],
  ['[ff02::1]', 'multicast'],
  ['[100::1]', 'reserved'],
  ['[2001:db8::1]', 'documentation'],
  ['[3fff:fff::1]', 'documentation'],
  ['[2001:2::1]', 'benchmarking'],
  ['[2001:10::1]', 'reserved'],
  ['[5f00::1]', 'reserved'],
  ['[4000::1]', 'reserved'],
  ['[2606:4700::1111]', 'public'],
  ['[2001:4860:4860::8888]', 'public'],
  // IPv4 within IPv6: compatible, mapped, translated, NAT64, 6to4, Teredo.
  ['[::127.0.0.1]', 'loopback'],
  ['[::7f00:1]', 'loopback'],
  ['[::a9fe:a9fe]', 'metadata'],
  ['[::8.8.8.8]', 'public'],
  ['[::ffff:127.0.0.1]', 'loopback'],
  ['[::ffff:7f00:1]', 'loopback'],
  ['[0:0:0:0:0:ffff:7f00:0001]', 'loopback'],
  ['[::ffff:10.0.0.1]', 'private'],
  ['[::ffff:169.254.169.254]', 'metadata'],
  ['[::ffff:0.0.0.0]', 'unspecified'],
  ['[::ffff:8.8.8.8]', 'public'],
  ['[::ffff:0:127.0.0.1]', 'loopback'],
  ['[64:ff9b::7f00:1]', 'loopback'],
  ['[64:ff9b::10.0.0.1]', 'private'],
  ['[64:ff9b::169.254.169.254]', 'metadata'],
  ['[64:ff9b::808:808]', 'public'],
  ['[64:ff9b:1::a9fe:a9fe]', 'reserved'],
  ['[2002:7f00:1::]', 'loopback'],
  ['[2002:a00:1::1]', 'private'],
  ['[2002:a9fe:a9fe::]', 'metadata'],
  ['[2002:808:808::]', 'public'],
  ['[2001:0:808:808:0:0:80ff:fffe]', 'loopback'],
  ['[2001::f5ff:fffe]', 'private'],
  ['[2001:0:808:808::f7f7:f7f7]', 'public'],
  // Other names, which the connection decides on.
  ['example.com', 'lookup'],
  ['example.com.', 'lookup'],
  ['bücher.example', 'lookup'],
  ['metadata.google.internal', 'lookup'],
  ['127.0.0.1.nip.io', 'lookup'],
  ['0x7f.1.example', 'lookup'],
  ['1e100.net', 'lookup'],
];

describe('every form of an address is judged by its bytes', () => {
  test.each(FORMS)('%s: %s', (authority, expected) => {
    expect(verdict(`http://${authority}/hook`)).toBe(expected);
    expect(verdict(`HTTPS://${authority}/hook`)).toBe(expected);
  });

  test('there are enough of them', () => {
    expect(new Set(FORMS.map(([form]) => form)).size).toBeGreaterThanOrEqual(80);
  });
});

describe('the text of an address', () => {
  test.each([
    ['fe80::1%eth0', 'link-local'],
    ['fe80::1%1', 'link-local'],
    ['::FFFF:127.0.0.1', 'loopback'],
    ['1:2:3:4:5:6:7::', 'reserved'],
  ])('%s, as a resolver or a socket gives it', (text, expected) => {
    const bytes = parseIp(text);
    expect(bytes === null ? null : classOf(bytes)).toBe(expected);
  });

  test.each([
    '',
    'localhost',
    '127.1',
    '0x7f.0.0.1',
    '0177.0.0.1',
    '127.0.0.1 ',
    '127.0.0.256',
    '127.0.0.1.',
    '1.2.3',
    '::1%',
    '%lo',
    ':',
    ':::',
    '::1::',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '1:2:3:4::5:6:7:8',
    '12345::',
    '::g',
    '1.2.3.4::',
    '::1.2.3',
    '::1.2.3.4:5',
    '[::1]',
  ])('%j is not guessed at', (text) => {
    expect(parseIp(text)).toBeNull();
  });
});
