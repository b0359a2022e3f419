import { CronExpressionParser } from 'cron-parser';
import fc from 'fast-check';
import { describe, expect, it, test } from 'vitest';
import type { CronParse } from '../../../src/domain/schedule/cron.js';
import { nextTick, parseCron } from '../../../src/domain/schedule/cron.js';
import type { CronDialect } from '../../../src/domain/schedule/cron-fields.js';
import { ticksBetween, validCron } from '../../support/cron-ticks.js';
import { holds } from '../../support/property.js';

const NEW_YEAR = Date.UTC(2025, 0, 1);

function firstTicks(expression: string): string[] {
  return ticksBetween(validCron(expression), NEW_YEAR, Infinity, 40).map((tick) =>
    new Date(tick).toISOString(),
  );
}

function parse(expression: string, timezone: string, dialect: CronDialect = 'crontab'): CronParse {
  return parseCron({ expression, timezone, dialect });
}

function refusal(parse: CronParse): string {
  return parse.kind === 'invalid' ? `${parse.field}: ${parse.message}` : 'valid';
}

describe('what the manual says', () => {
  test.each([
    ['0 */5 * * * *', ['2025-01-01T00:00:00.000Z', '2025-01-01T00:05:00.000Z']],
    ['0 0 * * * *', ['2025-01-01T00:00:00.000Z', '2025-01-01T01:00:00.000Z']],
    ['0 0 9 * * *', ['2025-01-01T09:00:00.000Z', '2025-01-02T09:00:00.000Z']],
    ['0 30 2 * * Mon', ['2025-01-06T02:30:00.000Z', '2025-01-13T02:30:00.000Z']],
    ['0 0 0 1 * *', ['2025-01-01T00:00:00.000Z', '2025-02-01T00:00:00.000Z']],
    ['0 * * * * *', ['2025-01-01T00:00:00.000Z', '2025-01-01T00:01:00.000Z']],
    ['0 0 12 1 1 * 2026-2027', ['2026-01-01T12:00:00.000Z', '2027-01-01T12:00:00.000Z']],
  ])('%s', (expression, expected) => {
    expect(firstTicks(expression).slice(0, 2)).toEqual(expected);
  });
});

describe('grammar', () => {
  test.each([
    ['*/15 * * * * *', '0,15,30,45 * * * * *'],
    ['0 5/15 * * * *', '0 5,20,35,50 * * * *'],
    ['0 0 2-20/3 * * *', '0 0 2,5,8,11,14,17,20 * * *'],
    ['0 0 22,1-3,20-22/2 * * *', '0 0 1,2,3,20,22 * * *'],
    ['0 0 0 10/10 * *', '0 0 0 10,20,30 * *'],
    ['0 0 0 1 jan,APR,Jul/3 *', '0 0 0 1 1,4,7,10 *'],
    ['0 0 0 1 feb-4 *', '0 0 0 1 2,3,4 *'],
    ['0 0 0 * * MON-FRI', '0 0 0 * * 1,2,3,4,5'],
    ['0 0 0 * * sat,SUN', '0 0 0 * * 6,0'],
    ['0 0 0 * * 7', '0 0 0 * * 0'],
    ['0 0 0 * * 0,7', '0 0 0 * * Sun'],
    ['0 0 0 * * 5-7', '0 0 0 * * 5,6,0'],
    ['0 0 0 * * 1-5,3', '0 0 0 * * 1-5'],
    ['0 0 0 * * FRI-SUN', '0 0 0 * * 5,6,0'],
    ['0 0 0 * * Mon-Sun/2', '0 0 0 * * 1,3,5,7'],
    ['0 0 0 * * SUN-MON', '0 0 0 * * 0,1'],
    ['0 0 0 * * SUN-SUN', '0 0 0 * * 0'],
    ['0  0\t9 \t* * *', '0 0 9 * * *'],
    ['0 0 0 ? * 3', '0 0 0 * * 3'],
    ['0 0 0 3 * ?', '0 0 0 3 * *'],
    ['00 05 09 * * *', '0 5 9 * * *'],
    ['0 */60 */24 * * *', '0 0 0 * * *'],
    ['0 0 0 1 1 * 2030/10', '0 0 0 1 1 * 2030,2040,2050,2060,2070,2080,2090'],
    ['0 0 0 1 1 * */60', '0 0 0 1 1 * 1970,2030,2090'],
    ['0 0 0 1 1 * *', '0 0 0 1 1 *'],
    ['30 2 * * *', '0 30 2 * * *'],
    ['*/5 * * * MON', '0 */5 * * * 1'],
    ['0 0 0 1 January,APRIL,july/3 *', '0 0 0 1 1,4,7,10 *'],
    ['0 0 0 1 february-April *', '0 0 0 1 2,3,4 *'],
    ['0 0 0 ? * Monday-FRIDAY', '0 0 0 * * 1-5'],
    ['0 0 0 * * tues,Thurs,sunday', '0 0 0 * * 2,4,0'],
    ['@yearly', '0 0 0 1 1 *'],
    ['@annually', '0 0 0 1 1 *'],
    ['@monthly', '0 0 0 1 * *'],
    ['@weekly', '0 0 0 * * 0'],
    ['@daily', '0 0 0 * * *'],
    ['@midnight', '0 0 0 * * *'],
    ['@hourly', '0 0 * * * *'],
  ])('%s means %s', (expression, plain) => {
    expect(firstTicks(expression)).toEqual(firstTicks(plain));
  });

  it('takes 256 characters', () => {
    expect(parse(`${'1,'.repeat(122)}10 * * * * *`, 'UTC').kind).toBe('valid');
  });
});

