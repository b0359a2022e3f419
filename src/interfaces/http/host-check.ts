import { isIPv4, isIPv6 } from 'node:net';

/** Host, as a name or an IPv4 address with or without a final dot, or as an IPv6 address in brackets; then the port. */
const HOST_HEADER = /^(?:\[([^\]]+)\]|([^:[\]]+?)\.?)(?::\d*)?$/;

/**
 * A web page can have its own host name resolved to this machine and then talk to mininq as if it were its own server
 * (DNS rebinding). Its requests give themselves away by that name in their Host header. Addresses are no names, and
 * nobody can have localhost resolved elsewhere: both are always fine.
 * @param names further hosts to answer
 * @returns may a request with this Host header be answered?
 */
export function hostCheck(names: readonly string[]): (header: string) => boolean {
  const allowed = new Set(['localhost', ...names.map((name) => name.toLowerCase())]);
  return (header) => {
    const [, ipv6, host] = HOST_HEADER.exec(header) ?? [];
    if (ipv6 !== undefined) return isIPv6(ipv6);
    return host !== undefined && (isIPv4(host) || allowed.has(host.toLowerCase()));
  };
}
