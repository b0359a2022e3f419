import { Client } from 'undici';
import { egressTarget } from '../../domain/egress/egress-policy.js';
import type { Connector, Opening } from './connector.js';
import { MAX_HEADER_BYTES, type ConnectStage } from './failure.js';

/** An idle connection is closed after this time, unless the server's Keep-Alive header names another. */
const IDLE_MS = 4_000;
const IDLE_MAX_MS = 30_000;
/** How much earlier than its server an idle connection is closed, so that no request meets the closing. */
const IDLE_MARGIN_MS = 1_000;

/** Who uses a connection at the moment. */
export interface ConnectionUser {
  /** @param bytes what came over the connection since this use of it began, framing and all */
  received(bytes: number): void;
}

/**
 * A client that has one connection and one request at a time. Alone on its connection, a request is written at most
 * once: the client repeats only what shared the connection with a request that was aborted.
 */
export class Connection {
  readonly origin: string;
  readonly client: Client;
  #opening: Opening | null = null;
  #connected = false;
  #user: ConnectionUser | null = null;
  #bytesBefore = 0;

  /** @param onLost called when the connection ended; the client would open another for the next request */
  constructor(origin: string, connector: Connector, onLost: (connection: Connection) => void) {
    this.origin = origin;
    this.client = new Client(origin, {
      connect: (_, callback) => {
        this.#bytesBefore = 0;
        this.#opening = connector.open(egressTarget(new URL(origin)), (failure, socket) => {
          if (failure !== null) {
            callback(failure, null);
            return;
          }
          socket.on('readable', () => this.#user?.received(socket.bytesRead - this.#bytesBefore));
          callback(null, socket);
        });
      },
      pipelining: 1,
      allowH2: false,
      maxHeaderSize: MAX_HEADER_BYTES,
      // The deadline of the attempt is the only one.
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: IDLE_MS,
      keepAliveMaxTimeout: IDLE_MAX_MS,
      keepAliveTimeoutThreshold: IDLE_MARGIN_MS,
    });
    this.client.on('connect', () => {
      this.#connected = true;
    });
    this.client.on('disconnect', () => {
      this.#connected = false;
      onLost(this);
    });
  }

  get connected(): boolean {
    return this.#connected;
  }

  get stage(): ConnectStage {
    return this.#opening?.stage ?? 'lookup';
  }

  use(user: ConnectionUser): void {
    this.#user = user;
    this.#bytesBefore = this.#opening?.socket.bytesRead ?? 0;
  }

  endUse(): void {
    this.#user = null;
  }

  /** Ends it at once, whatever it is doing. @param onGone called when nothing is left of it */
  destroy(onGone: () => void = ignore): void {
    // The client forgets a socket that is still connecting; it would wait for the network's own timeout.
    if (!this.#connected) this.#opening?.socket.destroy();
    this.client.destroy(onGone);
  }
}

function ignore(): void {
  // Nobody waits.
}