describe('the two day fields', () => {
  test.each([
    ['either, when both are restricted', '0 0 0 13 * Fri', [3, 10, 13, 17, 24, 31]],
    ['either, for ranges too', '0 0 0 1-3 * 1', [1, 2, 3, 6, 13, 20, 27]],
    ['day of month, when the other is *', '0 0 0 13 * *', [13]],
    ['day of week, when the other is ?', '0 0 0 ? * Fri', [3, 10, 17, 24, 31]],
    ['both, when one has a *: the odd Mondays', '0 0 0 */2 * Mon', [13, 27]],
    ['both: the days 1-7 that are weekdays', '0 0 0 1-7 * */2', [2, 4, 5, 7]],
  ])('%s', (_rule, expression, days) => {
    const january = ticksBetween(validCron(expression), NEW_YEAR, Date.UTC(2025, 0, 31));
    expect(january.map((tick) => new Date(tick).getUTCDate())).toEqual(days);
  });
});

describe('the original dialect', () => {
  const read = (expression: string, dialect: CronDialect) =>
    ticksBetween(validCron(expression, 'UTC', dialect), NEW_YEAR, Infinity, 40);

  test.each([
    ['0 0 0 * * 1', '0 0 0 * * SUN'],
    ['0 0 0 * * 7', '0 0 0 * * SAT'],
    ['0 0 0 * * 2-6', '0 0 0 * * MON-FRI'],
    ['0 0 0 * * 1,Wednesday', '0 0 0 * * SUN,WED'],
    ['0 0 0 * * MON', '0 0 0 * * Monday'],
    ['0 0 0 * * FRI-SUN', '0 0 0 * * FRI,SAT,SUN'],
    ['0 0 0 * * 6-1', '0 0 0 * * FRI,SAT,SUN'],
    ['0 0 0 * * 2/2', '0 0 0 * * MON,WED,FRI'],
    ['0 0 0 * * MON/2', '0 0 0 * * MON,WED,FRI'],
    ['0 0 0 * * */3', '0 0 0 * * SUN,WED,SAT'],
    ['0 0 0 * * 1-7', '0 0 0 * * *'],
    ['0 0 0 ? JANUARY ? 2026', '0 0 0 * 1 * 2026'],
    ['0 30 2 * * Mon', '0 30 2 ? * monday'],
    ['@weekly', '0 0 0 * * SUN'],
    ['@daily', '0 0 0 * * *'],
    ['@hourly', '0 0 * * * *'],
    ['@yearly', '0 0 0 1 JAN *'],
  ])('%s is what %s is in crontab', (expression, crontab) => {
    expect(read(expression, 'original')).toEqual(read(crontab, 'crontab'));
  });

  test.each([
    ['0 0 0 13 * Fri', [13]],
    ['0 0 0 1-7 * 2', [2]],
    ['0 0 0 */2 * Mon', [9, 23]],
    ['0 0 0 13 * ?', [13]],
    ['0 0 0 * * 6', [6, 13, 20, 27]],
  ])('a day must match by both fields: %s', (expression, days) => {
    // It begins with a Sunday.
    const [start, end] = [Date.UTC(2024, 8, 1), Date.UTC(2024, 8, 30)];
    const september = ticksBetween(validCron(expression, 'UTC', 'original'), start, end);
    expect(september.map((tick) => new Date(tick).getUTCDate())).toEqual(days);
  });

  test.each([
    ['0 0 0 * * 0', 'day of week "0" is out of range 1-7 (in cron_dialect "original" 1 is Sunday)'],
    ['0 0 0 * * 8', 'day of week "8" is out of range 1-7 (in cron_dialect "original" 1 is Sunday)'],
    [
      '30 2 * * 1',
      'the expression has 5 fields, which is a line of crontab; in cron_dialect "original" write 6 (second minute ' +
        'hour day-of-month month day-of-week) or 7 (with a year at the end)',
    ],
    ['0 0 0 * * FRI-MON', 'day of week range "FRI-MON" runs backwards, write the lower end first'],
  ])('refuses %s', (expression, message) => {
    const invalid = { kind: 'invalid', field: 'cron_expression', message };
    expect(parse(expression, 'UTC', 'original')).toEqual(invalid);
  });
});

