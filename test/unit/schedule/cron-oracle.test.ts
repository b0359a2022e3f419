import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import { nextTick } from '../../../src/domain/schedule/cron.js';
import { CRON_DIALECTS, type CronDialect } from '../../../src/domain/schedule/cron-fields.js';
import type { Clock } from '../../support/cron-oracle.js';
import { clockChanges, oracleTicks, readClock } from '../../support/cron-oracle.js';
import { ticksBetween, validCron } from '../../support/cron-ticks.js';
import { holds } from '../../support/property.js';

const [SECOND, MINUTE, HOUR, DAY] = [1000, 60_000, 3_600_000, 86_400_000];

/** The implementation against a walk through every instant of a window (test/support/cron-oracle.ts). */
function compare(expression: string, clock: Clock, dialect: CronDialect = 'crontab'): void {
  const expected = oracleTicks(expression, clock, dialect);
  const ticks = ticksBetween(validCron(expression, clock.zone, dialect), clock.start, clock.end);
  const strangers = (some: number[], others: number[]) => {
    const known = new Set(others);
    return some.filter((tick) => !known.has(tick)).map((tick) => new Date(tick).toISOString());
  };
  expect(
    { missing: strangers(expected, ticks), wrong: strangers(ticks, expected) },
    `${expression} in ${clock.zone}`,
  ).toEqual({ missing: [], wrong: [] });
  expect(ticks).toHaveLength(expected.length);
  compareFromBetween(expression, clock, dialect, expected);
}

/** Whoever asks at some other instant than a tick gets the same answer. */
function compareFromBetween(
  expression: string,
  clock: Clock,
  dialect: CronDialect,
  expected: readonly number[],
): void {
  const cron = validCron(expression, clock.zone, dialect);
  const stride = Math.floor((clock.end - clock.start) / 150) + 1;
  const wrong: string[] = [];
  let after = clock.start;
  for (const tick of expected) {
    for (; after < tick; after += stride) {
      if (nextTick(cron, after) !== tick) wrong.push(new Date(after).toISOString());
    }
  }
  expect(wrong, `${expression} in ${clock.zone}`).toEqual([]);
}

/** Around every change of the clock in these years: usual ones, odd ones, and those that broke other programs. */
const ZONES_AND_YEARS: [zone: string, first: number, last: number][] = [
  ['Europe/Amsterdam', 2023, 2023],
  ['Europe/Vienna', 2025, 2025],
  ['Europe/Dublin', 1971, 1972], // negative DST in winter
  ['Europe/Moscow', 2010, 2014],
  ['America/New_York', 2020, 2020],
  ['America/New_York', 2098, 2099],
  ['America/St_Johns', 2006, 2006], // at 00:01, across midnight when set back
  ['America/Sao_Paulo', 2014, 2014], // midnight does not exist
  ['America/Boa_Vista', 2000, 2000], // two changes within a week
  ['America/Caracas', 2007, 2007], // half an hour for good
  ['Australia/Melbourne', 2024, 2024],
  ['Australia/Lord_Howe', 2024, 2024], // half an hour
  ['Pacific/Apia', 2011, 2011], // a day that does not exist
  ['Pacific/Kwajalein', 1993, 1993], // another
  ['Africa/Casablanca', 2024, 2024], // twice a year, for Ramadan
  ['Africa/Cairo', 2014, 2014], // four times a year
  ['Asia/Gaza', 2023, 2023],
  ['Asia/Kathmandu', 1985, 1986], // a quarter of an hour
  ['Antarctica/Troll', 2024, 2024], // two hours
  ['Antarctica/Casey', 2018, 2018], // three hours
  ['Antarctica/Vostok', 1994, 1994], // seven hours
];

const changes = ZONES_AND_YEARS.flatMap(([zone, first, last]) =>
  clockChanges(zone, Date.UTC(first, 0, 1), Date.UTC(last + 1, 0, 1)).map((change) => ({ zone, change })),
);

/** Lists of ranges, steps and values with a liking for the hours in which clocks are changed. */
function anyField(min: number, max: number): fc.Arbitrary<string> {
  const value = fc.integer({ min, max });
  const range = fc.tuple(value, value).map((ends) => [Math.min(...ends), Math.max(...ends)].join('-'));
  const step = fc.integer({ min: 1, max: Math.min(31, max - min + 1) });
  const base = fc.oneof(fc.constant('*'), value.map(String), range);
  const item = fc.oneof(
    base,
    fc.tuple(base, step).map((parts) => parts.join('/')),
  );
  return fc.array(item, { minLength: 1, maxLength: 2 }).map((items) => items.join(','));
}

