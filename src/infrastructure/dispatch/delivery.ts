import type { IncomingHttpHeaders } from 'node:http';
import type { Dispatcher as HttpClient } from 'undici';
import type { Attempt } from '../../application/ports/dispatcher.js';
import type { Outcome } from '../../domain/job/outcome.js';
import { excerptOf, RESPONSE_EXCERPT_LENGTH, webhookOutcome } from '../../domain/job/webhook-outcome.js';
import { TIMEOUT_MAX_MS } from '../time/system-scheduler.js';
import type { CallbackTarget } from './callback-target.js';
import { CappedBody } from './capped-body.js';
import type { Connection, ConnectionUser } from './connection.js';
import type { Borrower, ConnectionPool } from './connection-pool.js';
import { NotSent } from './own-shortage.js';
import { Blocked, exchangeFailure, failureText, unaskedFailure, type ConnectStage } from './failure.js';
import { requestHeaders } from './request-headers.js';
import type { SigningKey } from './signing-keys.js';

export interface DeliverySettings {
  readonly retryStatuses: readonly number[];
  readonly maxResultBytes: number;
  readonly userAgent: string;
  /** Epoch milliseconds. */
  readonly now: () => number;
}

/** No character of an excerpt takes more bytes than three for each UTF-16 unit. */
const EXCERPT_BYTES = 3 * RESPONSE_EXCERPT_LENGTH;
/** Answers with a status below 200 that one request may draw. */
const MAX_INTERIM_ANSWERS = 32;
/** Besides the result: room for headers and for the framing of chunks, of which the smallest takes six bytes a byte. */
const MAX_OVERHEAD_BYTES = 1_048_576;
const MAX_OVERHEAD_FACTOR = 8;

const WAITING_WHILE: Readonly<Record<ConnectStage, string>> = {
  proxy: 'connecting to the proxy',
  tunnel: 'waiting for the proxy',
  lookup: 'looking up the host',
  connect: 'connecting',
  handshake: 'TLS handshake',
  open: 'waiting for the answer',
};

/**
 * One attempt, from the wait for a connection to its outcome. It settles once: by the answer, as soon as nothing more
 * of it is wanted, by a failure, by its deadline, or by an interruption; what comes later is ignored. The connection
 * goes back for reuse only after a complete answer.
 */
export class Delivery implements HttpClient.DispatchHandler, Borrower, ConnectionUser {
  readonly #attempt: Attempt;
  readonly #target: CallbackTarget;
  readonly #keys: readonly SigningKey[];
  readonly #settings: DeliverySettings;
  readonly #pool: ConnectionPool;
  readonly #onSettled: (outcome: Outcome) => void;
  #deadline: NodeJS.Timeout | undefined;
  #connection: Connection | null = null;
  #written = false;
  #settled = false;
  #interimAnswers = 0;
  /** 0 until the final answer begins. */
  #statusCode = 0;
  #retryAfter: string | null = null;
  #body = NO_BODY;

  /**
   * @param keys that sign the request
   * @param onSettled called once
   */
  constructor(
    attempt: Attempt,
    target: CallbackTarget,
    keys: readonly SigningKey[],
    settings: DeliverySettings,
    pool: ConnectionPool,
    onSettled: (outcome: Outcome) => void,
  ) {
    this.#attempt = attempt;
    this.#target = target;
    this.#keys = keys;
    this.#settings = settings;
    this.#pool = pool;
    this.#onSettled = onSettled;
  }

  start(): void {
    this.#deadline = setTimeout(() => this.#expire(), Math.min(this.#attempt.timeoutMs, TIMEOUT_MAX_MS));
    this.#pool.acquire(this.#target.origin, this);
  }

  interrupt(): void {
    this.#settle({ kind: 'interrupted' }, false);
  }

