import { describe, expect, test } from 'vitest';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import {
  EgressPolicy,
  egressTarget,
  parseEgressEntry,
  type EgressSettings,
} from '../../../src/domain/egress/egress-policy.js';
import { egress } from '../../support/egress.js';

function refusal(url: string, settings: Partial<EgressSettings>): string | null {
  return egress(settings).refusal(egressTarget(new URL(url)));
}

const PRIVATE = 'egress.private = false refuses private addresses that egress.allow does not list';
const NEVER = 'metadata addresses are refused unless egress.allow lists the very one';
const DENIED = 'egress.deny refuses it';

describe('by default', () => {
  test.each([
    'http://127.0.0.1/',
    'http://localhost:3000/hook',
    'http://10.0.0.1/',
    'http://100.64.0.1/',
    'http://198.18.0.1/',
    'http://[fd00::1]/',
    'http://[::ffff:192.168.0.1]/',
    'https://8.8.8.8/',
  ])('%s may be reached', (url) => {
    expect(refusal(url, {})).toBeNull();
  });

  test.each([
    ['http://169.254.169.254/latest/meta-data/', NEVER],
    ['http://[fd00:ec2::254]/', NEVER],
    ['http://[64:ff9b::a9fe:a9fe]/', NEVER],
    ['http://169.254.0.1/', 'link-local addresses are refused unless egress.allow lists the very one'],
    ['http://0.0.0.0/', 'unspecified addresses are refused unless egress.allow lists the very one'],
    ['http://224.0.0.1/', 'multicast addresses are refused unless egress.allow lists the very one'],
    ['http://255.255.255.255/', 'reserved addresses are refused unless egress.allow lists the very one'],
  ])('%s may not', (url, reason) => {
    expect(refusal(url, {})).toBe(reason);
  });

  test.each(DEFAULT_CONFIG.egress.denyPorts)('port %i may not, on any host', (port) => {
    const reason = `egress.deny_ports refuses port ${port}`;
    expect(refusal(`http://example.com:${port}/`, { allow: ['example.com'] })).toBe(reason);
    expect(refusal(`https://127.0.0.1:${port}/`, {})).toBe(reason);
    expect(refusal(`http://example.com:${port}/`, { denyPorts: [] })).toBeNull();
  });
});