const anyMinute = fc.oneof(fc.constantFrom('0', '30', '*', '*/30', '*/5', '1,59'), anyField(0, 59));
const anyHour = fc.oneof(
  fc.constantFrom('*', '0', '1', '2', '3', '23', '*/2', '0-4', '22-23', '0/1'),
  anyField(0, 23),
);
const anyDays = fc.oneof(
  fc.constant('* * *'),
  fc.tuple(anyField(1, 31), anyField(1, 12), anyField(0, 7)).map((fields) => fields.join(' ')),
);
const byMinute = fc.tuple(anyMinute, anyHour, anyDays).map((fields) => `0 ${fields.join(' ')}`);
const bySecond = fc
  .tuple(fc.oneof(fc.constantFrom('*', '*/20', '59'), anyField(0, 59)), anyMinute, anyHour)
  .map((fields) => `${fields.join(' ')} * * *`);

describe('equals a walk through every minute around changes of the clock', () => {
  it('knows the changes', () => {
    expect(changes.length).toBeGreaterThan(40);
    const dates = changes.map(({ zone, change }) => `${zone} ${new Date(change).toISOString()}`);
    expect(dates).toContain('America/Sao_Paulo 2014-10-19T03:00:00.000Z');
    expect(dates).toContain('Pacific/Apia 2011-12-30T10:00:00.000Z');
  });

  test.each(ZONES_AND_YEARS)('%s %d-%d', (zone, first, last) => {
    const clocks = changes
      .filter(({ zone: name, change }) => name === zone && inYears(change, first, last))
      .map(({ change }) => readClock(zone, change - 2 * DAY, change + 2 * DAY, MINUTE));
    expect(clocks.length).toBeGreaterThan(0);
    const usual = ['0 30 2 * * *', '0 0 0 * * *', '0 */30 * * * *', '0 0 */2 * * *', '0 0 1,2,3 * * *'];
    for (const clock of clocks) for (const expression of usual) compare(expression, clock);
    holds(
      fc.property(byMinute, fc.constantFrom(...clocks), (expression, clock) => compare(expression, clock)),
      15,
    );
  });
});

function inYears(instant: number, first: number, last: number): boolean {
  return instant >= Date.UTC(first, 0, 1) && instant < Date.UTC(last + 1, 0, 1);
}

describe('equals a walk through every second', () => {
  test.each([
    ['Europe/Vienna', '2025-10-26T01:00:00Z'],
    ['America/New_York', '2025-03-09T07:00:00Z'],
    ['Australia/Lord_Howe', '2024-04-06T15:00:00Z'],
  ])('%s %s', (zone, change) => {
    const [start, end] = [Date.parse(change) - 1.5 * HOUR, Date.parse(change) + 1.5 * HOUR];
    const clock = readClock(zone, start, end, SECOND, 4 * HOUR);
    compare('* * * * * *', clock);
    holds(
      fc.property(bySecond, (expression) => compare(expression, clock)),
      12,
    );
  });
});

describe('equals a walk through every minute of a year', () => {
  test.each([
    ['Europe/Dublin', 2024],
    ['Pacific/Apia', 2011],
  ])('%s %d', (zone, year) => {
    const clock = readClock(zone, Date.UTC(year, 0, 1), Date.UTC(year + 1, 0, 1), MINUTE);
    for (const expression of ['0 */30 * * * *', '0 0 9 * * 1-5', '0 15 1 */31 * *', '0 0 0 29 2 *']) {
      compare(expression, clock);
    }
    holds(
      fc.property(byMinute, (expression) => compare(expression, clock)),
      2,
    );
  });
});

/*
 * Two restricted day fields are where the dialects part: either is enough, or both have to match.
 */
describe('equals a walk through every day of two years', () => {
  const clock = readClock('UTC', Date.UTC(2023, 0, 1), Date.UTC(2024, 11, 31), DAY, DAY);
  const names = fc.constantFrom('SUN', 'mon', 'Fri', 'MON-FRI', 'TUE,sat', 'WED-SAT/2', '?', '*/3');
  const days = (sunday: number) =>
    fc
      .tuple(
        anyField(1, 31),
        fc.oneof(fc.constant('*'), anyField(1, 12)),
        fc.oneof(names, anyField(sunday, 7)),
      )
      .map((fields) => `0 0 0 ${fields.join(' ')}`);

  test.each(CRON_DIALECTS)('in the dialect %s', (dialect) => {
    const usual = ['0 0 0 13 * Fri', '0 0 0 1-7 * 2', '0 0 0 */2 * 1-5', '0 0 0 1,15 6 1/3', '0 0 0 29 2 4'];
    for (const expression of usual) compare(expression, clock, dialect);
    holds(
      fc.property(days(dialect === 'crontab' ? 0 : 1), (expression) => compare(expression, clock, dialect)),
      100,
    );
  });
});
