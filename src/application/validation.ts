import type * as z from 'zod';
import { ok, refuse, type Result } from './errors.js';

/** Problems that one message reports. */
const PROBLEMS_MAX = 5;

/** The value as the schema types it, or all that is wrong with it; the first problem of each field counts. */
export function check<T>(schema: z.ZodType<T>, value: unknown): Result<T> {
  const parsed = schema.safeParse(value);
  if (parsed.success) return ok(parsed.data);
  const problems = problemsIn(parsed.error);
  const reported = [...problems]
    .slice(0, PROBLEMS_MAX)
    .map(([place, message]) => (place === '' ? message : `${place}: ${message}`));
  const others = problems.size - reported.length;
  if (others > 0) reported.push(`and ${others} more`);
  return refuse('validation_failed', reported.join('; '));
}

/**
 * What is wrong with a value: the message of each field, without the name of the field, by its place (such as
 * `jobs[3].callback_url`; empty for the value as a whole). null when nothing is.
 */
export function problemsOf(schema: z.ZodType, value: unknown): ReadonlyMap<string, string> | null {
  const parsed = schema.safeParse(value);
  return parsed.success ? null : problemsIn(parsed.error);
}

/** The first problem of each field, by place. */
function problemsIn({ issues }: z.ZodError): ReadonlyMap<string, string> {
  const problems = new Map<string, string>();
  for (const { path, message } of issues) {
    const place = placeOf(path);
    if (!problems.has(place)) problems.set(place, message);
  }
  return problems;
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