  lend(connection: Connection): void {
    this.#connection = connection;
    // Some servers close with their answer and don't say so. One turn of the event loop brings that to light, where
    // otherwise every second attempt would be lost on such a server.
    if (connection.connected) setImmediate(() => this.#send(connection));
    else this.#send(connection);
  }

  /** Ends what never becomes an answer, such as an endless status line, before it has cost much time to parse. */
  received(bytes: number): void {
    const limit = MAX_OVERHEAD_FACTOR * this.#settings.maxResultBytes + MAX_OVERHEAD_BYTES;
    if (bytes <= limit || this.#settled) return;
    const { host } = this.#target;
    this.#fail(failureText('protocol', `${host} sent over ${limit} bytes, but no complete answer`));
  }

  onRequestStart(): void {
    this.#written = true;
  }

  onResponseStart(_: HttpClient.DispatchController, statusCode: number, headers: IncomingHttpHeaders): void {
    if (statusCode < 200) {
      this.#passOver(statusCode);
      return;
    }
    this.#statusCode = statusCode;
    this.#retryAfter = firstValue(headers['retry-after']);
    this.#body = new CappedBody(isSuccess(statusCode) ? this.#settings.maxResultBytes : EXCERPT_BYTES);
  }

  onResponseData(_: HttpClient.DispatchController, piece: Buffer): void {
    if (!this.#body.append(piece)) this.#decide(false);
  }

  onResponseEnd(): void {
    this.#decide(true);
  }

  onResponseError(_: HttpClient.DispatchController, error: Error): void {
    if (this.#settled) return;
    const connection = this.#connection;
    if (!this.#written && connection?.connected === true) {
      // An idle connection turned out to be dead before the request was written to it: no attempt was made yet.
      this.lend(this.#pool.renew(connection));
      return;
    }
    if (error instanceof NotSent) {
      this.#settle({ kind: 'not_sent', reason: error.message }, false);
      return;
    }
    if (error instanceof Blocked) {
      this.#settle(blocked(error.message), false);
      return;
    }
    this.#fail(exchangeFailure(error, this.#target.host, this.#statusCode !== 0).message);
  }

  #send(connection: Connection): void {
    if (this.#settled) return;
    connection.use(this);
    const { path, authorization } = this.#target;
    const { userAgent, now } = this.#settings;
    const headers = requestHeaders(this.#attempt, this.#keys, now(), userAgent, authorization);
    connection.client.dispatch({ method: 'POST', path, headers, body: this.#attempt.payload }, this);
  }

  #passOver(interimStatus: number): void {
    this.#interimAnswers += 1;
    const { host } = this.#target;
    if (interimStatus === 101) {
      this.#fail(unaskedFailure(host).message);
    } else if (this.#interimAnswers > MAX_INTERIM_ANSWERS) {
      this.#fail(failureText('protocol', `${host} sent too many interim answers`));
    }
  }

  #expire(): void {
    this.#fail(
      failureText(
        'timeout',
        `no complete answer within ${this.#attempt.timeoutMs} ms (${this.#waitingFor()})`,
      ),
    );
  }

  #waitingFor(): string {
    if (this.#connection === null) return 'waiting for a free connection';
    return this.#statusCode === 0 ? WAITING_WHILE[this.#connection.stage] : 'reading the answer';
  }

  /**
   * The answer is not complete. Its status still decides, unless it promises a result that did not come in full: what
   * is read of the answer to a failure only illustrates it, and bytes beyond the cap are not wanted.
   */
  #fail(error: string): void {
    const statusCode = this.#statusCode;
    if (statusCode !== 0 && (!isSuccess(statusCode) || this.#body.full)) {
      this.#decide(false);
      return;
    }
    this.#settle(
      {
        kind: 'failed',
        permanent: false,
        error,
        statusCode: statusCode === 0 ? null : statusCode,
        responseExcerpt: excerptOf(this.#body.text(false)),
        retryAfterMs: null,
      },
      false,
    );
  }

  /** @param complete whether the answer was read to its end */
  #decide(complete: boolean): void {
    if (this.#settled) return;
    const response = {
      statusCode: this.#statusCode,
      body: this.#body.text(complete),
      bodyTruncated: !complete,
      retryAfter: this.#retryAfter,
    };
    const { retryStatuses, now } = this.#settings;
    this.#settle(webhookOutcome(response, retryStatuses, now()), complete);
  }

  #settle(outcome: Outcome, reusable: boolean): void {
    if (this.#settled) return;
    this.#settled = true;
    clearTimeout(this.#deadline);
    const connection = this.#connection;
    if (connection === null) {
      this.#pool.cancel(this.#target.origin, this);
    } else {
      connection.endUse();
      if (reusable) this.#pool.release(connection);
      else this.#pool.discard(connection);
    }
    this.#onSettled(outcome);
  }
}

function blocked(error: string): Outcome {
  return {
    kind: 'failed',
    permanent: true,
    error,
    statusCode: null,
    responseExcerpt: null,
    retryAfterMs: null,
  };
}

const NO_BODY = new CappedBody(0);

/** The library's type is wrong: of a header that came more than once it gives all values. */
function firstValue(header: unknown): string | null {
  const value: unknown = Array.isArray(header) ? header[0] : header;
  return typeof value === 'string' ? value : null;
}

function isSuccess(statusCode: number): boolean {
  return statusCode >= 200 && statusCode < 300;
}