describe('refused, with the field and what it may be', () => {
  test.each([
    ['0 61 * * * *', 'minute "61" is out of range 0-59'],
    ['60 * * * * *', 'second "60" is out of range 0-59'],
    ['0 0 25 * * *', 'hour "25" is out of range 0-23'],
    ['0 0 0 0 * *', 'day of month "0" is out of range 1-31'],
    ['0 0 0 32 * *', 'day of month "32" is out of range 1-31'],
    ['0 0 0 1 13 *', 'month "13" is out of range 1-12'],
    ['0 0 0 * * 8', 'day of week "8" is out of range 0-7'],
    ['0 0 0 * * * 1969', 'year "1969" is out of range 1970-2099'],
    ['0 0 0 * * * 2100', 'year "2100" is out of range 1970-2099'],
    ['0 10-70 * * * *', 'minute "70" is out of range 0-59'],
    ['0 1,2,99 * * * *', 'minute "99" is out of range 0-59'],
    ['61 * * * *', 'minute "61" is out of range 0-59'],
    ['0 5-3 * * * *', 'minute range "5-3" runs backwards, write the lower end first'],
    ['0 0 0 * * FRI-MON', 'day of week range "FRI-MON" runs backwards, write the lower end first'],
    ['0 */0 * * * *', 'minute step in "*/0" is out of range 1-60'],
    ['0 */90 * * * *', 'minute step in "*/90" is out of range 1-60'],
    ['0 0 0 1 JAN-DEC/0 *', 'month step in "JAN-DEC/0" is out of range 1-12'],
    [
      '0 x * * * *',
      'minute "x" is not understood, write 0-59, a range (a-b), *, a step (*/n, a/n, a-b/n) or a list of these',
    ],
    [
      '0 0 0 1 JANUAR *',
      'month "JANUAR" is not understood, write 1-12 or JAN-DEC, a range (a-b), *, a step (*/n, a/n, a-b/n) ' +
        'or a list of these',
    ],
    ['0 0 0 L * *', 'day of month "L" is not supported: L, W, # and H have no meaning here'],
    ['0 0 0 15W * *', 'day of month "15W" is not supported: L, W, # and H have no meaning here'],
    ['0 0 0 * * 5L', 'day of week "5L" is not supported: L, W, # and H have no meaning here'],
    ['0 0 0 * * FRI#2', 'day of week "FRI#2" is not supported: L, W, # and H have no meaning here'],
    [
      '0 ? * * * *',
      'minute "?" is not understood: ? stands for * where it is the whole of a day field, and nowhere else',
    ],
    [
      '0 0 0 1,? * *',
      'day of month "?" is not understood: ? stands for * where it is the whole of a day field, and nowhere else',
    ],
    ['0 H * * * *', 'minute "H" is not supported: L, W, # and H have no meaning here'],
    ['0 H(0-29)/5 * * * *', 'minute "H(0-29)/5" is not supported: L, W, # and H have no meaning here'],
    [
      '* * * *',
      'the expression has 4 fields, write 6 (second minute hour day-of-month month day-of-week), 7 (with a year ' +
        'at the end) or 5 (without seconds)',
    ],
    ['0 0 0 * * * ', 'the fields must be separated by spaces or tabs, with nothing before or after'],
    ['x'.repeat(257), 'the expression has 257 characters, at most 256 are allowed'],
    [
      '@reboot',
      'nickname "@reboot" is unknown, use @yearly, @annually, @monthly, @weekly, @daily, @midnight, @hourly',
    ],
  ])('%s', (expression, message) => {
    expect(parse(expression, 'UTC')).toEqual({ kind: 'invalid', field: 'cron_expression', message });
  });

  test.each([
    ...['', ' ', '*', '* * * * * * * *', ' 0 * * * * *', '0 * * * * * ', '0\v* * * * *', '0 * * * *\n*'],
    ...['0 * * * * *\n', '0\u00a0* * * * *', '0 , * * * *', '0 1, * * * *', '0 ,1 * * * *', '0 1,,2 * * * *'],
    ...['0 1- * * * *', '0 -1 * * * *', '0 1--2 * * * *', '0 1-2-3 * * * *', '0 1/ * * * *', '0 /5 * * * *'],
    ...['0 */5/5 * * * *', '0 *-5 * * * *', '0 1-* * * * *', '0 ** * * * *', '0 *5 * * * *', '0 1.5 * * * *'],
    ...['0 +1 * * * *', '0 1e1 * * * *', '0 0x1 * * * *', '0 ١ * * * *', '0 ５ * * * *', '0 ? * * * *'],
    ...['0 0 0 ?/2 * *', '0 0 0 1,? * *', '0 0 0 * ? *', '0 0 0 1 MON *', '0 0 0 * * JAN', '0 MON * * * *'],
    ...[
      '0 0 0 * * ſun',
      '0 0 0 * * LW',
      '0 0 0 L-3 * *',
      '0 0 0 * * * ?',
      '0 0 0 * * * JAN',
      '@',
      '@secondly',
      '@Daily',
      '@wee\u212aly',
      '@daily ',
    ],
    ...['__proto__ * * * * *', '0 0 0 1 constructor *', '\u0000', '0 0 0 * * \ud800', '*'.repeat(10_000)],
    ...[
      `${'1,'.repeat(120)}x * * * * *`,
      '1 '.repeat(127),
      '0 99999999999999999999 * * * *',
      '0 */1e999 * * * *',
    ],
  ])('%j', (expression) => {
    expect(refusal(parse(expression, 'UTC'))).toMatch(/^cron_expression: \S/);
  });

  it('shows only the beginning of a long text', () => {
    expect(refusal(parse(`0 ${'y'.repeat(200)} * * * *`, 'UTC'))).toContain(
      `minute "${'y'.repeat(40)}..." is`,
    );
  });

  it('never throws, and never takes what it cannot search', () => {
    const character = fc.constantFrom(...'0 1 2 5 7 9 * / - , ? L W # H @ \t J A N mon'.split(' '), ' ');
    const noise = fc.oneof(fc.string({ unit: 'binary' }), fc.string({ unit: character, maxLength: 30 }));
    holds(
      fc.property(noise, (expression) => {
        const read = parse(expression, 'UTC');
        if (read.kind === 'valid') nextTick(read.cron, NEW_YEAR);
        else expect(read.message).not.toMatch(/[\n\t]|undefined|NaN/);
      }),
      2000,
    );
  });
});

