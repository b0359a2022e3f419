import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';

/** An address of IPv4 as a socket of IPv6 has it. */
const MAPPED = '::ffff:';

/** The other end of the connection; empty when it has gone. */
export function peerAddress({ socket }: IncomingMessage): string {
  const { remoteAddress = '' } = socket;
  return remoteAddress.startsWith(MAPPED) ? remoteAddress.slice(MAPPED.length) : remoteAddress;
}

/** @param address as peerAddress gives it */
export function isLoopback(address: string): boolean {
  return address === '::1' || address.startsWith('127.');
}

/** Whoever sent it, it was not the other end of the connection. */
export function isForwarded(headers: IncomingHttpHeaders): boolean {
  for (const name in headers) {
    if (name.startsWith('x-forwarded-') || FORWARDING.includes(name)) return true;
  }
  return false;
}

const FORWARDING = ['forwarded', 'via', 'x-real-ip'];
