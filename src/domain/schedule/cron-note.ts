import type { CronSpec } from './cron.js';
import { parseFields, type CronDialect } from './cron-fields.js';

const NAMES = 'SUN MON TUE WED THU FRI SAT'.split(' ');

const NUMBERS: Readonly<Record<CronDialect, string>> = {
  crontab: '1 is Monday, 0 and 7 are Sunday',
  original: '1 is Sunday, 7 is Saturday',
};

/**
 * Says how the dialect reads what others read differently: days of the week as numbers, and two day fields at once.
 * null: there is nothing of the kind in the expression, or it is none.
 */
export function cronNote({ expression, dialect }: CronSpec): string | null {
  const parse = parseFields(expression, dialect);
  if (parse.kind === 'refused') return null;
  const { fields, dayOfMonth, dayOfWeek } = parse;
  const notes: string[] = [];
  // The step of a star counts the same days in both dialects.
  if (/\d/.test(dayOfWeek.replace(/\*\/\d+/g, ''))) {
    const days = NAMES.filter((_, day) => fields.daysOfWeek.has(day));
    notes.push(`day of week ${dayOfWeek} is ${days.join()} (${NUMBERS[dialect]})`);
  }
  if (![dayOfMonth, dayOfWeek].some((text) => text === '*' || text === '?')) {
    notes.push(
      fields.eitherDay
        ? 'a day matches by its day of month or by its day of week, either is enough'
        : 'a day must match by its day of month and by its day of week',
    );
  }
  return notes.length === 0 ? null : `cron_dialect "${dialect}": ${notes.join('; ')}`;
}
