import type { CalendarFields } from './calendar.js';
import { FIRST_YEAR, LAST_YEAR } from './calendar.js';

/**
 * Reads the text of a cron expression. Strict on purpose: what is not understood to the letter is refused, with the
 * name of the field, because a schedule that runs at some other time than was meant is worse than an error.
 *
 * cron-parser is no help here: it has no year, fills in missing fields, refuses a list that names a value twice
 * (`0,7`, `1-5,3`) and 30 February, and its messages don't name the field. The tests use it as a second opinion.
 */

/**
 * Two readings of the day fields, each of them right somewhere:
 *
 * - `crontab`: days of the week from 0 = Sunday to 7 = Sunday; of two restricted days either is enough.
 * - `original`, that of the `cron` crate, which the manual names: from 1 = Sunday to 7 = Saturday; a day must match by
 *   both.
 */
export const CRON_DIALECTS = ['crontab', 'original'] as const;
export type CronDialect = (typeof CRON_DIALECTS)[number];

export type FieldsParse =
  | {
      readonly kind: 'fields';
      readonly fields: CalendarFields;
      /** As they were written, or as a nickname means them. */
      readonly dayOfMonth: string;
      readonly dayOfWeek: string;
    }
  | { readonly kind: 'refused'; readonly message: string };

interface Field {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  /** The names of each value from `min` on, in capitals. */
  readonly names?: readonly (readonly string[])[];
  /** What the numbers mean, where they may mean something else to others. */
  readonly hint?: string;
}

const SECOND: Field = { label: 'second', min: 0, max: 59 };
const MINUTE: Field = { label: 'minute', min: 0, max: 59 };
const HOUR: Field = { label: 'hour', min: 0, max: 23 };
const DAY_OF_MONTH: Field = { label: 'day of month', min: 1, max: 31 };
const MONTHS = namesOf(
  'JAN|JANUARY FEB|FEBRUARY MAR|MARCH APR|APRIL MAY JUN|JUNE JUL|JULY AUG|AUGUST SEP|SEPTEMBER OCT|OCTOBER ' +
    'NOV|NOVEMBER DEC|DECEMBER',
);
const MONTH: Field = { label: 'month', min: 1, max: 12, names: MONTHS };
const WEEKDAYS = namesOf(
  'SUN|SUNDAY MON|MONDAY TUE|TUES|TUESDAY WED|WEDNESDAY THU|THURS|THURSDAY FRI|FRIDAY SAT|SATURDAY',
);
/** Each begins with Sunday. */
const DAY_OF_WEEK: Readonly<Record<CronDialect, Field>> = {
  crontab: { label: 'day of week', min: 0, max: 7, names: WEEKDAYS },
  original: {
    label: 'day of week',
    min: 1,
    max: 7,
    names: WEEKDAYS,
    hint: ' (in cron_dialect "original" 1 is Sunday)',
  },
};
const YEAR: Field = { label: 'year', min: FIRST_YEAR, max: LAST_YEAR };

const MAX_LENGTH = 256;

/** Those of the manual's `cron` crate, and the two further ones of crontab(5) that name a time. */
const NICKNAMES = new Map([
  ['@yearly', '0 0 0 1 1 *'],
  ['@annually', '0 0 0 1 1 *'],
  ['@monthly', '0 0 0 1 * *'],
  ['@weekly', '0 0 0 * * SUN'],
  ['@daily', '0 0 0 * * *'],
  ['@midnight', '0 0 0 * * *'],
  ['@hourly', '0 0 * * * *'],
]);

/** `*`, `a` or `a-b`, and perhaps a step. */
const ITEM = /^(?:\*|([0-9a-z]+)(?:-([0-9a-z]+))?)(?:\/([0-9]+))?$/i;

/** Of Quartz (L, W, #) and Jenkins (H). */
const UNSUPPORTED = /#|^(?:[0-9]*L|L?W|[0-9]+W|H)(?![a-z])/i;

class Refusal extends Error {}

/** The grammar is described at `parseCron`. Never throws. */
export function parseFields(expression: string, dialect: CronDialect): FieldsParse {
  try {
    return readFields(split(expression, dialect), dialect);
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', message: error.message };
    throw error;
  }
}

