import * as z from 'zod';

export const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/)
  .meta({ description: 'UTC, without a suffix.', examples: ['2024-01-15T10:00:01.234'] });

/** Most instants of an answer are the same one: that of the enqueue. */
let latest = { epochMs: Number.NaN, text: '' };

/** @param epochMs in the years 0 to 9999 */
export function formatInstant(epochMs: number): string {
  if (epochMs !== latest.epochMs) latest = { epochMs, text: new Date(epochMs).toISOString().slice(0, -1) };
  return latest.text;
}

export function formatOptionalInstant(epochMs: number | null): string | null {
  return epochMs === null ? null : formatInstant(epochMs);
}
