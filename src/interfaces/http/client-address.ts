import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import {
  isWithin,
  parseIp,
  parseNetwork,
  type IpBytes,
  type Network,
} from '../../domain/egress/ip-address.js';

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

/** As the network has it; an address of IPv4 that is mapped into IPv6 is one of IPv4. null for what is none. */
export function addressBytes(text: string): IpBytes | null {
  const bytes = parseIp(text);
  return bytes?.length === 16 && bytes.every((byte, at) => at >= 12 || byte === (at < 10 ? 0 : 0xff))
    ? bytes.slice(12)
    : bytes;
}

/** Reads ADDRESS or ADDRESS/BITS; null for anything else. */
export function parseProxy(text: string): Network | null {
  const bytes = text.includes('%') ? null : addressBytes(text);
  return bytes === null ? parseNetwork(text) : { bytes, bits: bytes.length * 8 };
}

/**
 * Says where requests come from. Each proxy adds at the end of X-Forwarded-For who sent it the request: so the last
 * entry is as good as the word of the proxy that this server sees, and the one before it as good as that of the last.
 * @param trusted whose word is taken
 */
export function clientAddress(trusted: readonly Network[]): (request: IncomingMessage) => string {
  if (trusted.length === 0) return peerAddress;
  const isTrusted = among(trusted);
  return (request) => {
    const hops = String(request.headers['x-forwarded-for'] ?? '').split(',');
    let address = peerAddress(request);
    while (isTrusted(address)) {
      const before = addressOfHop(hops.pop() ?? '');
      if (before === null) break;
      address = before;
    }
    return address;
  };
}

/** What some proxies write with a port, or in brackets. null when it is no address: nothing before it counts then. */
function addressOfHop(hop: string): string | null {
  const text = hop.trim();
  const [, ipv6, ipv4] = /^(?:\[([^\]]+)\](?::\d+)?|(\d+(?:\.\d+){3}):\d+)$/.exec(text) ?? [];
  const address = ipv6 ?? ipv4 ?? text;
  return address.includes('%') || parseIp(address) === null ? null : address;
}

/**
 * Says whether the client came by TLS. This server speaks none, so it is the proxy before it that knows.
 * @param trusted whose word is taken
 */
export function cameByTls(trusted: readonly Network[]): (request: IncomingMessage) => boolean {
  if (trusted.length === 0) return () => false;
  const isTrusted = among(trusted);
  return (request) => request.headers['x-forwarded-proto'] === 'https' && isTrusted(peerAddress(request));
}

function among(networks: readonly Network[]): (address: string) => boolean {
  return (address) => {
    const bytes = addressBytes(address);
    return bytes !== null && networks.some((network) => isWithin(bytes, network));
  };
}