/** The start of a text of the client, as it is shown in a message. */
export function quoteStart(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

function namesOf(text: string): string[][] {
  return text.split(' ').map((names) => names.split('|'));
}

/** @returns 6 or 7 texts */
function split(expression: string, dialect: CronDialect): string[] {
  if (expression.length > MAX_LENGTH) {
    throw new Refusal(
      `the expression has ${expression.length} characters, at most ${MAX_LENGTH} are allowed`,
    );
  }
  if (expression.startsWith('@')) {
    const meaning = NICKNAMES.get(expression);
    if (meaning !== undefined) return meaning.split(' ');
    throw new Refusal(
      `nickname ${quoteStart(expression)} is unknown, use ${[...NICKNAMES.keys()].join(', ')}`,
    );
  }
  const texts = expression.split(/[ \t]+/);
  if (expression !== '' && texts.some((text) => text === '' || /\s/.test(text))) {
    throw new Refusal('the fields must be separated by spaces or tabs, with nothing before or after');
  }
  if (texts.length === 5) {
    if (dialect === 'crontab') return ['0', ...texts];
    throw new Refusal(
      `the expression has 5 fields, which is a line of crontab; in cron_dialect "original" write 6 (second minute ` +
        `hour day-of-month month day-of-week) or 7 (with a year at the end)`,
    );
  }
  if (texts.length === 6 || texts.length === 7) return texts;
  throw new Refusal(
    `the expression has ${expression === '' ? 0 : texts.length} fields, write 6 (second minute hour day-of-month ` +
      `month day-of-week), 7 (with a year at the end) or 5 (without seconds)`,
  );
}

function readFields(texts: readonly string[], dialect: CronDialect): FieldsParse {
  const [second = '', minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = '*'] =
    texts;
  const weekday = DAY_OF_WEEK[dialect];
  const daysOfWeek = valuesOf(weekday, dayOfWeek === '?' ? '*' : dayOfWeek);
  const fields = {
    seconds: valuesOf(SECOND, second),
    minutes: valuesOf(MINUTE, minute),
    hours: valuesOf(HOUR, hour),
    daysOfMonth: new Set(valuesOf(DAY_OF_MONTH, dayOfMonth === '?' ? '*' : dayOfMonth)),
    months: new Set(valuesOf(MONTH, month)),
    daysOfWeek: new Set(daysOfWeek.map((day) => (day - weekday.min) % 7)),
    eitherDay: dialect === 'crontab' && !/[*?]/.test(dayOfMonth) && !/[*?]/.test(dayOfWeek),
    years: new Set(valuesOf(YEAR, year)),
  };
  return { kind: 'fields', fields, dayOfMonth, dayOfWeek };
}

/** @returns in rising order, each once */
function valuesOf(field: Field, text: string): number[] {
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const { first, last, step } = rangeOf(field, item, text);
    for (let value = first; value <= last; value += step) values.add(value);
  }
  return [...values].sort((a, b) => a - b);
}

function rangeOf(field: Field, item: string, text: string): { first: number; last: number; step: number } {
  const match = ITEM.exec(item);
  if (match === null) throw notUnderstood(field, item === '' ? text : item);
  const [, from, to, stepText] = match;
  const step = Number(stepText ?? 1);
  const span = field.max - field.min + 1;
  if (step < 1 || step > span) {
    throw new Refusal(`${field.label} step in ${quoteStart(item)} is out of range 1-${span}`);
  }
  if (from === undefined) return { first: field.min, last: field.max, step };
  const first = valueOf(field, from);
  if (to === undefined) return { first, last: stepText === undefined ? first : field.max, step };
  const end = valueOf(field, to);
  // A week that ends with Sunday: FRI-SUN.
  const last = field.names === WEEKDAYS && end === field.min && first > end ? end + 7 : end;
  if (last < first) {
    throw new Refusal(`${field.label} range ${quoteStart(item)} runs backwards, write the lower end first`);
  }
  return { first, last, step };
}

function valueOf(field: Field, text: string): number {
  const index = field.names?.findIndex((names) => names.includes(text.toUpperCase())) ?? -1;
  if (index >= 0) return field.min + index;
  if (!/^[0-9]+$/.test(text)) throw notUnderstood(field, text);
  const value = Number(text);
  if (value >= field.min && value <= field.max) return value;
  throw new Refusal(
    `${field.label} ${quoteStart(text)} is out of range ${field.min}-${field.max}${field.hint ?? ''}`,
  );
}

function notUnderstood(field: Field, text: string): Refusal {
  if (UNSUPPORTED.test(text)) {
    return new Refusal(
      `${field.label} ${quoteStart(text)} is not supported: L, W, # and H have no meaning here`,
    );
  }
  if (text.includes('?')) {
    return new Refusal(
      `${field.label} ${quoteStart(text)} is not understood: ? stands for * where it is the whole of a day field, and ` +
        `nowhere else`,
    );
  }
  const { min, max, names } = field;
  const named = names === undefined ? '' : ` or ${names[0]?.[0] ?? ''}-${names.at(-1)?.[0] ?? ''}`;
  return new Refusal(
    `${field.label} ${quoteStart(text)} is not understood, write ${min}-${max}${named}, ` +
      `a range (a-b), *, a step (*/n, a/n, a-b/n) or a list of these`,
  );
}