describe('the settings, in the order in which they count', () => {
  test.each<[string, string, Partial<EgressSettings>, string | null]>([
    ['https_only', 'http://example.com/', { httpsOnly: true }, 'egress.https_only refuses http'],
    ['https_only', 'https://example.com/', { httpsOnly: true }, null],
    [
      'https_only before allow',
      'http://a.test/',
      { httpsOnly: true, allow: ['a.test'] },
      'egress.https_only refuses http',
    ],
    [
      'deny_ports by the default of the scheme',
      'https://a.test/',
      { denyPorts: [443] },
      'egress.deny_ports refuses port 443',
    ],
    ['deny by name', 'http://bad.test/', { deny: ['bad.test'] }, DENIED],
    ['deny by name, letter case and dot', 'http://BAD.test./', { deny: ['bad.TEST.'] }, DENIED],
    ['deny by name beyond ASCII', 'http://xn--bcher-kva.example/', { deny: ['bücher.example'] }, DENIED],
    ['deny by name: no other', 'http://verybad.test/', { deny: ['bad.test'] }, null],
    ['deny by wildcard', 'http://a.b.bad.test/', { deny: ['*.bad.test'] }, DENIED],
    ['deny by wildcard: not the domain itself', 'http://bad.test/', { deny: ['*.bad.test'] }, null],
    ['deny by wildcard: not what only ends so', 'http://notbad.test/', { deny: ['*.bad.test'] }, null],
    ['deny by address', 'http://0x08.8.8.8/', { deny: ['8.8.8.8'] }, DENIED],
    ['deny by network', 'http://8.8.4.4/', { deny: ['8.8.0.0/16'] }, DENIED],
    ['deny by network of IPv4, embedded', 'http://[::ffff:8.8.4.4]/', { deny: ['8.8.0.0/16'] }, DENIED],
    ['deny by network of IPv4, NAT64', 'http://[64:ff9b::808:404]/', { deny: ['8.8.0.0/16'] }, DENIED],
    ['deny by network of IPv6', 'http://[2606:4700::1]/', { deny: ['2606:4700::/32'] }, DENIED],
    ['deny by network of all', 'http://8.8.8.8/', { deny: ['0.0.0.0/0'] }, DENIED],
    ['deny localhost by its address', 'http://localhost/', { deny: ['127.0.0.0/8', '::1'] }, DENIED],
    ['deny before allow, by name', 'http://a.test/', { deny: ['*.test'], allow: ['a.test'] }, DENIED],
    [
      'deny before allow, by address',
      'http://10.1.2.3/',
      { deny: ['10.0.0.0/8'], allow: ['10.1.2.3'] },
      DENIED,
    ],
    ['private', 'http://10.1.2.3/', { private: false }, PRIVATE],
    [
      'private: one address of localhost is enough',
      'http://localhost/',
      { private: false, allow: ['::1'] },
      null,
    ],
    ['allow by address', 'http://10.1.2.3/', { private: false, allow: ['10.1.2.3'] }, null],
    ['allow by address, embedded', 'http://[::ffff:a01:203]/', { private: false, allow: ['10.1.2.3'] }, null],
    ['allow by network', 'http://10.1.2.3/', { private: false, allow: ['10.0.0.0/8'] }, null],
    ['allow by network: no other', 'http://192.168.0.1/', { private: false, allow: ['10.0.0.0/8'] }, PRIVATE],
    [
      'allow by name of this machine',
      'http://app.localhost/',
      { private: false, allow: ['*.localhost'] },
      null,
    ],
    ['metadata, allowed by address', 'http://169.254.169.254/', { allow: ['169.254.169.254'] }, null],
    ['metadata, not by network', 'http://169.254.169.254/', { allow: ['169.254.0.0/16'] }, NEVER],
    ['metadata, not with the network of all', 'http://169.254.169.254/', { allow: ['0.0.0.0/0'] }, NEVER],
  ])('%s: %s %j', (_, url, settings, expected) => {
    expect(refusal(url, settings)).toBe(expected);
  });

  test('an address that a name resolves to is judged like one that is written out, but for allowed names', () => {
    const policy = egress({ private: false, allow: ['in.test', '10.1.2.3'], deny: ['10.9.9.9'] });
    expect(policy.addressRefusal('in.test', '10.0.0.1')).toBeNull();
    expect(policy.addressRefusal('other.test', '10.0.0.1')).toBe(PRIVATE);
    expect(policy.addressRefusal('other.test', '10.1.2.3')).toBeNull();
    expect(policy.addressRefusal('in.test', '10.9.9.9')).toBe(DENIED);
    expect(policy.addressRefusal('in.test', '169.254.169.254')).toBe(NEVER);
    expect(policy.addressRefusal('in.test', 'fe80::1%eth0')).toMatch(/^link-local /);
    expect(policy.addressRefusal('in.test', 'rubbish')).toBe('it has no address that could be checked');
  });
});

describe('entries', () => {
  test.each([
    'a',
    'a.b',
    '*.a',
    'a_b.test',
    '1.2.3.4',
    '::1',
    '10.0.0.0/8',
    '::/0',
    'fd00::/8',
    '1.2.3.4/32',
  ])('%s is one', (text) => {
    expect(parseEgressEntry(text)).not.toBeNull();
  });

  test.each([
    '',
    '*',
    '*.',
    '**.a',
    'a.*',
    '*a.test',
    'a b',
    'a:80',
    '[::1]',
    'http://a',
    'user@a',
    'a/b',
    'a%2e',
    'fe80::1%lo',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10.0.0.1/8',
    '10.0.0.0/255.0.0.0',
    '127.1',
    '0x7f.0.0.1',
    '*.1.2.3.4',
    '256.0.0.1',
    '::/129',
    'fd00::1/8',
  ])('%j is none', (text) => {
    expect(parseEgressEntry(text)).toBeNull();
    expect(() => new EgressPolicy({ ...DEFAULT_CONFIG.egress, deny: [text] })).toThrow(RangeError);
  });
});
