import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Principal } from '../../application/principal.js';

/** What the beginning of a request leaves for the rest of it. Where Express keeps such things, too. */
export interface Locals {
  /** Also in the X-Request-Id header. */
  readonly requestId: string;
  /** Who asks; null where anyone may, and nobody is asked. */
  readonly principal: Principal | null;
  /** Did the request come by TLS? */
  readonly byTls: boolean;
  /** Where the request comes from; empty when its connection has gone. */
  readonly address: string;
}

export type HttpRequest = IncomingMessage;
export type HttpResponse = ServerResponse & { readonly locals: Locals };

/** @returns a signal that is aborted when the client goes before it has its answer */
export function whenGone(response: HttpResponse): AbortSignal {
  const gone = new AbortController();
  if (response.closed) gone.abort();
  else response.once('close', () => gone.abort());
  return gone.signal;
}

/** Without the query, and without the origin that a proxy's client may put before it. */
export function pathOf({ url = '' }: HttpRequest): string {
  const path = url.startsWith('/') ? url : URL.canParse(url) ? new URL(url).pathname : url;
  return path.replace(/[?#].*$/s, '');
}
