import { describe, expect, test } from 'vitest';
import {
  absoluteTime,
  formatCount,
  formatDuration,
  formatUtc,
  plural,
  time,
} from '../../../src/interfaces/dashboard/format.js';
import { NOW } from '../../support/jobs.js';

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];

describe('a duration', () => {
  test.each([
    [-5, '0 ms'],
    [0, '0 ms'],
    [1, '1 ms'],
    [999, '999 ms'],
    [SECOND, '1 s'],
    [1049, '1 s'],
    [1099, '1 s'],
    [1100, '1.1 s'],
    [9999, '9.9 s'],
    [10 * SECOND, '10 s'],
    [MINUTE - 1, '59 s'],
    [MINUTE, '1 min'],
    [MINUTE + SECOND, '1 min 1 s'],
    [200 * SECOND, '3 min 20 s'],
    [HOUR - 1, '59 min 59 s'],
    [HOUR, '1 h'],
    [HOUR + MINUTE - 1, '1 h'],
    [HOUR + MINUTE, '1 h 1 min'],
    [DAY - 1, '23 h 59 min'],
    [DAY, '1 d'],
    [DAY + HOUR - 1, '1 d'],
    [DAY + HOUR, '1 d 1 h'],
    [36_525 * DAY, '36525 d'],
  ])('of %d ms: %s', (ms, text) => {
    expect(formatDuration(ms)).toBe(text);
  });
});

test.each([
  [0, '0'],
  [999, '999'],
  [1000, '1,000'],
  [1_234_567, '1,234,567'],
])('the count %d: %s', (count, text) => {
  expect(formatCount(count)).toBe(text);
});

test('things are counted in the singular and in the plural', () => {
  const texts = [0, 1, 2, 1200].map((count) => plural(count, 'job'));
  expect(texts).toEqual(['0 jobs', '1 job', '2 jobs', '1,200 jobs']);
  expect([1, 2].map((count) => plural(count, 'delivery', 'deliveries'))).toEqual([
    '1 delivery',
    '2 deliveries',
  ]);
});

describe('an instant', () => {
  test('is shown in UTC, down to the second', () => {
    expect(formatUtc(NOW + 5999)).toBe('2024-01-15 10:00:05');
    expect(formatUtc(0)).toBe('1970-01-01 00:00:00');
  });

  test('stands there for readers and for the script', () => {
    expect(time(NOW + 1).toString()).toBe(
      '<time datetime="2024-01-15T10:00:00.001Z" title="2024-01-15 10:00:00 UTC" data-relative="">2024-01-15 10:00:00</time>',
    );
  });

  test('that is to stay as it is has no mark for the script', () => {
    expect(absoluteTime(NOW).toString()).toBe(
      '<time datetime="2024-01-15T10:00:00.000Z">2024-01-15 10:00:00</time>',
    );
  });

  test('that never was is said to be none', () => {
    expect(time(null).toString()).toBe('<span class="none">never</span>');
    expect(absoluteTime(null).toString()).toBe('<span class="none">–</span>');
  });
});
