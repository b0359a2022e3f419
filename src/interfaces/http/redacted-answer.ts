import { isRecord } from '../../application/json-object.js';
import type { Redaction } from '../../application/redaction.js';

/** The fields of answers that have what jobs carry: JSON as a text. */
const CARRIED = ['payload', 'result', 'response'];

/** The answer as those see it who only look on: with hidden values hidden. */
export function redactedAnswer(body: unknown, redaction: Redaction): unknown {
  if (Array.isArray(body)) return body.map((part) => redactedAnswer(part, redaction));
  if (!isRecord(body)) return body;
  return Object.fromEntries(
    Object.entries(body).map(([name, value]) => [
      name,
      typeof value === 'string' && CARRIED.includes(name)
        ? redaction.hide(value)
        : redactedAnswer(value, redaction),
    ]),
  );
}
