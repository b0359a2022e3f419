import type { IncomingMessage } from 'node:http';
import type { Refusal } from '../../application/errors.js';
import { quote, shorten } from '../../application/printable.js';

/** They change nothing. */
const SAFE_METHODS: readonly (string | undefined)[] = ['GET', 'HEAD', 'OPTIONS'];

/**
 * Any web page can have its visitor's browser send requests to this server; it cannot read the answers, but what they
 * ask for would be done (cross-site request forgery). Browsers tell where a request comes from: in Sec-Fetch-Site where
 * they take the connection for a secure one, in Origin else. Whoever sends neither is no browser.
 * @returns why the request is not answered; null when it is
 */
export function refuseOrigin({ method, headers }: IncomingMessage): Refusal | null {
  const { origin } = headers;
  const site = headers['sec-fetch-site'];
  if (origin === undefined && site === undefined) return null;
  if (SAFE_METHODS.includes(method) || isOwn(site, origin, headers.host)) return null;
  const from = origin === undefined ? 'another origin' : `another origin (${quote(shorten(origin))})`;
  return {
    code: 'cross_origin',
    message: `A page of ${from} asked for this, which only the pages of this server may; a proxy in between must pass the Host header on`,
  };
}

/** Of this server's pages, or of no page: typed in, or a bookmark. */
function isOwn(site: unknown, origin: string | undefined, host: string | undefined): boolean {
  if (site !== undefined) return site === 'same-origin' || site === 'none';
  // "null" is that of a page whose origin is kept secret.
  const [, hostOfOrigin] = /^[a-z][a-z\d+.-]*:\/\/([^/]+)$/i.exec(origin ?? '') ?? [];
  return hostOfOrigin !== undefined && hostOfOrigin.toLowerCase() === host?.toLowerCase();
}
