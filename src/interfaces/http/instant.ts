import * as z from 'zod';

export const instant = z
  .string()
  .regex(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}$/)
  .meta({ description: 'UTC, without a suffix.', examples: ['2024-01-15T10:00:01.234'] });

/** @param epochMs in the years 0 to 9999 */
export function formatInstant(epochMs: number): string {
  return new Date(epochMs).toISOString().slice(0, -1);
}

export function formatOptionalInstant(epochMs: number | null): string | null {
  return epochMs === null ? null : formatInstant(epochMs);
}
