import { describe, expect, test } from 'vitest';
import { CRON_DIALECTS, type CronDialect } from '../../../src/domain/schedule/cron-fields.js';
import { cronNote } from '../../../src/domain/schedule/cron-note.js';

function note(expression: string, dialect: CronDialect): string | null {
  return cronNote({ expression, timezone: 'UTC', dialect });
}

const EITHER = 'a day matches by its day of month or by its day of week, either is enough';
const BOTH = 'a day must match by its day of month and by its day of week';

describe('numbers of weekdays', () => {
  test.each([
    ['0 0 9 * * 1', 'MON', 'SUN'],
    ['0 0 9 * * 1-5', 'MON,TUE,WED,THU,FRI', 'SUN,MON,TUE,WED,THU'],
    ['0 0 9 ? * 7', 'SUN', 'SAT'],
    ['0 0 9 * * MON-3', 'MON,TUE,WED', 'MON,TUE'],
    ['0 0 9 * * SUN,2 2030', 'SUN,TUE', 'SUN,MON'],
    ['0 0 9 * * MON/2', 'SUN,MON,WED,FRI', 'MON,WED,FRI'],
    ['0 0 9 * * */2,1', 'SUN,MON,TUE,THU,SAT', 'SUN,TUE,THU,SAT'],
  ])('are said as names: %s', (expression, crontab, original) => {
    const [, , , , , weekdays = ''] = expression.split(' ');
    expect(note(expression, 'crontab')).toBe(
      `cron_dialect "crontab": day of week ${weekdays} is ${crontab} (1 is Monday, 0 and 7 are Sunday)`,
    );
    expect(note(expression, 'original')).toBe(
      `cron_dialect "original": day of week ${weekdays} is ${original} (1 is Sunday, 7 is Saturday)`,
    );
  });

  test('are said of a line of crontab too', () => {
    expect(note('0 9 * * 1', 'crontab')).toMatch(/day of week 1 is MON \(1 is Monday/);
  });
});

describe('two day fields', () => {
  test.each([
    ['0 0 9 13 * FRI', EITHER],
    ['0 0 9 1-31 * MON', EITHER],
    ['0 0 9 */2 * MON', BOTH],
    ['0 0 9 13 * */2', BOTH],
  ])('are said to be needed, or one of them: %s', (expression, crontab) => {
    expect(note(expression, 'crontab')).toBe(`cron_dialect "crontab": ${crontab}`);
    expect(note(expression, 'original')).toBe(`cron_dialect "original": ${BOTH}`);
  });

  test('are said together with numbers', () => {
    expect(note('0 0 9 13 * 5', 'crontab')).toBe(
      `cron_dialect "crontab": day of week 5 is FRI (1 is Monday, 0 and 7 are Sunday); ${EITHER}`,
    );
  });
});

test.each(CRON_DIALECTS)(
  'nothing is said where there is no doubt, nor of what is no expression: %s',
  (dialect) => {
    const expressions = [
      ...[
        '0 */5 * * * *',
        '0 0 9 * * MON-FRI',
        '0 0 9 1 * *',
        '0 0 9 1 * ?',
        '0 0 9 ? * Mon',
        '0 0 9 * * */2',
      ],
      ...['@weekly', '@yearly', '@daily', 'whenever', '0 0 9 * * 9', ''],
    ];
    expect(expressions.map((expression) => note(expression, dialect))).toEqual(expressions.map(() => null));
  },
);
