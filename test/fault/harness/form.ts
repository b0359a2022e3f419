/**
 * How much is done. `npm test` runs the short form: the same seeds each time, and little of everything. `npm run
 * test:fault` runs the long one (test/fault/main.ts).
 */
export const LONG = process.env['FAULT_FORM'] === 'long';

/** Of the soak, in the long form. */
export const SOAK_MINUTES = Number(process.env['FAULT_MINUTES'] ?? 2);

const FIRST_SEED = Number(process.env['FAULT_SEED'] ?? 1);
/** Replaces what a scenario asks for in the long form. */
const SEEDS = process.env['FAULT_SEEDS'];

export function seeds({ short = 1, long = 3 }: SeedCounts): number[] {
  const count = LONG ? Number(SEEDS ?? long) : short;
  return Array.from({ length: count }, (_, n) => FIRST_SEED + n);
}

export interface SeedCounts {
  readonly short?: number;
  readonly long?: number;
}

/** One of two figures, by the form. */
export function amount(short: number, long: number): number {
  return LONG ? long : short;
}
