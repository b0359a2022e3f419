/** How long finished jobs are kept, in milliseconds from their end. */
export interface Retention {
  readonly completed: number;
  readonly dead: number;
}

/** Longer than anything lasts. */
export const FOR_EVER = Number.MAX_SAFE_INTEGER;

const NEVER = 'never';
const UNITS_MS = { d: 86_400_000, h: 3_600_000, m: 60_000, s: 1000 } as const;
type Unit = keyof typeof UNITS_MS;
export const DAY_MS = UNITS_MS.d;
/** A hundred years. */
export const RETENTION_MAX_MS = 36_500 * DAY_MS;

/** Reads "90s", "30m", "12h", "7d", or "never" for jobs that are never deleted. @returns null when it is none of them */
export function parseRetention(text: string): number | null {
  if (text === NEVER) return FOR_EVER;
  const [, count = '', unit = ''] = /^([1-9]\d{0,9})([smhd])$/.exec(text) ?? [];
  const ms = isUnit(unit) ? Number(count) * UNITS_MS[unit] : Infinity;
  return ms <= RETENTION_MAX_MS ? ms : null;
}

/** In the largest unit that says it exactly. */
export function formatRetention(ms: number): string {
  if (ms >= FOR_EVER) return NEVER;
  const [unit, unitMs] = Object.entries(UNITS_MS).find(([, one]) => ms % one === 0) ?? ['s', UNITS_MS.s];
  return `${ms / unitMs}${unit}`;
}

function isUnit(text: string): text is Unit {
  return text in UNITS_MS;
}
