import { describe, expect, test } from 'vitest';
import { inTurn, type Case, type Row } from '../../../bench/case.js';
import { report, table } from '../../../bench/report.js';
import { percentile, spread } from '../../../bench/statistics.js';

const CASE: Case = { title: 'what', yardstick: 'a stick', run: () => Promise.resolve([]) };

function rowOf(row: Partial<Row>) {
  const full = {
    measure: 'm',
    unit: 'jobs/s',
    mininq: [30, 10, 20],
    yardstick: [10, 10, 10],
    goal: null,
    ...row,
  };
  const [reported] = report('name', CASE, 1.4, [full]).rows;
  if (!reported) throw new Error('no row');
  return reported;
}

describe('a percentile', () => {
  test.each([
    [[3, 1, 2], 50, 2],
    [[4, 1, 2, 3], 50, 2.5],
    [[5], 99, 5],
    [Array.from({ length: 200 }, (_, i) => i + 1), 99, 198],
    [[2, 1], 0, 1],
    [[2, 1], 100, 2],
  ])('of %j at %d is %d', (figures, percent, expected) => {
    expect(percentile(figures, percent)).toBe(expected);
  });

  test('of nothing is an error', () => {
    expect(() => spread([])).toThrow('no figures');
  });
});

describe('a row', () => {
  test('has the ratio of each round, not that of the medians', () => {
    const row = rowOf({ mininq: [100, 1, 100], yardstick: [100, 100, 1] });
    expect(row.ratio).toEqual({ median: 1, min: 0.01, max: 100 });
    expect(row.mininq.median).toBe(100);
  });

  test.each([
    [{ of: 'ratio', atLeast: 2 }, '>= 2', true],
    [{ of: 'ratio', atLeast: 2.1 }, '>= 2.1', false],
    [{ of: 'ratio', atMost: 2 }, '<= 2', true],
    [{ of: 'ratio', atMost: 1.9 }, '<= 1.9', false],
    [{ of: 'value', atMost: 20 }, '<= 20 jobs/s', true],
    [{ of: 'value', atMost: 19 }, '<= 19 jobs/s', false],
  ] as const)('tells whether %j is reached', (goal, text, reached) => {
    expect(rowOf({ goal })).toMatchObject({ goal: text, reached });
  });

  test('may have no goal', () => {
    expect(rowOf({})).toMatchObject({ goal: null, reached: null });
  });
});

test('the table shows each row, a missed goal, and a case that was skipped', () => {
  const missed: Row = {
    measure: 'adding',
    unit: 'jobs/s',
    mininq: [1234.5],
    yardstick: [2469],
    goal: { of: 'ratio', atLeast: 1 },
  };
  const lines = table([
    report('first', CASE, 1, [missed]),
    report('second', CASE, 1, { skipped: 'no server' }),
  ]).split('\n');
  expect(lines[2]).toMatch(
    /^\| first +\| adding +\| 1,235 jobs\/s +\| 2,469 jobs\/s +\| 0\.5 \(0\.5 - 0\.5\) +\| >= 1 +\| MISSED +\|$/,
  );
  expect(lines[3]).toMatch(/^\| second +\| SKIPPED: no server +\|/);
  expect(new Set(lines.map(({ length }) => length)).size).toBe(1);
});

test('contestants take turns, and take turns in beginning', async () => {
  const order: string[] = [];
  const contestant = (name: string) => (round: number) => {
    order.push(`${name}${round}`);
    return Promise.resolve(round);
  };
  const figures = await inTurn(3, contestant('m'), contestant('y'));
  expect(order).toEqual(['m0', 'y0', 'y1', 'm1', 'm2', 'y2']);
  expect(figures).toEqual({ mininq: [0, 1, 2], yardstick: [0, 1, 2] });
});
