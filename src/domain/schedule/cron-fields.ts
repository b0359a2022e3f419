import type { CalendarFields } from './calendar.js';
import { FIRST_YEAR, LAST_YEAR } from './calendar.js';

/**
 * Reads the text of a cron expression. Strict on purpose: what is not understood to the letter is refused, with the
 * name of the field, because a schedule that runs at some other time than was meant is worse than an error.
 *
 * cron-parser is no help here: it has no year, fills in missing fields, refuses a list that names a value twice
 * (`0,7`, `1-5,3`) and 30 February, and its messages don't name the field. The tests use it as a second opinion.
 */

export type FieldsParse =
  | { readonly kind: 'fields'; readonly fields: CalendarFields }
  | { readonly kind: 'refused'; readonly message: string };

interface Field {
  readonly label: string;
  readonly min: number;
  readonly max: number;
  /** The names of the values from `min` on. */
  readonly names?: readonly string[];
}

const SECOND: Field = { label: 'second', min: 0, max: 59 };
const MINUTE: Field = { label: 'minute', min: 0, max: 59 };
const HOUR: Field = { label: 'hour', min: 0, max: 23 };
const DAY_OF_MONTH: Field = { label: 'day of month', min: 1, max: 31 };
const MONTHS = 'JAN FEB MAR APR MAY JUN JUL AUG SEP OCT NOV DEC'.split(' ');
const MONTH: Field = { label: 'month', min: 1, max: 12, names: MONTHS };
const WEEKDAYS = 'SUN MON TUE WED THU FRI SAT'.split(' ');
const DAY_OF_WEEK: Field = { label: 'day of week', min: 0, max: 7, names: WEEKDAYS };
const YEAR: Field = { label: 'year', min: FIRST_YEAR, max: LAST_YEAR };

const MAX_LENGTH = 256;

/** Those of the manual's `cron` crate, and the two further ones of crontab(5) that name a time. */
const NICKNAMES = new Map([
  ['@yearly', '0 0 0 1 1 *'],
  ['@annually', '0 0 0 1 1 *'],
  ['@monthly', '0 0 0 1 * *'],
  ['@weekly', '0 0 0 * * 0'],
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
export function parseFields(expression: string): FieldsParse {
  try {
    return { kind: 'fields', fields: readFields(split(expression)) };
  } catch (error) {
    if (error instanceof Refusal) return { kind: 'refused', message: error.message };
    throw error;
  }
}

/** A text of the client as it is shown in a message. */
export function quote(text: string): string {
  return JSON.stringify(text.length > 40 ? `${text.slice(0, 40)}...` : text);
}

/** @returns 6 or 7 texts */
function split(expression: string): string[] {
  if (expression.length > MAX_LENGTH) {
    throw new Refusal(
      `the expression has ${expression.length} characters, at most ${MAX_LENGTH} are allowed`,
    );
  }
  if (expression.startsWith('@')) {
    const meaning = NICKNAMES.get(expression);
    if (meaning !== undefined) return meaning.split(' ');
    throw new Refusal(`nickname ${quote(expression)} is unknown, use ${[...NICKNAMES.keys()].join(', ')}`);
  }
  const texts = expression.split(/[ \t]+/);
  if (expression !== '' && texts.some((text) => text === '' || /\s/.test(text))) {
    throw new Refusal('the fields must be separated by spaces or tabs, with nothing before or after');
  }
  if (texts.length === 5) return ['0', ...texts];
  if (texts.length === 6 || texts.length === 7) return texts;
  throw new Refusal(
    `the expression has ${expression === '' ? 0 : texts.length} fields, write 6 (second minute hour day-of-month ` +
      `month day-of-week), 7 (with a year at the end) or 5 (without seconds)`,
  );
}

function readFields(texts: readonly string[]): CalendarFields {
  const [second = '', minute = '', hour = '', dayOfMonth = '', month = '', dayOfWeek = '', year = '*'] =
    texts;
  return {
    seconds: valuesOf(SECOND, second),
    minutes: valuesOf(MINUTE, minute),
    hours: valuesOf(HOUR, hour),
    daysOfMonth: new Set(valuesOf(DAY_OF_MONTH, dayOfMonth === '?' ? '*' : dayOfMonth)),
    months: new Set(valuesOf(MONTH, month)),
    daysOfWeek: new Set(valuesOf(DAY_OF_WEEK, dayOfWeek === '?' ? '*' : dayOfWeek).map((day) => day % 7)),
    eitherDay: !/[*?]/.test(dayOfMonth) && !/[*?]/.test(dayOfWeek),
    years: new Set(valuesOf(YEAR, year)),
  };
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
    throw new Refusal(`${field.label} step in ${quote(item)} is out of range 1-${span}`);
  }
  if (from === undefined) return { first: field.min, last: field.max, step };
  const first = valueOf(field, from);
  if (to === undefined) return { first, last: stepText === undefined ? first : field.max, step };
  const end = valueOf(field, to);
  // A week that ends with Sunday: FRI-SUN, 1-0.
  const last = field === DAY_OF_WEEK && end === 0 && first > 0 ? 7 : end;
  if (last < first) {
    throw new Refusal(`${field.label} range ${quote(item)} runs backwards, write the lower end first`);
  }
  return { first, last, step };
}

function valueOf(field: Field, text: string): number {
  const index = field.names?.indexOf(text.toUpperCase()) ?? -1;
  if (index >= 0) return field.min + index;
  if (!/^[0-9]+$/.test(text)) throw notUnderstood(field, text);
  const value = Number(text);
  if (value >= field.min && value <= field.max) return value;
  throw new Refusal(`${field.label} ${quote(text)} is out of range ${field.min}-${field.max}`);
}

function notUnderstood(field: Field, text: string): Refusal {
  if (UNSUPPORTED.test(text)) {
    return new Refusal(`${field.label} ${quote(text)} is not supported: L, W, # and H have no meaning here`);
  }
  const { min, max, names } = field;
  const named = names === undefined ? '' : ` or ${names[0] ?? ''}-${names.at(-1) ?? ''}`;
  return new Refusal(
    `${field.label} ${quote(text)} is not understood, write ${min}-${max}${named}, ` +
      `a range (a-b), *, a step (*/n, a/n, a-b/n) or a list of these`,
  );
}
