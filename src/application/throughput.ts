export const MINUTE_MS = 60_000;

/** The beginning of the minute that an instant lies in; both in epoch milliseconds. */
export function startOfMinute(at: number): number {
  return Math.floor(at / MINUTE_MS) * MINUTE_MS;
}
