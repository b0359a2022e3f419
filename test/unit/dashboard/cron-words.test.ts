import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CronDialect } from '../../../src/domain/schedule/cron-fields.js';
import { cronInWords } from '../../../src/interfaces/dashboard/cron-words.js';
import { ticksBetween, validCron } from '../../support/cron-ticks.js';
import { holds } from '../../support/property.js';

/** A Monday. */
const NEW_YEAR = Date.UTC(2024, 0, 1);

function words(expression: string, dialect: CronDialect = 'crontab'): string | null {
  return cronInWords({ expression, timezone: 'UTC', dialect });
}

test.each([
  ['* * * * * *', 'Every second'],
  ['*/5 * * * *', 'Every 5 minutes'],
  ['0 */5 * * * *', 'Every 5 minutes'],
  ['0 30 9 * * MON-FRI', 'At 09:30, Monday through Friday'],
  ['30 0 18 * * *', 'At 18:00:30'],
  ['0 0 0 1 JAN ?', 'At 00:00, on day 1 of the month, only in January'],
  ['0 0 9 * * 0', 'At 09:00, only on Sunday'],
  ['0 0 9 * * 7', 'At 09:00, only on Sunday'],
  ['0 0 9 1 * * 2027', 'At 09:00, on day 1 of the month, only in 2027'],
  ['0\t30\t9 * * *', 'At 09:30'],
])('%s means: %s', (expression, text) => {
  expect(words(expression)).toBe(text);
});

test.each([
  ['@yearly', 'At 00:00, on day 1 of the month, only in January'],
  ['@annually', 'At 00:00, on day 1 of the month, only in January'],
  ['@monthly', 'At 00:00, on day 1 of the month'],
  ['@weekly', 'At 00:00, only on Sunday'],
  ['@daily', 'At 00:00'],
  ['@midnight', 'At 00:00'],
  ['@hourly', 'Every hour'],
])('the nickname %s means: %s', (expression, text) => {
  expect(words(expression)).toBe(text);
});

describe('of a step, the values are told where it does not go on evenly', () => {
  test.each([
    ['*/45 * * * *', 'At 0 and 45 minutes past the hour', ['00:00:00', '00:45:00', '01:00:00']],
    ['*/40 * * * * *', 'At 0 and 40 seconds past the minute', ['00:00:00', '00:00:40', '00:01:00']],
    [
      '0 */5 * * *',
      'At 00:00, 05:00, 10:00, 15:00 and 20:00',
      ['00:00:00', '05:00:00', '10:00:00', '15:00:00', '20:00:00', '00:00:00'],
    ],
    ['0 10/20 * * * *', 'At 10, 30, and 50 minutes past the hour', ['00:10:00', '00:30:00', '00:50:00']],
    ['0 0-30/10 9 * * *', 'At 0, 10, 20, and 30 minutes past the hour, at 09:00', ['09:00:00', '09:10:00']],
    ['*/60 */60 * * * *', 'Every hour', ['00:00:00', '01:00:00']],
    ['*/20 */15 */6 * * *', 'Every 20 seconds, every 15 minutes, every 6 hours', ['00:00:00', '00:00:20']],
  ])('%s means: %s', (expression, text, times) => {
    expect(words(expression)).toBe(text);
    const ticks = ticksBetween(validCron(expression), NEW_YEAR, Infinity, times.length);
    expect(ticks.map((tick) => new Date(tick).toISOString().slice(11, 19))).toEqual(times);
  });

  test.each([
    ['0 0 */31 * *', 'At 00:00, on day 1 of the month', ['01-01', '02-01', '03-01']],
    ['0 0 1/10 * *', 'At 00:00, on day 1, 11, 21, and 31 of the month', ['01-01', '01-11', '01-21', '01-31']],
    [
      '0 0 1 */5 *',
      'At 00:00, on day 1 of the month, only in January, June, and November',
      ['01-01', '06-01', '11-01', '01-01'],
    ],
    [
      '0 0 * * */3',
      'At 00:00, only on Sunday, Wednesday, and Saturday',
      ['01-03', '01-06', '01-07', '01-10'],
    ],
    ['0 0 * * 0,7', 'At 00:00, only on Sunday', ['01-07', '01-14']],
    ['0 0 * * 5-7,1', 'At 00:00, only on Sunday, Monday, Friday, and Saturday', ['01-01', '01-05', '01-06']],
    [
      '0 0 0 1 1 ? 2024/40',
      'At 00:00, on day 1 of the month, only in January, only in 2024 and 2064',
      ['01-01'],
    ],
  ])('%s means: %s', (expression, text, days) => {
    expect(words(expression)).toBe(text);
    const ticks = ticksBetween(validCron(expression), NEW_YEAR, Infinity, days.length);
    expect(ticks.map((tick) => new Date(tick).toISOString().slice(5, 10))).toEqual(days);
  });

  test.each([
    ['0 0,10/15 9 * * *', 'At 0, 10, 25, 40, and 55 minutes past the hour, at 09:00'],
    ['0 0 9 */10,30 * *', 'At 09:00, on day 1, 11, 21, 30, and 31 of the month'],
  ])('so are they of a list that has a step in it: %s', (expression, text) => {
    expect(words(expression)).toBe(text);
  });

  test.each([
    ['*/1 */1 */1 */1 */1 */1 */1', 'Every second'],
    ['0 *,5 0-23/1 ? 1-12 0-7', 'Every minute'],
    ['0 0 9 * * 1-5,6,7', 'At 09:00'],
  ])('what leaves nothing out is a star: %s', (expression, text) => {
    expect(words(expression)).toBe(text);
  });
});

