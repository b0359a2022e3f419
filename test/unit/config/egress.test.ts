import { describe, expect, test } from 'vitest';
import { load, refusal } from './load.js';

describe('what [egress] refuses', () => {
  test.each([
    ['private = "false"', 'egress.private must be true or false, not "false" in quotes'],
    ['private = 0', 'egress.private must be true or false, not 0'],
    [
      'allow = ["10.0.0.1/8"]',
      'egress.allow must be a list of host names, *.domains, IP addresses (without brackets) and networks such as 10.0.0.0/8, but holds "10.0.0.1/8"',
    ],
    [
      'deny = ["*"]',
      'egress.deny must be a list of host names, *.domains, IP addresses (without brackets) and networks such as 10.0.0.0/8, but holds "*"',
    ],
    ['deny_ports = [0]', 'egress.deny_ports must be a list of ports, but holds 0'],
    [
      'proxy = "socks5://user:hunter2@proxy.test"',
      'egress.proxy must be the http or https URL of a proxy, such as http://user:password@proxy.example:3128, without a path',
    ],
    [
      'proxy = "http://proxy.test/path"',
      'egress.proxy must be the http or https URL of a proxy, such as http://user:password@proxy.example:3128, without a path',
    ],
    [
      'tls.hosts = [{ host = "a.test", cert = "c.pem" }]',
      'egress.tls.hosts must be a list of tables { host, cert, key, ca }; item 1 (a.test) must have both cert and key, or neither',
    ],
    [
      'tls.hosts = [{ host = "a.test" }]',
      'egress.tls.hosts must be a list of tables { host, cert, key, ca }; item 1 (a.test) must have cert and key, or ca',
    ],
    [
      'tls.hosts = [{ host = "a.test", ca = "a.pem" }, { host = "a:1", ca = "a.pem" }]',
      'egress.tls.hosts must be a list of tables { host, cert, key, ca }; item 2 must have a host: a host name, *.domain, IP address or CIDR network',
    ],
    [
      'tls.hosts = [{ host = "a.test", cafile = "a.pem" }]',
      'egress.tls.hosts must be a list of tables { host, cert, key, ca }; item 1 has an unknown key "cafile"; its keys are host, cert, key, ca',
    ],
  ])('%s', (line, problem) => {
    expect(refusal({ file: `[egress]\n${line}\n` })).toBe(`mininq.toml: ${problem}`);
  });
});

test('tables of hosts may be written one by one', () => {
  const file = '[egress.tls]\nca = "own.pem"\n[[egress.tls.hosts]]\nhost = "a.test"\nca = "a.pem"\n';
  expect(load({ file }).config.egress.tls).toEqual({
    ca: 'own.pem',
    hosts: [{ host: 'a.test', cert: null, key: null, ca: 'a.pem' }],
  });
});
