import { toString } from 'cronstrue';
import { FIRST_YEAR, LAST_YEAR } from '../../domain/schedule/calendar.js';
import { parseCron, type Cron, type CronSpec } from '../../domain/schedule/cron.js';

/** Of a longer list nobody learns anything. */
const LISTED_MAX = 12;

/** What an expression means, in English; null where there are no good words for it. */
export function cronInWords(cron: CronSpec): string | null {
  const parsed = parseCron(cron);
  if (parsed.kind === 'invalid') return null;
  const { expression } = cron;
  try {
    if (expression.startsWith('@')) return inWords([expression]);
    const texts = expression.split(/[ \t]+/);
    const fields = plainFields(texts, parsed.cron);
    return fields && fieldsInWords(fields, parsed.cron.fields.eitherDay);
  } catch {
    return null;
  }
}

interface Field {
  readonly values: readonly number[];
  /** How many values there could be. */
  readonly size: number;
  /** It goes round and round, so a step that divides its size has no break. */
  readonly clock?: boolean;
  /** Of the day of the week: the number of Sunday. */
  readonly sunday?: number;
}

/**
 * The fields in a way that the library says nothing untrue of: to it every step goes on for ever, so that of minutes 0
 * and 45 it says "every 45 minutes", a list with a step in it is two schedules, and 0 and 7 are two days.
 * @param texts 5 to 7
 * @returns null when a list of values would be too long
 */
function plainFields(texts: readonly string[], { fields, dialect }: Cron): string[] | null {
  const { seconds, minutes, hours, daysOfMonth, months, daysOfWeek, years, eitherDay } = fields;
  const all: readonly Field[] = [
    { values: seconds, size: 60, clock: true },
    { values: minutes, size: 60, clock: true },
    { values: hours, size: 24, clock: true },
    // A day field that is restricted to each day is no star where either of them is enough.
    { values: [...daysOfMonth], size: eitherDay ? Infinity : 31 },
    { values: [...months], size: 12 },
    { values: [...daysOfWeek], size: eitherDay ? Infinity : 7, sunday: dialect === 'original' ? 1 : 0 },
    { values: [...years], size: LAST_YEAR - FIRST_YEAR + 1 },
  ];
  const plain = texts.map((text, index) => plainField(text, all[texts.length === 5 ? index + 1 : index]));
  return plain.some((text) => text === null) ? null : plain.map((text) => text ?? '');
}

function plainField(text: string, field: Field | undefined): string | null {
  if (!field) return text;
  const { values, size, clock = false, sunday } = field;
  if (values.length === size) return '*';
  const step = Number(/^[*0]\/(\d+)$/.exec(text)?.[1]);
  const evenly = clock && step < size && size % step === 0;
  const listed = text.includes('/') ? !evenly : sunday !== undefined && text.includes(',');
  if (!listed) return plainItem(text, sunday ?? 0);
  return values.length > LISTED_MAX ? null : [...values].sort((a, b) => a - b).join();
}

/** Names of three letters, and Sunday as 0. */
function plainItem(text: string, sunday: number): string {
  return text
    .replace(/[a-z]+/gi, (name) => name.slice(0, 3))
    .replace(/\d+/g, (value) => String(Number(value) - sunday));
}

function fieldsInWords(fields: readonly string[], eitherDay: boolean): string {
  const days = fields.length === 5 ? 2 : 3;
  const bothRestricted = fields[days] !== '*' && fields[days + 2] !== '*';
  return bothRestricted ? daysInWords(fields, days, eitherDay) : inWords(fields);
}

function inWords(fields: readonly string[]): string {
  return toString(fields.join(' '), { use24HourTimeFormat: true, throwExceptionOnParseError: true });
}

/**
 * Of two restricted days either is enough (crontab(5)) unless one was written with a star, where the library has the
 * same words for both. So it is asked for each part by itself: all of its sentences begin with the time.
 */
function daysInWords(fields: readonly string[], days: number, eitherDay: boolean): string {
  const [dayOfMonth = '*', month = '*', dayOfWeek = '*', ...year] = fields.slice(days);
  const words = (...rest: readonly string[]) => inWords([...fields.slice(0, days), ...rest]);
  const time = words('*', '*', '*');
  const part = (...rest: readonly string[]) => words(...rest).slice(time.length);
  const weekdays = part('*', '*', dayOfWeek);
  const joined = eitherDay ? weekdays.replace(/^, (?:only )?/, ', or ') : weekdays;
  return `${time}${part(dayOfMonth, '*', '*')}${joined}${part('*', month, '*', ...year)}`;
}
