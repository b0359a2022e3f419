import fc from 'fast-check';
import { afterEach, describe, expect, it, test, vi } from 'vitest';
import { nextTick } from '../../../src/domain/schedule/cron.js';
import { ticksBetween, validCron } from '../../support/cron-ticks.js';
import { holds } from '../../support/property.js';

/** The first ticks at or after `from`, an ISO date with its offset, as instants in UTC. */
function firstTicks(expression: string, timezone: string, from: string, count: number): string[] {
  return ticksBetween(validCron(expression, timezone), Date.parse(from), Infinity, count).map(iso);
}

const iso = (instant: number): string => new Date(instant).toISOString();

/** The distances between the ticks from `from` to `to`, each once. */
function gaps(
  expression: string,
  timezone: string,
  from: string,
  to: string,
): { ticks: number; gaps: number[] } {
  const ticks = ticksBetween(validCron(expression, timezone), Date.parse(from), Date.parse(to));
  const distances = ticks.slice(1).map((tick, i) => tick - (ticks[i] ?? NaN));
  return { ticks: ticks.length, gaps: [...new Set(distances)] };
}

describe('a fixed time that does not exist fires once, at the jump', () => {
  test.each([
    [
      'Amsterdam, 02:30',
      '30 2 * * *',
      'Europe/Amsterdam',
      ['2023-03-25T02:30:00+01:00', '2023-03-26T03:00:00+02:00', '2023-03-27T02:30:00+02:00'],
    ],
    [
      'New York, 02:30',
      '30 2 * * *',
      'America/New_York',
      ['2025-03-08T02:30:00-05:00', '2025-03-09T03:00:00-04:00', '2025-03-10T02:30:00-04:00'],
    ],
    [
      'New York, the first missing minute',
      '0 2 * * *',
      'America/New_York',
      ['2020-03-07T02:00:00-05:00', '2020-03-08T03:00:00-04:00', '2020-03-09T02:00:00-04:00'],
    ],
    [
      'one tick with the time that is due at the jump anyway',
      '0 0 1,2,3 * * *',
      'Europe/Amsterdam',
      ['2023-03-26T01:00:00+01:00', '2023-03-26T03:00:00+02:00', '2023-03-27T01:00:00+02:00'],
    ],
    [
      'one tick for all that were jumped over',
      '*/10 * 2 * * *',
      'Europe/Amsterdam',
      ['2023-03-25T02:59:50+01:00', '2023-03-26T03:00:00+02:00', '2023-03-27T02:00:00+02:00'],
    ],
    [
      'every two hours is fixed: no hole of three',
      '0 0 */2 * * *',
      'America/New_York',
      ['2025-03-09T00:00:00-05:00', '2025-03-09T03:00:00-04:00', '2025-03-09T04:00:00-04:00'],
    ],
    [
      'Lord Howe, half an hour',
      '15 2 * * *',
      'Australia/Lord_Howe',
      ['2024-10-05T02:15:00+10:30', '2024-10-06T02:30:00+11:00', '2024-10-07T02:15:00+11:00'],
    ],
    [
      'Sao Paulo, no midnight',
      '0 0 0 * * *',
      'America/Sao_Paulo',
      ['2014-10-18T00:00:00-03:00', '2014-10-19T01:00:00-02:00', '2014-10-20T00:00:00-02:00'],
    ],
    [
      'Sao Paulo, the Sunday without a midnight',
      '0 0 0 ? * Sun',
      'America/Sao_Paulo',
      ['2014-10-12T00:00:00-03:00', '2014-10-19T01:00:00-02:00', '2014-10-26T00:00:00-02:00'],
    ],
    [
      "St. John's, at one minute past midnight",
      '30 0 * * *',
      'America/St_Johns',
      ['2006-04-01T00:30:00-03:30', '2006-04-02T01:01:00-02:30', '2006-04-03T00:30:00-02:30'],
    ],
    [
      'Apia, a day that does not exist',
      '0 9 * * *',
      'Pacific/Apia',
      ['2011-12-29T09:00:00-10:00', '2011-12-31T00:00:00+14:00', '2011-12-31T09:00:00+14:00'],
    ],
    [
      'Apia, monthly on the day that does not exist',
      '0 9 30 * *',
      'Pacific/Apia',
      ['2011-11-30T09:00:00-10:00', '2011-12-31T00:00:00+14:00', '2012-01-30T09:00:00+14:00'],
    ],
  ])('%s', (_case, expression, timezone, expected) => {
    expect(firstTicks(expression, timezone, expected[0] ?? '', 3)).toEqual(expected.map(Date.parse).map(iso));
  });
});

