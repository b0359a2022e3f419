import { toString } from 'cronstrue';
import { parseCron } from '../../domain/schedule/cron.js';

/** What an expression means, in English; null where there are no good words for it. */
export function cronInWords(expression: string, timezone: string): string | null {
  const parsed = parseCron(expression, timezone);
  if (parsed.kind === 'invalid') return null;
  try {
    const words = toString(expression, { use24HourTimeFormat: true, throwExceptionOnParseError: true });
    // Of two restricted days either is enough (crontab(5)); "and" would say that both must match.
    return parsed.cron.fields.eitherDay
      ? words.replace(/, and (?:on )?(?=[^,]*(?:,[^,]*)*$)/, ', or on ')
      : words;
  } catch {
    return null;
  }
}
