import { describe, expect, test } from 'vitest';
import { throughputChart } from '../../../src/interfaces/dashboard/chart.js';
import { NOW } from '../../support/jobs.js';
import { Page } from './pages.js';

/** An hour in which these things happened, by the minute that they happened in. */
function chartOf(minutes: Readonly<Record<number, readonly [completed: number, failed: number]>>) {
  const hour = Array.from({ length: 60 }, (_, index) => {
    const [completed, failed] = minutes[index] ?? [0, 0];
    return { minute: NOW - (59 - index) * 60_000, completed, failed };
  });
  return new Page(200, new Headers(), throughputChart(hour).toString());
}

/** The bars: where each stands and how high it is, of a hundred. */
function barsOf(chart: Page) {
  return chart.elements('rect').map(({ attributes }) => ({
    kind: attributes['class'],
    x: Number(attributes['x']),
    y: Number(attributes['y']),
    height: Number(attributes['height']),
  }));
}

test('an empty hour has a scale and no bars', () => {
  const chart = chartOf({});
  expect(barsOf(chart)).toEqual([]);
  expect(chart.text).toContain('1 a minute');
  expect(chart.elements('svg')[0]?.attributes['aria-label']).toBe(
    'Throughput of the last hour by minute: 0 jobs completed, 0 attempts failed',
  );
});

test('bars stand on each other in their minute, as high as there was much', () => {
  const chart = chartOf({ 0: [10, 0], 30: [5, 2], 59: [0, 4] });
  expect(barsOf(chart)).toEqual([
    { kind: 'done', x: 0, y: 0, height: 100 },
    { kind: 'wrong', x: 0, y: 0, height: 0 },
    { kind: 'done', x: 300, y: 50, height: 50 },
    { kind: 'wrong', x: 300, y: 30, height: 20 },
    { kind: 'done', x: 590, y: 100, height: 0 },
    { kind: 'wrong', x: 590, y: 60, height: 40 },
  ]);
  expect(chart.text).toContain('10 a minute');
});

test('each bar says what it stands for, and the picture the sum', () => {
  const chart = chartOf({ 0: [1234, 1], 59: [1, 0] });
  expect(chart.texts('title')).toEqual([
    '09:01 UTC: 1,234 completed, 1 failed attempt',
    '10:00 UTC: 1 completed, 0 failed attempts',
  ]);
  expect(chart.elements('svg')[0]?.attributes['aria-label']).toBe(
    'Throughput of the last hour by minute: 1,235 jobs completed, 1 attempts failed',
  );
});

test('the axis tells the quarters of the hour', () => {
  expect(chartOf({}).texts('span')).toEqual(['09:01', '09:16', '09:31', '09:46', 'now']);
});

describe('the scale', () => {
  test.each([
    [1, '1'],
    [2, '2'],
    [3, '5'],
    [6, '10'],
    [11, '20'],
    [100, '100'],
    [101, '200'],
    [999, '1,000'],
    [1000, '1,000'],
    [2001, '5,000'],
    [123_456, '200,000'],
  ])('of %d at most goes up to %s', (completed, peak) => {
    expect(chartOf({ 5: [completed, 0] }).text).toContain(`${peak} a minute`);
  });

  test('is that of both kinds together', () => {
    expect(chartOf({ 5: [60, 50], 6: [90, 0] }).text).toContain('200 a minute');
  });
});

describe('what happened at all is seen', () => {
  test.each<[string, number, number]>([
    ['one of very many that completed', 1999, 1],
    ['one of very many that failed', 1, 1999],
    ['one beside a minute of very many', 1, 0],
  ])('%s', (_case, completed, failed) => {
    const bars = barsOf(chartOf({ 0: [2000, 0], 30: [completed, failed] })).filter(({ x }) => x === 300);
    for (const { kind, y, height } of bars) {
      expect(height).toBeGreaterThanOrEqual(kind === 'done' || failed > 0 ? 1 : 0);
      expect(y).toBeGreaterThanOrEqual(0);
      expect(y + height).toBeLessThanOrEqual(100);
    }
    expect(bars).toHaveLength(2);
  });
});