describe('a fixed time that exists twice fires the first time only', () => {
  test.each([
    [
      'New York, 01:30',
      '30 1 * * *',
      'America/New_York',
      ['2026-10-31T01:30:00-04:00', '2026-11-01T01:30:00-04:00', '2026-11-02T01:30:00-05:00'],
    ],
    [
      'every two hours',
      '0 0 */2 * * *',
      'Europe/Berlin',
      ['2025-10-26T00:00:00+02:00', '2025-10-26T02:00:00+02:00', '2025-10-26T04:00:00+01:00'],
    ],
    [
      'the first second after the repeated hour',
      '0 0 0,3 * * *',
      'Europe/Berlin',
      ['2025-10-26T00:00:00+02:00', '2025-10-26T03:00:00+01:00', '2025-10-27T00:00:00+01:00'],
    ],
    [
      'Lord Howe, half an hour',
      '45 1 * * *',
      'Australia/Lord_Howe',
      ['2024-04-06T01:45:00+11:00', '2024-04-07T01:45:00+11:00', '2024-04-08T01:45:00+10:30'],
    ],
    [
      "St. John's, where it is the day before once more",
      '30 23 * * *',
      'America/St_Johns',
      ['2006-10-27T23:30:00-02:30', '2006-10-28T23:30:00-02:30', '2006-10-29T23:30:00-03:30'],
    ],
  ])('%s', (_case, expression, timezone, expected) => {
    expect(firstTicks(expression, timezone, expected[0] ?? '', 3)).toEqual(expected.map(Date.parse).map(iso));
  });

  it('does not fire the second time when asked in between', () => {
    const cron = validCron('0 45 1 * * *', 'America/New_York');
    const between = Date.parse('2026-11-01T01:10:00-05:00');
    expect(iso(nextTick(cron, between) ?? NaN)).toBe('2026-11-02T06:45:00.000Z');
  });
});

describe('an interval keeps its pace', () => {
  const [second, minute] = [1000, 60_000];
  test.each([
    [
      'Melbourne, set back',
      '*/30 * * * *',
      'Australia/Melbourne',
      '2024-04-07T00:00:00+11:00',
      25,
      30 * minute,
    ],
    [
      'Melbourne, set forward',
      '*/30 * * * *',
      'Australia/Melbourne',
      '2024-10-06T00:00:00+10:00',
      23,
      30 * minute,
    ],
    [
      'Lord Howe, set back',
      '*/30 * * * *',
      'Australia/Lord_Howe',
      '2024-04-07T00:00:00+11:00',
      24.5,
      30 * minute,
    ],
    [
      'Lord Howe, forward',
      '*/15 * * * *',
      'Australia/Lord_Howe',
      '2024-10-06T00:00:00+10:30',
      23.5,
      15 * minute,
    ],
    ['hours as a range', '0 15 0-23 * * *', 'Europe/Berlin', '2025-10-26T00:00:00+02:00', 25, 60 * minute],
    [
      'hourly in Sao Paulo',
      '0 20 * * * *',
      'America/Sao_Paulo',
      '2014-10-19T01:00:00-02:00',
      23,
      60 * minute,
    ],
    [
      'across the day that Apia skipped',
      '@hourly',
      'Pacific/Apia',
      '2011-12-29T12:00:00-10:00',
      24,
      60 * minute,
    ],
    ["St. John's", '*/20 * * * *', 'America/St_Johns', '2006-10-28T20:00:00-02:30', 12, 20 * minute],
  ])('%s', (_case, expression, timezone, from, hours, distance) => {
    const to = new Date(Date.parse(from) + hours * 60 * minute - 1).toISOString();
    expect(gaps(expression, timezone, from, to)).toEqual({
      ticks: (hours * 60 * minute) / distance,
      gaps: [distance],
    });
  });

  it('each second of the repeated hour in Vienna', () => {
    const seen = gaps(
      '* * * * * *',
      'Europe/Vienna',
      '2025-10-26T02:59:00+02:00',
      '2025-10-26T02:01:00+01:00',
    );
    expect(seen).toEqual({ ticks: 121, gaps: [second] });
  });

  test.each([
    [
      'a year away',
      '0 30 * 15 2 *',
      ['2014-02-15T23:30:00-02:00', '2014-02-15T23:30:00-03:00', '2015-02-15T00:30:00-02:00'],
    ],
    ['none', '0 30 * 15 2 ? 2014', ['2014-02-15T23:30:00-02:00', '2014-02-15T23:30:00-03:00']],
  ])('fires again in the repeated hour, though the next other time is %s', (_case, expression, expected) => {
    const ticks = firstTicks(expression, 'America/Sao_Paulo', expected[0] ?? '', 3);
    expect(ticks).toEqual(expected.map(Date.parse).map(iso));
  });
});

