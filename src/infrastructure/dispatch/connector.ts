import {
  connect as connectTcp,
  isIP,
  type LookupFunction,
  type Socket,
  type TcpNetConnectOpts,
} from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  type ConnectionOptions,
  type SecureContext,
} from 'node:tls';
import { connectFailure, type ConnectStage } from './failure.js';
import { HostResolver, type Resolver } from './host-resolver.js';

export interface ConnectorOptions {
  /** Default: by the hosts file and DNS. Not asked for addresses. */
  readonly resolver?: Resolver;
  /** PEM certificates of the authorities that are trusted instead of Node's own. */
  readonly ca?: string;
}

export interface Endpoint {
  readonly secure: boolean;
  /** A name or an address, without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** A connection on its way. */
export interface Opening {
  readonly socket: Socket;
  readonly stage: ConnectStage;
}

/** TLS sessions that are kept to shorten later handshakes. */
const MAX_SESSIONS = 100;
const KEEP_ALIVE_PROBE_MS = 60_000;

/**
 * Opens sockets for the HTTP client. It sets no time limit: whoever waits for the socket has a deadline, and destroys
 * the socket when it passes, which the client's own connector would not let them do.
 */
export class Connector {
  readonly #resolver: Resolver;
  readonly #ca: string | undefined;
  /** By host:port; the least recently used first. */
  readonly #sessions = new Map<string, Buffer>();
  #secureContext: SecureContext | undefined;

  constructor(options: ConnectorOptions) {
    this.#resolver = options.resolver ?? new HostResolver();
    this.#ca = options.ca;
  }

  /**
   * @param onOpen called at most once: with the socket when it is ready for a request, or with the failure (a
   *   DeliveryFailure or an OwnShortage); never when the caller destroys the socket before
   */
  open(endpoint: Endpoint, onOpen: (failure: Error | null, socket: Socket) => void): Opening {
    // An address is not looked up.
    let stage: ConnectStage = isIP(endpoint.hostname) === 0 ? 'lookup' : 'connect';
    let abandonLookup = (): void => undefined;
    // The socket's own event for this is missing where a name has several addresses.
    const lookup: LookupFunction = (hostname, _options, callback) => {
      abandonLookup = this.#resolver.resolve(hostname, (error, addresses) => {
        if (error === null) stage = 'connect';
        callback(error, [...addresses]);
      });
    };
    const opened = (): void => {
      stage = 'open';
      onOpen(null, socket);
    };
    const socket = endpoint.secure ? this.#openTls(endpoint, lookup) : openTcp(endpoint, lookup);
    socket
      .setNoDelay(true)
      .setKeepAlive(true, KEEP_ALIVE_PROBE_MS)
      .once('connect', () => {
        if (endpoint.secure) stage = 'handshake';
        else opened();
      })
      .once('secureConnect', opened)
      // For good: an error that nobody listens to would end the process.
      .on('error', (error) => {
        if (stage === 'open') return;
        onOpen(connectFailure(error, stage, hostOf(endpoint)), socket);
      })
      .once('close', () => abandonLookup());
    return {
      socket,
      get stage() {
        return stage;
      },
    };
  }

  #openTls(endpoint: Endpoint, lookup: LookupFunction): Socket {
    // A server name is never an address, and has no dot at the end (RFC 6066, 3).
    const servername = isIP(endpoint.hostname) === 0 ? endpoint.hostname.replace(/\.$/, '') : '';
    const session = this.#sessions.get(hostOf(endpoint));
    const options: ConnectionOptions & Pick<TcpNetConnectOpts, 'autoSelectFamily'> = {
      host: endpoint.hostname,
      port: endpoint.port,
      lookup,
      autoSelectFamily: true,
      servername,
      // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch the check off.
      rejectUnauthorized: true,
      secureContext: (this.#secureContext ??= this.#createSecureContext()),
      ALPNProtocols: ['http/1.1'],
      ...(session === undefined ? {} : { session }),
    };
    return connectTls(options).on('session', (fresh: Buffer) => this.#remember(hostOf(endpoint), fresh));
  }

  #createSecureContext(): SecureContext {
    return createSecureContext({
      minVersion: 'TLSv1.2',
      ...(this.#ca === undefined ? {} : { ca: this.#ca }),
    });
  }

  #remember(key: string, session: Buffer): void {
    this.#sessions.delete(key);
    this.#sessions.set(key, session);
    if (this.#sessions.size <= MAX_SESSIONS) return;
    const oldest = this.#sessions.keys().next();
    if (oldest.done !== true) this.#sessions.delete(oldest.value);
  }
}

function openTcp({ hostname, port }: Endpoint, lookup: LookupFunction): Socket {
  return connectTcp({ host: hostname, port, lookup, autoSelectFamily: true });
}

function hostOf({ hostname, port }: Endpoint): string {
  return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}
