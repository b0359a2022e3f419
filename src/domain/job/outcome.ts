/** How an attempt ended, whatever carried it out. */
export type Outcome =
  | { readonly kind: 'succeeded'; readonly result: string; readonly resultTruncated: boolean }
  | {
      readonly kind: 'failed';
      /** true: another attempt would fail as well, so the job is dead at once. */
      readonly permanent: boolean;
      /** One line for `last_error`; names no secret. */
      readonly error: string;
      /** HTTP status, where there was an answer. */
      readonly statusCode: number | null;
      /** The first part of the answer, where there was one. */
      readonly responseExcerpt: string | null;
      /** What the target asked for by Retry-After. */
      readonly retryAfterMs: number | null;
    }
  /** Cut off by this process itself (forced shutdown); says nothing about the job. */
  | { readonly kind: 'interrupted' }
  /**
   * This process could not even try, for want of something of its own, such as file descriptors: not a byte of the
   * request went out. Says nothing about the job either.
   */
  | {
      readonly kind: 'not_sent';
      /** One line for the log. */
      readonly reason: string;
    };

/** A failed delivery, as it is remembered. Instants are epoch milliseconds. */
export interface FailedAttempt {
  /** From 1; starts again after a manual retry. */
  readonly number: number;
  readonly startedAt: number;
  readonly finishedAt: number;
  readonly statusCode: number | null;
  readonly error: string;
  readonly responseExcerpt: string | null;
}
