import fc from 'fast-check';
import { expect, test } from 'vitest';
import { FOR_EVER, formatRetention, parseRetention } from '../../../src/domain/job/retention.js';
import { holds } from '../../support/property.js';

test.each([
  ['1s', 1000],
  ['90s', 90_000],
  ['30m', 1_800_000],
  ['12h', 43_200_000],
  ['7d', 604_800_000],
  ['36500d', 3_153_600_000_000],
  ['never', FOR_EVER],
])('%s is %d ms, and is written so again', (text, ms) => {
  expect(parseRetention(text)).toBe(ms);
  expect(parseRetention(formatRetention(ms))).toBe(ms);
});

test.each([
  '',
  '7',
  'd',
  '0d',
  '07d',
  '-7d',
  '1.5d',
  '7 d',
  ' 7d',
  '7D',
  '7w',
  '36501d',
  '9999999999d',
  'Never',
  '7d12h',
])('%j is none', (text) => {
  expect(parseRetention(text)).toBeNull();
});

test('any retention is written in the largest unit that says it exactly', () => {
  holds(
    fc.property(fc.integer({ min: 1, max: 3_153_600_000 }), (seconds) => {
      const text = formatRetention(seconds * 1000);
      expect(parseRetention(text)).toBe(seconds * 1000);
      if (text.endsWith('s')) expect(seconds % 60).not.toBe(0);
      if (text.endsWith('m')) expect((seconds / 60) % 60).not.toBe(0);
    }),
  );
});
