import type { LookupAddress } from 'node:dns';
import { connect as connectTcp, isIP, Socket, type LookupFunction, type TcpNetConnectOpts } from 'node:net';
import { connect as connectTls, type ConnectionOptions } from 'node:tls';
import { hostAndPort, type EgressPolicy, type EgressTarget } from '../../domain/egress/egress-policy.js';
import { Blocked, connectFailure, type ConnectStage } from './failure.js';
import { NotSent } from './own-shortage.js';
import { TlsContexts } from './tls-contexts.js';
import { ProxyUnreachable, requestTunnel, type Proxy } from './proxy.js';
import { HostResolver, type Resolver } from './host-resolver.js';

export interface ConnectorOptions {
  /** Where connections may go. */
  readonly egress: EgressPolicy;
  /** Default: by the hosts file and DNS. Not asked for addresses. */
  readonly resolver?: Resolver;
  /** Default: Node's own authorities, and no client certificate. */
  readonly tls?: TlsContexts;
  /** A forward proxy through which all connections go; it looks up the names then. */
  readonly proxy?: Proxy | null;
}

/** Called at most once: with the socket when it is ready for a request, or with the failure. */
type OnOpen = (failure: Error | null, socket: Socket) => void;

/** A connection on its way. */
export interface Opening {
  /** Ends all of it when it is destroyed. */
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
  readonly #proxy: Proxy | null;
  readonly #tls: TlsContexts;
  /** By host:port; the least recently used first. */
  readonly #sessions = new Map<string, Buffer>();

  constructor(options: ConnectorOptions) {
    this.#egress = options.egress;
    this.#resolver = options.resolver ?? new HostResolver();
    this.#proxy = options.proxy ?? null;
    this.#tls = options.tls ?? new TlsContexts({ ca: null, hosts: [] });
  }

  /**
   * @param onOpen gets a DeliveryFailure, Blocked or NotSent as the failure; who destroys the socket before has to
   *   reckon with none or any
   */
  open(target: EgressTarget, onOpen: OnOpen): Opening {
    const refusal = this.#egress.refusal(target);
    if (refusal !== null) return openNothing(new Blocked(hostAndPort(target), refusal), onOpen);
    return this.#proxy === null
      ? this.#connect(target, this.#egress, onOpen)
      : this.#openTunnel(target, this.#proxy, onOpen);
  }

  /** @param egress what the addresses have to pass; null: they may be any */
  #connect(endpoint: EgressTarget, egress: EgressPolicy | null, onOpen: OnOpen): Opening {
    // An address is not looked up.
    let stage: ConnectStage = isIP(endpoint.hostname) === 0 ? 'lookup' : 'connect';
    let abandonLookup = (): void => undefined;
    // The socket's own event for this is missing where a name has several addresses.
    const lookup: LookupFunction = (hostname, _options, callback) => {
      abandonLookup = this.#resolver.resolve(hostname, (error, addresses) => {
        const checked = error ?? reachable(endpoint, egress, addresses);
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
    const socket = endpoint.secure ? this.#openTls(endpoint, { lookup }) : openTcp(endpoint, lookup);
    socket
      .setNoDelay(true)
      .setKeepAlive(true, KEEP_ALIVE_PROBE_MS)
      .once('connect', () => {
        const failure = peerFailure(endpoint, egress, socket.remoteAddress);
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

  /** Through the proxy, to which no address is refused: it is the operator's. */
  #openTunnel(target: EgressTarget, proxy: Proxy, onOpen: OnOpen): Opening {
    let stage: ConnectStage = 'proxy';
    const opened = (socket: Socket): void => {
      stage = 'open';
      onOpen(null, socket);
    };
    const { socket: outer } = this.#connect(proxy.endpoint, null, (failure, socket) => {
      if (failure !== null) {
        onOpen(failure instanceof NotSent ? failure : new ProxyUnreachable(failure), socket);
        return;
      }
      stage = 'tunnel';
      requestTunnel(socket, target, proxy, (refusal) => {
        if (refusal !== null) onOpen(refusal, socket);
        else if (!target.secure) opened(socket);
        else {
          stage = 'handshake';
          const inner = this.#openTls(target, { socket })
            .once('secureConnect', () => opened(inner))
            .on('error', (error) => {
              if (stage !== 'open') onOpen(connectFailure(error, stage, hostAndPort(target)), inner);
            })
            .once('close', () => socket.destroy());
        }
      });
    });
    return {
      socket: outer,
      get stage() {
        return stage;
      },
    };
  }

  /** @param by what the connection is made by: a lookup, or a socket that is there */
  #openTls(endpoint: EgressTarget, by: Pick<ConnectionOptions, 'lookup' | 'socket'>): Socket {
    // A server name is never an address, and has no dot at the end (RFC 6066, 3).
    const servername = isIP(endpoint.hostname) === 0 ? endpoint.hostname.replace(/\.$/, '') : '';
    const session = this.#sessions.get(hostAndPort(endpoint));
    const options: ConnectionOptions & Pick<TcpNetConnectOpts, 'autoSelectFamily'> = {
      host: endpoint.hostname,
      port: endpoint.port,
      ...by,
      autoSelectFamily: true,
      servername,
      // Said outright, so that NODE_TLS_REJECT_UNAUTHORIZED cannot switch the check off.
      rejectUnauthorized: true,
      secureContext: this.#tls.of(endpoint.hostname),
      ALPNProtocols: ['http/1.1'],
      ...(session === undefined ? {} : { session }),
    };
    return connectTls(options).on('session', (fresh: Buffer) => this.#remember(hostAndPort(endpoint), fresh));
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

/** Those that may be reached; an error where there are none. */
function reachable(
  target: EgressTarget,
  egress: EgressPolicy | null,
  addresses: readonly LookupAddress[],
): LookupAddress[] | Error {
  const reasons = addresses.map(({ address }) => egress?.addressRefusal(target.hostname, address) ?? null);
  const permitted = addresses.filter((_, at) => reasons[at] === null);
  if (permitted.length > 0) return permitted;
  const [reason] = reasons;
  return reason == null ? withCode('ENOTFOUND') : new Blocked(hostAndPort(target), reason);
}

/** What is wrong with who is at the other end. The addresses are checked above: this holds whatever came between. */
function peerFailure(
  target: EgressTarget,
  egress: EgressPolicy | null,
  address: string | undefined,
): Error | null {
  // It is gone again.
  if (address === undefined) return withCode('ECONNRESET');
  const reason = egress?.addressRefusal(target.hostname, address) ?? null;
  return reason === null ? null : new Blocked(hostAndPort(target), reason);
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