describe('rare and impossible', () => {
  test.each([
    ['29 February', '0 0 0 29 2 *', '2023-03-01T00:00:00Z', '2024-02-29T00:00:00.000Z'],
    ['29 February on a Sunday', '0 0 0 29 2 */7', '2024-01-01T00:00:00Z', '2032-02-29T00:00:00.000Z'],
    ['the first day of a later year', '0 0 0 1 1 ? 2030', '2025-03-20T00:00:00Z', '2030-01-01T00:00:00.000Z'],
    ['the year 2099', '59 59 23 31 12 ? 2099', '1970-01-01T00:00:00Z', '2099-12-31T23:59:59.000Z'],
    ['one side of an or', '0 0 0 30 2 1', '2024-01-01T00:00:00Z', '2024-02-05T00:00:00.000Z'],
  ])('%s', (_case, expression, from, expected) => {
    expect(firstTicks(expression, 'UTC', from, 1)).toEqual([expected]);
  });

  test.each([
    ['0 0 0 30 2 *'],
    ['0 0 0 31 2 ? 2024'],
    ['0 0 * 31 2,4,6,9,11 *'],
    ['0 0 0 29 2 ? 2023,2025-2027'],
    ['0 0 0 1 1 ? 2024'],
    ['* * * * * * 1970-2024'],
  ])('%s never fires after 2024', (expression) => {
    for (const timezone of ['UTC', 'America/New_York', 'Pacific/Kiritimati']) {
      expect(nextTick(validCron(expression, timezone), Date.UTC(2025, 0, 2))).toBeNull();
    }
  });

  test.each([['* * * * * *'], ['0 0 0 * * *']])('%s ends with 2099 and begins with 1970', (expression) => {
    const cron = validCron(expression, 'Asia/Tokyo');
    const end = Date.parse('2100-01-01T00:00:00+09:00');
    expect(nextTick(cron, end - 24 * 3_600_000 - 1)).toBe(end - 24 * 3_600_000);
    for (const after of [end - 1, end, 8.64e15, Infinity]) expect(nextTick(cron, after)).toBeNull();
    for (const after of [-1e10, -8.64e15, -Infinity]) {
      expect(iso(nextTick(cron, after) ?? NaN)).toBe('1969-12-31T15:00:00.000Z');
    }
  });
});

describe('the zone of the process', () => {
  afterEach(() => void vi.unstubAllEnvs());

  test.each([['Australia/Sydney'], ['America/Sao_Paulo'], ['Pacific/Apia']])('%s does not matter', (TZ) => {
    const [from, to] = [Date.UTC(2014, 9, 1), Date.UTC(2014, 10, 10)];
    const cases = [
      ['0 30 2 * * *', 'UTC'],
      ['0 30 2 * * *', 'Europe/Berlin'],
      ['0 */30 * * * *', 'America/New_York'],
    ] as const;
    const all = () => cases.map(([text, zone]) => ticksBetween(validCron(text, zone), from, to));
    const here = all();
    vi.stubEnv('TZ', TZ);
    expect(new Intl.DateTimeFormat().resolvedOptions().timeZone).toBe(TZ); // the stub works
    expect(all()).toEqual(here);
    expect(here[0]?.every((tick) => iso(tick).endsWith('T02:30:00.000Z'))).toBe(true);
  });
});

describe('always', () => {
  const timezone = fc.constantFrom(
    'UTC',
    'America/New_York',
    'Australia/Lord_Howe',
    'Pacific/Apia',
    'Asia/Gaza',
  );
  const expression = fc.constantFrom(
    ...[
      '* * * * * *',
      '0 */7 * * * *',
      '59 59 23 31 12 *',
      '0 0 0 29 2 *',
      '0 30 0-5 * * *',
      '*/13 5/9 1,2,3 1-7 * Sun',
    ],
  );
  const instant = fc.integer({ min: 0, max: Date.UTC(2095, 0, 1) });

  it('the next tick is strictly later, and a whole second', () => {
    holds(
      fc.property(expression, timezone, instant, (text, zone, after) => {
        const tick = nextTick(validCron(text, zone), after) ?? NaN;
        expect(tick).toBeGreaterThan(after);
        expect(tick % 1000).toBe(0);
      }),
      1000,
    );
  });

  it('nothing lies between an instant and its next tick', () => {
    holds(
      fc.property(
        expression,
        timezone,
        instant,
        fc.double({ min: 0, max: 1, noNaN: true }),
        (text, zone, after, share) => {
          const cron = validCron(text, zone);
          const tick = nextTick(cron, after) ?? NaN;
          expect(nextTick(cron, after + Math.floor((tick - 1 - after) * share))).toBe(tick);
        },
      ),
      1000,
    );
  });
});
