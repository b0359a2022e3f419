/**
 * How long to pause before something that failed is tried again.
 * @param failures how often it had failed in a row before, from 0
 */
export function doublingPauseMs(failures: number, firstMs: number, longestMs: number): number {
  return Math.min(firstMs * 2 ** failures, longestMs);
}
