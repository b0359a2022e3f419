import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cronInWords } from '../../../src/interfaces/dashboard/cron-words.js';
import { holds } from '../../support/property.js';

function words(expression: string): string | null {
  return cronInWords(expression, 'UTC');
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
    [
      '0 0 9 1 1,2,3 MON 2027',
      'At 09:00, on day 1 of the month, or on Monday, only in January, February, and March, only in 2027',
    ],
  ])('%s means: %s', (expression, text) => {
    expect(words(expression)).toBe(text);
  });

  test.each([
    ['0 0 9 */2 * MON', 'At 09:00, every 2 days in a month, and on Monday'],
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

test.each([
  ['nothing', ''],
  ['no expression', 'whenever'],
  ['an hour that is none', '0 0 25 * * *'],
  ['a nickname that is none', '@reboot'],
  ['what only other crons know', '0 0 0 L * *'],
  // The library would have "0,10/5" run every hour and every 5 minutes.
  ['a step within a list', '0 0,10/5 9 * * *'],
  ['a step within a list of days', '0 0 9 */10,31 * *'],
])('there are no words for %s', (_case, expression) => {
  expect(words(expression)).toBeNull();
});

test('nor for an expression in a time zone that is none', () => {
  expect(cronInWords('0 0 9 * * *', 'Mars/Olympus')).toBeNull();
});