describe('timezone', () => {
  test.each([
    ...[
      'UTC',
      'GMT',
      'Etc/UTC',
      'Europe/Berlin',
      'europe/berlin',
      'America/Argentina/Buenos_Aires',
      'Asia/Kolkata',
    ],
    ...['America/Port-au-Prince', 'Etc/GMT+5', 'Japan', 'CET', 'EST5EDT', 'Antarctica/Troll'],
  ])('%s is an IANA name', (timezone) => {
    expect(parse('0 0 0 * * *', timezone)).toMatchObject({ kind: 'valid', cron: { timezone } });
  });

  test.each([
    ...[
      '',
      'Mars/Base',
      'Berlin',
      '+02:00',
      '-0500',
      'UTC+2',
      'GMT+5',
      'Z',
      'local',
      'Europe/Berlin ',
      'Etc/Unknown',
    ],
    // Known to ICU, but not to IANA.
    ...['PST', 'BST', 'IST', 'CST', 'JST', 'aet', 'SystemV/EST5'],
    ...['ＵＴＣ', '../UTC', 'UTC\n', 'x'.repeat(10_000), 'Asia/To\u212ayo'],
  ])('%j is none', (timezone) => {
    expect(refusal(parse('0 0 0 * * *', timezone))).toMatch(
      /^timezone: ".*" is not an IANA time zone, write a name such as "Europe\/Berlin" or "UTC"$/,
    );
  });

  it('is looked at after the expression', () => {
    expect(refusal(parse('nonsense', 'nonsense'))).toMatch(/^cron_expression: /);
  });
});

