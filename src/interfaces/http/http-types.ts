import type { IncomingMessage, ServerResponse } from 'node:http';

/** What the beginning of a request leaves for the rest of it. Where Express keeps such things, too. */
export interface Locals {
  /** Also in the X-Request-Id header. */
  readonly requestId: string;
}

export type HttpRequest = IncomingMessage;
export type HttpResponse = ServerResponse & { readonly locals: Locals };

/** Without the query. */
export function pathOf({ url = '' }: HttpRequest): string {
  const end = url.indexOf('?');
  return end === -1 ? url : url.slice(0, end);
}
