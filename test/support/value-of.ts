import type { Result } from '../../src/application/errors.js';

/** The value of a use case that was not refused. */
export function valueOf<T>(result: Result<T>): T {
  if (!result.ok) throw new Error(result.refusal.message);
  return result.value;
}
