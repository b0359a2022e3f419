import type { Clock } from '../ports/clock.js';
import type { QueueStore } from '../ports/queue-store.js';

/** How long a change by another process may go unseen. */
export const SECRETS_MAX_AGE_MS = 2000;
const QUEUES_MAX = 10_000;

interface Read {
  readonly secrets: Promise<readonly string[] | null>;
  /** On the monotonic clock. */
  readonly at: number;
}

/** The signing secrets of queues, which each attempt needs: read once in a while, and not job by job. */
export class QueueSecrets {
  readonly #queues: QueueStore;
  readonly #clock: Clock;
  readonly #reads = new Map<string, Read>();

  constructor({ queues, clock }: { readonly queues: QueueStore; readonly clock: Clock }) {
    this.#queues = queues;
    this.#clock = clock;
  }

  /** As `Queue.signingSecrets`; null also for a queue that is gone. Rejects when the store fails. */
  of(queueName: string): Promise<readonly string[] | null> {
    const now = this.#clock.monotonic();
    const known = this.#reads.get(queueName);
    if (known && now - known.at < SECRETS_MAX_AGE_MS) return known.secrets;
    if (this.#reads.size >= QUEUES_MAX) this.#reads.clear();
    const read = { secrets: this.#read(queueName), at: now };
    this.#reads.set(queueName, read);
    read.secrets.catch(() => {
      if (this.#reads.get(queueName) === read) this.#reads.delete(queueName);
    });
    return read.secrets;
  }

  /** A queue was changed in this process. */
  forget(): void {
    this.#reads.clear();
  }

  async #read(queueName: string): Promise<readonly string[] | null> {
    return (await this.#queues.get(queueName))?.signingSecrets ?? null;
  }
}
