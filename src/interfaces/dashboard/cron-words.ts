import { toString } from 'cronstrue';
import { parseCron } from '../../domain/schedule/cron.js';

/** A list that has a step in it: of those the library says what is not so. */
const LIST_WITH_STEP = /,\S*\/|\/\S*,/;

/** What an expression means, in English; null where there are no good words for it. */
export function cronInWords(expression: string, timezone: string): string | null {
  const parsed = parseCron(expression, timezone);
  if (parsed.kind === 'invalid' || LIST_WITH_STEP.test(expression)) return null;
  const fields = expression.split(/[ \t]+/);
  try {
    return parsed.cron.fields.eitherDay ? eitherDayInWords(fields) : inWords(fields);
  } catch {
    return null;
  }
}

function inWords(fields: readonly string[]): string {
  return toString(fields.join(' '), { use24HourTimeFormat: true, throwExceptionOnParseError: true });
}

/**
 * Of two restricted days either is enough (crontab(5)), where the library says that both must match. So it is asked for
 * each part by itself: all of its sentences begin with the time.
 */
function eitherDayInWords(fields: readonly string[]): string {
  const days = fields.length === 5 ? 2 : 3;
  const [dayOfMonth = '*', month = '*', dayOfWeek = '*', ...year] = fields.slice(days);
  const words = (...rest: readonly string[]) => inWords([...fields.slice(0, days), ...rest]);
  const time = words('*', '*', '*');
  const part = (...rest: readonly string[]) => words(...rest).slice(time.length);
  const weekdays = part('*', '*', dayOfWeek).replace(/^, (?:only )?/, '');
  return `${time}${part(dayOfMonth, '*', '*')}, or ${weekdays}${part('*', month, '*', ...year)}`;
}
