import { expect, test } from 'vitest';
import { FailureLimit } from '../../../src/interfaces/http/failure-limit.js';
import { FakeClock } from '../../support/fake-clock.js';

function start() {
  const clock = new FakeClock();
  const limit = new FailureLimit(clock);
  const fail = (address: string, times: number) => {
    for (let i = 0; i < times; i++) limit.record(address);
  };
  return { clock, limit, fail };
}

test('the tenth failure makes an address wait, and says so', () => {
  const { limit } = start();
  const said = Array.from({ length: 10 }, () => limit.record('192.0.2.1'));
  expect(said).toEqual([...Array<boolean>(9).fill(false), true]);
  expect(limit.waitMs('192.0.2.1')).toBe(60_000);
  expect(limit.waitMs('192.0.2.2')).toBe(0);
});

test('ten failures over more than a minute do not', () => {
  const { clock, limit } = start();
  for (let i = 0; i < 100; i++) {
    expect(limit.waitMs('192.0.2.1')).toBe(0);
    limit.record('192.0.2.1');
    clock.advance(6_700);
  }
});

test.each([
  ['2001:db8::1', '2001:db8::ffff:0:0:2', true],
  ['2001:db8:0:0:1::', '2001:db8:0:0:2::', true],
  ['2001:db8:0:1::1', '2001:db8:0:2::1', false],
  ['::ffff:192.0.2.1', '192.0.2.1', true],
  ['::ffff:c000:201', '192.0.2.1', true],
  ['::ffff:192.0.2.1', '::ffff:192.0.2.2', false],
  ['192.0.2.1', '192.0.2.10', false],
  ['fe80::1%eth0', 'fe80::2%eth1', true],
])('%s and %s are the same client: %s', (one, other, same) => {
  const { limit, fail } = start();
  fail(one, 10);
  expect(limit.waitMs(other) > 0).toBe(same);
});

test('no more than ten thousand addresses are remembered: those that failed last', () => {
  const { limit, fail } = start();
  fail('192.0.2.1', 10);
  fail('192.0.2.2', 10);
  const others = (from: number, to: number) => {
    for (let i = from; i < to; i++) limit.record(`10.${i >> 16}.${(i >> 8) & 255}.${i & 255}`);
  };
  others(0, 9_998);
  expect([limit.waitMs('192.0.2.1') > 0, limit.waitMs('192.0.2.2') > 0]).toEqual([true, true]);
  others(9_998, 9_999);
  expect([limit.waitMs('192.0.2.1') > 0, limit.waitMs('192.0.2.2') > 0]).toEqual([false, true]);
});
