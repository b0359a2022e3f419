import type { Clock } from '../../application/ports/clock.js';
import type { Attempt, Dispatcher } from '../../application/ports/dispatcher.js';
import type { Outcome } from '../../domain/job/outcome.js';
import { callbackTarget } from './callback-target.js';
import { ConnectionPool } from './connection-pool.js';
import { Connector, type ConnectorOptions } from './connector.js';
import { Delivery, type DeliverySettings } from './delivery.js';
import { failureText } from './failure.js';
import { Interruptions } from './interruptions.js';
import { SigningKeys } from './signing-keys.js';

export interface UndiciHttpDispatcherOptions extends ConnectorOptions {
  /** 4xx codes that are worth another attempt. */
  readonly retryStatuses: readonly number[];
  /** Bytes of a 2xx answer that are kept, >= 0. */
  readonly maxResultBytes: number;
  /** Requests to one origin at a time, >= 1; further ones wait, within their deadline. */
  readonly connectionsPerOrigin: number;
  /** Unused connections that are kept for later, over all origins. */
  readonly maxIdleConnections?: number;
  /** What signs the deliveries of queues without secrets of their own, the newest first; none: nothing does. */
  readonly signingSecrets: readonly string[];
  /** Of mininq, for User-Agent. */
  readonly version: string;
  readonly clock: Clock;
}

const MAX_IDLE_CONNECTIONS = 256;

/**
 * Delivers a job as an HTTP/1.1 POST. It follows no redirect, decompresses nothing, asks no proxy, and never writes a
 * request a second time. An attempt costs at most `maxResultBytes` of memory twice over, whatever the target answers.
 */
export class UndiciHttpDispatcher implements Dispatcher {
  readonly #settings: DeliverySettings;
  readonly #pool: ConnectionPool;
  readonly #signingSecrets: readonly string[];
  readonly #signingKeys = new SigningKeys();
  readonly #running = new Interruptions();
  #closed = false;

  constructor(options: UndiciHttpDispatcherOptions) {
    const { clock, connectionsPerOrigin, maxIdleConnections = MAX_IDLE_CONNECTIONS } = options;
    this.#signingSecrets = options.signingSecrets;
    this.#settings = {
      retryStatuses: options.retryStatuses,
      maxResultBytes: options.maxResultBytes,
      userAgent: `mininq/${options.version}`,
      now: () => clock.now(),
    };
    this.#pool = new ConnectionPool({ connectionsPerOrigin, maxIdleConnections }, new Connector(options));
  }

  dispatch(attempt: Attempt, signal: AbortSignal): Promise<Outcome> {
    if (signal.aborted || this.#closed) return Promise.resolve({ kind: 'interrupted' });
    const target = callbackTarget(attempt.url);
    if (target === null) return Promise.resolve(UNUSABLE_URL);
    const keys = this.#signingKeys.of(attempt.signingSecrets ?? this.#signingSecrets);
    return new Promise((resolve) => {
      const delivery = new Delivery(attempt, target, keys, this.#settings, this.#pool, (outcome) => {
        this.#running.remove(signal, delivery);
        resolve(outcome);
      });
      this.#running.add(signal, delivery);
      delivery.start();
    });
  }

  /** Interrupts what still runs; a later dispatch is interrupted at once. */
  async close(): Promise<void> {
    this.#closed = true;
    this.#running.interruptAll();
    await this.#pool.close();
  }
}

/** The text doesn't show the URL, as it may hold a password. */
const UNUSABLE_URL: Outcome = {
  kind: 'failed',
  permanent: true,
  error: failureText('url', 'callback_url is no valid http or https URL'),
  statusCode: null,
  responseExcerpt: null,
  retryAfterMs: null,
};