describe('of two restricted days either is enough', () => {
  test.each([
    ['0 0 0 13 * FRI', 'At 00:00, on day 13 of the month, or on Friday'],
    ['0 0 13 * 5', 'At 00:00, on day 13 of the month, or on Friday'],
    ['0 0 9 1 * MON-FRI', 'At 09:00, on day 1 of the month, or Monday through Friday'],
    ['0 0 9 1,15 * MON', 'At 09:00, on day 1 and 15 of the month, or on Monday'],
    [
      '0 0 9 1,2,3 * MON,TUE,FRI',
      'At 09:00, on day 1, 2, and 3 of the month, or on Monday, Tuesday, and Friday',
    ],
    [
      '0 1,2,3 9 1 * MON',
      'At 1, 2, and 3 minutes past the hour, at 09:00, on day 1 of the month, or on Monday',
    ],
    [
      '0 0 9 1-7 2,4 MON',
      'At 09:00, between day 1 and 7 of the month, or on Monday, only in February and April',
    ],
    ['0 0 9 1/10 * 0,7', 'At 09:00, on day 1, 11, 21, and 31 of the month, or on Sunday'],
    ['0 0 9 1-31 * MON', 'At 09:00, between day 1 and 31 of the month, or on Monday'],
    [
      '0 0 9 1 1,2,3 MON 2027',
      'At 09:00, on day 1 of the month, or on Monday, only in January, February, and March, only in 2027',
    ],
  ])('%s means: %s', (expression, text) => {
    expect(words(expression)).toBe(text);
  });

  test.each([
    ['0 0 9 */15 * MON', 'At 09:00, on day 1, 16, and 31 of the month, only on Monday'],
    ['0 0 9 1 2 */4', 'At 09:00, on day 1 of the month, only on Sunday and Thursday, only in February'],
    ['0 0 9 */1 * MON', 'At 09:00, only on Monday'],
    ['0 0 9 ? * MON', 'At 09:00, only on Monday'],
    ['0 0 9 1 * ?', 'At 09:00, on day 1 of the month'],
  ])('but not where one of them has a star: %s', (expression, text) => {
    expect(words(expression)).toBe(text);
  });

  test('and they say so once, whatever the expression', () => {
    const list = (min: number, max: number) =>
      fc.uniqueArray(fc.integer({ min, max }), { minLength: 1, maxLength: 4 }).map((values) => values.join());
    const field = (min: number, max: number) => fc.oneof(fc.constantFrom('*', '*/2'), list(min, max));
    const fields = [field(0, 59), field(0, 59), field(0, 23), list(1, 31), field(1, 12), list(0, 7)] as const;
    holds(
      fc.property(fc.tuple(...fields), (texts) => {
        const text = words(texts.join(' ')) ?? '';
        expect(text.split(', or ')).toHaveLength(2);
        expect(text).toMatch(/^[A-Z].* of the month, or on [A-Z]/);
        expect(text).not.toMatch(/, ,|, and on |undefined/);
      }),
    );
  });
});

describe('full names, and the original dialect, are told as what they mean', () => {
  test.each([
    ['0 30 9 * * Monday-FRIDAY', 'At 09:30, Monday through Friday', 'At 09:30, Monday through Friday'],
    ['0 0 9 1 January ?', 'At 09:00, on day 1 of the month, only in January', null],
    ['0 0 9 ? march-May tues', 'At 09:00, only on Tuesday, March through May', null],
    ['0 0 9 * * 1', 'At 09:00, only on Monday', 'At 09:00, only on Sunday'],
    ['0 0 9 * * 7', 'At 09:00, only on Sunday', 'At 09:00, only on Saturday'],
    ['0 0 9 * * 2-6', 'At 09:00, Tuesday through Saturday', 'At 09:00, Monday through Friday'],
    ['0 0 9 * * 2,4', 'At 09:00, only on Tuesday and Thursday', 'At 09:00, only on Monday and Wednesday'],
    [
      '0 0 9 * * 2/2',
      'At 09:00, only on Tuesday, Thursday, and Saturday',
      'At 09:00, only on Monday, Wednesday, and Friday',
    ],
    [
      '0 0 9 13 * FRI',
      'At 09:00, on day 13 of the month, or on Friday',
      'At 09:00, on day 13 of the month, only on Friday',
    ],
    [
      '0 0 9 13 * 6',
      'At 09:00, on day 13 of the month, or on Saturday',
      'At 09:00, on day 13 of the month, only on Friday',
    ],
    [
      '0 0 9 1-31 * MON',
      'At 09:00, between day 1 and 31 of the month, or on Monday',
      'At 09:00, only on Monday',
    ],
    ['@weekly', 'At 00:00, only on Sunday', 'At 00:00, only on Sunday'],
  ])('%s means: %s, or: %s', (expression, crontab, original) => {
    expect(words(expression)).toBe(crontab);
    expect(words(expression, 'original')).toBe(original ?? crontab);
  });
});

test.each([
  ['nothing', ''],
  ['no expression', 'whenever'],
  ['an hour that is none', '0 0 25 * * *'],
  ['a nickname that is none', '@reboot'],
  ['what only other crons know', '0 0 0 L * *'],
  ['more minutes than can be told', '0 1/4 9 * * *'],
  ['more days than can be told', '0 0 9 */2 * *'],
  ['more years than can be told', '0 0 9 * * * */2'],
])('there are no words for %s', (_case, expression) => {
  expect(words(expression)).toBeNull();
});

test('nor for an expression in a time zone that is none', () => {
  expect(cronInWords({ expression: '0 0 9 * * *', timezone: 'Mars/Olympus', dialect: 'crontab' })).toBeNull();
});