describe('in UTC, where its search can be trusted,', () => {
  const field = (min: number, max: number, names: string[] = []) => {
    const value = fc.integer({ min, max });
    const range = fc.tuple(value, value).map((ends) => [Math.min(...ends), Math.max(...ends)].join('-'));
    const step = fc.integer({ min: 1, max: max - min + 1 });
    const stepped = fc.tuple(fc.oneof(value.map(String), range, fc.constant('*')), step);
    // No overlapping items: cron-parser refuses a list that names a value twice.
    const list = fc.uniqueArray(value, {
      minLength: 1,
      maxLength: 4,
      selector: (day) => (max === 7 ? day % 7 : day),
    });
    return fc.oneof(
      fc.constant('*'),
      list.map(String),
      range,
      stepped.map((parts) => parts.join('/')),
      ...(names.length > 0 ? [fc.shuffledSubarray(names, { minLength: 1 }).map(String)] : []),
    );
  };
  const expression = fc
    .tuple(
      field(0, 59),
      field(0, 59),
      field(0, 23),
      field(1, 31),
      field(1, 12, ['JAN', 'feb', 'Dec']),
      field(0, 7, ['SUN', 'mon', 'Sat']),
    )
    // Where one day field is a step of all days, cron-parser has another rule than crontab(5).
    .filter(([, , , day, , weekday]) => day === '*' || weekday === '*' || !`${day}${weekday}`.includes('*'))
    .map((fields) => fields.join(' '));

  it('agrees with cron-parser', () => {
    holds(
      fc.property(expression, fc.integer({ min: 0, max: 3.9e9 }), (text, seconds) => {
        const expected = byCronParser(text, seconds * 1000);
        fc.pre(expected.length === 3);
        expect(ticksBetween(validCron(text), seconds * 1000 + 1, Infinity, 3)).toEqual(expected);
      }),
      300,
    );
  });
});

/** The next 3 ticks; fewer when they are rare; none for a day that the months don't have, which it refuses. */
function byCronParser(expression: string, after: number): number[] {
  try {
    const parsed = CronExpressionParser.parse(expression, { currentDate: after, tz: 'UTC' });
    return parsed.take(3).map((date) => date.getTime());
  } catch {
    return [];
  }
}
