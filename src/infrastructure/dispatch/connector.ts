import type { LookupAddress } from 'node:dns';
import { connect as connectTcp, isIP, Socket, type LookupFunction, type TcpNetConnectOpts } from 'node:net';
import {
  connect as connectTls,
  createSecureContext,
  type ConnectionOptions,
  type SecureContext,
} from 'node:tls';
import { hostAndPort, type EgressPolicy, type EgressTarget } from '../../domain/egress/egress-policy.js';
import { Blocked, connectFailure, type ConnectStage } from './failure.js';
import { HostResolver, type Resolver } from './host-resolver.js';

export interface ConnectorOptions {
  /** Where connections may go. */
  readonly egress: EgressPolicy;
  /** Default: by the hosts file and DNS. Not asked for addresses. */
  readonly resolver?: Resolver;
  /** PEM certificates of the authorities that are trusted instead of Node's own. */
  readonly ca?: string;
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
 * Opens sockets for the HTTP client, to what the egress policy lets through: what it is asked for is checked first, then
 * every address that the name resolves to, then the one at the other end. So a connection that is open, and is used
 * again, goes where it was checked to go. It sets no time limit: whoever waits for the socket has a deadline, and destroys
 * the socket when it passes, which the client's own connector would not let them do.
 */
export class Connector {
  readonly #egress: EgressPolicy;
  readonly #resolver: Resolver;
  readonly #ca: string | undefined;
  /** By host:port; the least recently used first. */
  readonly #sessions = new Map<string, Buffer>();
  #secureContext: SecureContext | undefined;

  constructor(options: ConnectorOptions) {
    this.#egress = options.egress;
    this.#resolver = options.resolver ?? new HostResolver();
    this.#ca = options.ca;
  }

  /**
   * @param onOpen called at most once: with the socket when it is ready for a request, or with the failure (a
   *   DeliveryFailure, Blocked or an OwnShortage); never when the caller destroys the socket before
   */
  open(endpoint: EgressTarget, onOpen: (failure: Error | null, socket: Socket) => void): Opening {
    const refusal = this.#egress.refusal(endpoint);
    if (refusal !== null) return openNothing(new Blocked(hostAndPort(endpoint), refusal), onOpen);
    // An address is not looked up.
    let stage: ConnectStage = isIP(endpoint.hostname) === 0 ? 'lookup' : 'connect';
    let abandonLookup = (): void => undefined;
    // The socket's own event for this is missing where a name has several addresses.
    const lookup: LookupFunction = (hostname, _options, callback) => {
      abandonLookup = this.#resolver.resolve(hostname, (error, addresses) => {
        const checked = error ?? this.#reachable(endpoint, addresses);
        if (checked instanceof Error) {
          callback(checked, []);
          return;
        }
        stage = 'connect';
        callback(null, checked);
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
        const failure = this.#peerFailure(endpoint, socket.remoteAddress);
        if (failure !== null) socket.destroy(failure);
        else if (endpoint.secure) stage = 'handshake';
        else opened();
      })
      .once('secureConnect', opened)
      // For good: an error that nobody listens to would end the process.
      .on('error', (error) => {
        if (stage === 'open') return;
        onOpen(connectFailure(error, stage, hostAndPort(endpoint)), socket);
      })
      .once('close', () => abandonLookup());
    return {
      socket,
      get stage() {
        return stage;
      },
    };
  }

  /** Those that may be reached; an error where there are none. */
  #reachable(target: EgressTarget, addresses: readonly LookupAddress[]): LookupAddress[] | Error {
    const reasons = addresses.map(({ address }) => this.#egress.addressRefusal(target.hostname, address));
    const reachable = addresses.filter((_, at) => reasons[at] === null);
    if (reachable.length > 0) return reachable;
    const [reason] = reasons;
    return reason == null ? withCode('ENOTFOUND') : new Blocked(hostAndPort(target), reason);
  }

  /** What is wrong with who is at the other end. The addresses are checked above: this holds whatever came between. */
  #peerFailure(target: EgressTarget, address: string | undefined): Error | null {
    // It is gone again.
    if (address === undefined) return withCode('ECONNRESET');
    const reason = this.#egress.addressRefusal(target.hostname, address);
    return reason === null ? null : new Blocked(hostAndPort(target), reason);
  }

  #openTls(endpoint: EgressTarget, lookup: LookupFunction): Socket {
    // A server name is never an address, and has no dot at the end (RFC 6066, 3).
    const servername = isIP(endpoint.hostname) === 0 ? endpoint.hostname.replace(/\.$/, '') : '';
    const session = this.#sessions.get(hostAndPort(endpoint));
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
    return connectTls(options).on('session', (fresh: Buffer) => this.#remember(hostAndPort(endpoint), fresh));
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

function openTcp({ hostname, port }: EgressTarget, lookup: LookupFunction): Socket {
  return connectTcp({ host: hostname, port, lookup, autoSelectFamily: true });
}

function withCode(code: string): Error {
  return Object.assign(new Error(code), { code });
}

/** For what must not be connected to. */
function openNothing(failure: Error, onOpen: (failure: Error, socket: Socket) => void): Opening {
  const socket = new Socket();
  process.nextTick(() => {
    if (!socket.destroyed) onOpen(failure, socket);
  });
  return { socket, stage: 'lookup' };
}
