import type { IncomingMessage, ServerResponse } from 'node:http';

/** What the beginning of a request leaves for the rest of it. Where Express keeps such things, too. */
export interface Locals {
  /** Also in the X-Request-Id header. */
  readonly requestId: string;
}

export type HttpRequest = IncomingMessage;
export type HttpResponse = ServerResponse & { readonly locals: Locals };

/** Without the query, and without the origin that a proxy's client may put before it. */
export function pathOf({ url = '' }: HttpRequest): string {
  const path = url.startsWith('/') ? url : URL.canParse(url) ? new URL(url).pathname : url;
  return path.replace(/[?#].*$/s, '');
}
