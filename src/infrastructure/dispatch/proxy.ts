import { request, type OutgoingHttpHeaders } from 'node:http';
import type { Socket } from 'node:net';
import { egressTarget, hostAndPort, type EgressTarget } from '../../domain/egress/egress-policy.js';
import { callbackTarget } from './callback-target.js';
import { DeliveryFailure } from './failure.js';
import { NotSent } from './own-shortage.js';

/** A forward proxy. */
export interface Proxy {
  readonly endpoint: EgressTarget;
  /** The Proxy-Authorization header that the URL's user and password ask for, or null. */
  readonly authorization: string | null;
}

/** Not sent: no request reaches anything while the proxy is out of reach. */
export class ProxyUnreachable extends NotSent {
  constructor(cause: Error) {
    super(`proxy: ${cause.message}`);
  }
}

/** @throws RangeError when the text is no http or https URL */
export function proxyAt(url: string): Proxy {
  const target = callbackTarget(url);
  if (target === null) throw new RangeError('the proxy must be an http or https URL');
  return { endpoint: egressTarget(new URL(target.origin)), authorization: target.authorization };
}

/**
 * Asks a proxy for a tunnel to the target.
 * @param socket connected to the proxy
 * @param onAnswer called once: when what is written to the socket goes to the target, or with the failure
 */
export function requestTunnel(
  socket: Socket,
  target: EgressTarget,
  proxy: Proxy,
  onAnswer: (failure: DeliveryFailure | null) => void,
): void {
  const host = hostAndPort(target);
  const at = hostAndPort(proxy.endpoint);
  const headers: OutgoingHttpHeaders = { Host: host, Connection: 'keep-alive' };
  if (proxy.authorization !== null) headers['Proxy-Authorization'] = proxy.authorization;
  request({ method: 'CONNECT', path: host, headers, createConnection: () => socket, setHost: false })
    .on('connect', ({ statusCode = 0 }, _, head) => {
      const granted = statusCode >= 200 && statusCode < 300;
      if (granted && head.length === 0) onAnswer(null);
      else onAnswer(new DeliveryFailure('proxy', refusalOf(at, host, granted ? 0 : statusCode)));
    })
    .on('error', () => onAnswer(new DeliveryFailure('proxy', `${at} did not answer CONNECT ${host}`)))
    .end();
}

/** @param statusCode 0: the tunnel was granted, but something came out of it that nobody asked for */
function refusalOf(proxy: string, host: string, statusCode: number): string {
  if (statusCode === 0) return `${proxy} sent more than its answer to CONNECT ${host}`;
  const hint = statusCode === 407 ? ': does egress.proxy have the right user and password?' : '';
  return `${proxy} answered CONNECT ${host} with HTTP ${statusCode}${hint}`;
}
