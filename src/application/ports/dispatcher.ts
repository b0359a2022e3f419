import type { JobHeaders } from '../../domain/job/job-headers.js';
import type { Outcome } from '../../domain/job/outcome.js';

/** One delivery to be carried out. */
export interface Attempt {
  readonly jobId: string;
  readonly queueName: string;
  /** From 1. */
  readonly number: number;
  /** The job's callback_url; its scheme chose the dispatcher. */
  readonly url: string;
  /** JSON text, to be delivered byte for byte. */
  readonly payload: string;
  /** What the job has delivered beside: for a webhook, header fields. */
  readonly headers: JobHeaders;
  /** What signs the delivery, the newest first; none: nothing does. null: the dispatcher has its own. */
  readonly signingSecrets: readonly string[] | null;
  /** Milliseconds for the whole attempt, from its start to the last byte of the answer that is wanted. */
  readonly timeoutMs: number;
}

/** Carries out attempts. One attempt is one request: a dispatcher never repeats it by itself. */
export interface Dispatcher {
  /**
   * Never rejects for trouble of the target: that is an outcome. A rejection is a defect of the dispatcher, and
   * counts as a transient failure. Where this process lacks what it takes to try, the outcome is `not_sent`.
   * @param signal aborted when the process is forced to stop; the outcome is then `interrupted`
   */
  dispatch(attempt: Attempt, signal: AbortSignal): Promise<Outcome>;
  /** Ends idle connections and whatever else the dispatcher holds. */
  close(): Promise<void>;
}

/** The dispatchers by URL scheme (without the colon, lower case): `http`, `https`, and those that users add. */
export interface Dispatchers {
  /** Schemes that a callback_url may have. */
  readonly schemes: readonly string[];
  /** The dispatcher of a URL's scheme, or undefined when none is registered. */
  forUrl(url: string): Dispatcher | undefined;
  close(): Promise<void>;
}
