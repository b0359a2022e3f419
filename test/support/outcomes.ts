import type { Outcome } from '../../src/domain/job/outcome.js';

type Failed = Extract<Outcome, { kind: 'failed' }>;

export function succeeded(result = 'ok'): Outcome {
  return { kind: 'succeeded', result, resultTruncated: false };
}

/** A transient failure: HTTP 500, unless the change says otherwise. */
export function failed(change: Partial<Failed> = {}): Outcome {
  return {
    kind: 'failed',
    permanent: false,
    error: 'HTTP 500',
    statusCode: 500,
    responseExcerpt: 'oops',
    retryAfterMs: null,
    ...change,
  };
}
