import { inspect } from 'node:util';

export interface DescribedError {
  readonly type: string;
  readonly message: string;
  /** Those of its causes follow. Missing when what was thrown is no Error. */
  readonly stack?: string;
}

/** Causes of causes that are shown, at most. */
const DEPTH_MAX = 5;

/**
 * What the log shows of anything that was thrown: never its other properties, which may hold a request or a secret.
 * @param fit makes a text fit to be logged
 */
export function describeError(error: unknown, fit: (text: string) => string): DescribedError {
  if (!(error instanceof Error)) return { type: typeof error, message: fit(textOf(error)) };
  return { type: error.name, message: fit(error.message), stack: fit(stackOf(error, DEPTH_MAX)) };
}

function stackOf(error: Error, depth: number): string {
  const own = error.stack ?? `${error.name}: ${error.message}`;
  if (depth === 0) return own;
  const errors: readonly unknown[] = error instanceof AggregateError ? error.errors : [];
  const causes = error.cause === undefined ? errors : [error.cause, ...errors];
  const below = causes.map((cause) => (cause instanceof Error ? stackOf(cause, depth - 1) : textOf(cause)));
  return [own, ...below].join('\ncaused by: ');
}

function textOf(thrown: unknown): string {
  return typeof thrown === 'string' ? thrown : inspect(thrown, { depth: 1, breakLength: Infinity });
}
