import type * as z from 'zod';
import { ok, refuse, type Result } from '../../application/errors.js';

/** Problems that one message reports. */
const PROBLEMS_MAX = 5;

/** The value as the schema types it, or all that is wrong with it; the first problem of each field counts. */
export function check<T>(schema: z.ZodType<T>, value: unknown): Result<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const problems = new Map<string, string>();
  for (const { path, message } of parsed.error.issues) {
    const place = placeOf(path);
    if (!problems.has(place)) problems.set(place, place === '' ? message : `${place}: ${message}`);
  }
  const reported = [...problems.values()].slice(0, PROBLEMS_MAX);
  const others = problems.size - reported.length;
  if (others > 0) reported.push(`and ${others} more`);
  return refuse('validation_failed', reported.join('; '));
}

/** jobs[3].callback_url */
function placeOf(path: readonly PropertyKey[]): string {
  return path
    .map((key, depth) => (typeof key === 'number' ? `[${key}]` : `${depth > 0 ? '.' : ''}${String(key)}`))
    .join('');
}

/** What a value is, for a message that says what it should be. Texts are not quoted: they may be long, or secret. */
export function kindOf(value: unknown): string {
  if (typeof value === 'string') return 'a string';
  if (Array.isArray(value)) return 'an array';
  return typeof value === 'object' && value !== null ? 'an object' : String(value);
}
