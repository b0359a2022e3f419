import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { parseRetryAfter } from '../../../src/domain/job/webhook-outcome.js';
import { NOW } from '../../support/jobs.js';
import { holds } from '../../support/property.js';

const IN_30_S = NOW + 30_000;

test('NOW is the instant that the dates below are meant for', () => {
  expect(new Date(NOW).toUTCString()).toBe('Mon, 15 Jan 2024 10:00:00 GMT');
});

describe('seconds', () => {
  test.each([
    ['0', 0],
    ['1', 1000],
    ['120', 120_000],
    ['  5\t', 5000],
    ['007', 7000],
    ['31536000', 31_536_000_000],
    ['999999999999', 999_999_999_999_000],
  ])('%j', (header, expected) => {
    expect(parseRetryAfter(header, NOW)).toBe(expected);
  });

  test('any number of whole seconds', () => {
    holds(
      fc.property(fc.nat(999_999_999), (seconds) => {
        expect(parseRetryAfter(String(seconds), NOW)).toBe(seconds * 1000);
      }),
    );
  });
});

describe('what makes no sense counts as absent', () => {
  test.each([
    [null],
    [''],
    ['   '],
    ['-1'],
    ['+5'],
    ['1.5'],
    ['1e3'],
    ['0x10'],
    ['Infinity'],
    ['NaN'],
    ['5s'],
    ['5, 10'],
    ['1 000'],
    ['soon'],
    ['tomorrow'],
    ['1'.repeat(13)],
    ['9'.repeat(400)],
    // Dates, but in no form of HTTP's.
    ['2024-01-15T10:00:30Z'],
    ['15 Jan 2024 10:00:30 GMT'],
    ['1/15/2024'],
    ['Monday 5'],
    ['Monday'],
    ['Mon, 15 Jan 2024 10:00:30'],
    ['Mon, 15 Jan 2024 10:00:30 +0200'],
    ['Mon, 15 Jan 2024 10:00:30 GMT; please'],
    ['Mon Jan 15 10:00:30 2024 PST'],
    ['Mon, 32 Jan 2024 10:00:30 GMT'],
    ['Mon, 15 Foo 2024 10:00:30 GMT'],
    ['Mon, 15 Jan 2024 25:00:30 GMT'],
  ])('%j', (header) => {
    expect(parseRetryAfter(header, NOW)).toBeNull();
  });

  test('whatever the header is, the answer is null or a finite number of milliseconds that is not negative', () => {
    const pieces = fc.string({
      unit: fc.constantFrom('Mon', 'Monday', ', ', ' ', '-', ':', '0', '1', '59', '2024', 'Jan', 'GMT', 'é'),
      maxLength: 12,
    });
    holds(
      fc.property(fc.oneof(fc.string(), pieces), (header) => {
        const delay = parseRetryAfter(header, NOW);
        expect(delay === null || (Number.isSafeInteger(delay) && delay >= 0)).toBe(true);
      }),
      1000,
    );
  });
});

// The clock of the process may stand in any zone; HTTP's dates are always UTC.
describe.each(['UTC', 'America/New_York', 'Asia/Kolkata'])('a date, on a machine in %s', (zone) => {
  beforeEach(() => {
    vi.stubEnv('TZ', zone);
  });
  afterEach(() => {
    vi.unstubAllEnvs();
  });

  test.each([
    ['IMF-fixdate', 'Mon, 15 Jan 2024 10:00:30 GMT'],
    ['RFC 850', 'Monday, 15-Jan-24 10:00:30 GMT'],
    ['asctime', 'Mon Jan 15 10:00:30 2024'],
    ['surrounded by space', '  Mon, 15 Jan 2024 10:00:30 GMT '],
  ])('%s', (_form, header) => {
    expect(parseRetryAfter(header, IN_30_S - 30_000)).toBe(30_000);
    expect(parseRetryAfter(header, IN_30_S - 1)).toBe(1);
    expect(parseRetryAfter(header, IN_30_S)).toBe(0);
    expect(parseRetryAfter(header, IN_30_S + 1)).toBe(0);
  });

  test.each([
    ['asctime with a day of one digit', 'Sat Jun  1 10:00:00 2024', Date.UTC(2024, 5, 1, 10)],
    ['far in the future', 'Fri, 31 Dec 9999 23:59:59 GMT', Date.UTC(9999, 11, 31, 23, 59, 59)],
    ['a leap day', 'Thu, 29 Feb 2024 00:00:00 GMT', Date.UTC(2024, 1, 29)],
    ['each name of a day (RFC 850)', 'Wednesday, 17-Jan-24 00:00:00 GMT', Date.UTC(2024, 0, 17)],
  ])('%s', (_case, header, instant) => {
    expect(parseRetryAfter(header, NOW)).toBe(instant - NOW);
  });

  test.each([
    ['long ago', 'Sun, 06 Nov 1994 08:49:37 GMT'],
    ['long ago, with two digits for the year', 'Sunday, 06-Nov-94 08:49:37 GMT'],
    ['long ago, asctime', 'Sun Nov  6 08:49:37 1994'],
  ])('%s: 0', (_case, header) => {
    expect(parseRetryAfter(header, NOW)).toBe(0);
  });

  test('every instant in each form', () => {
    const within40Years = fc
      .integer({ min: 0, max: 40 * 365 * 86_400 })
      .map((seconds) => NOW + seconds * 1000);
    holds(
      fc.property(within40Years, fc.constantFrom(imfFixdate, asctime), (instant, format) => {
        expect(parseRetryAfter(format(instant), NOW)).toBe(instant - NOW);
      }),
    );
  });
});

function imfFixdate(instant: number): string {
  return new Date(instant).toUTCString();
}

function asctime(instant: number): string {
  const [day, date, month, year, time] = imfFixdate(instant).replace(',', '').split(' ');
  return `${day ?? ''} ${month ?? ''} ${String(Number(date)).padStart(2)} ${time ?? ''} ${year ?? ''}`;
}
