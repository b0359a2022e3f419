import { networkInterfaces, type NetworkInterfaceInfo } from 'node:os';
import { isIPv6 } from 'node:net';

/**
 * How far this machine gets over IPv6, judged by the addresses it has:
 *
 *   none       it has none
 *   loopback   not beyond itself, or its link
 *   site       private networks (ULA)
 *   global     everywhere
 */
export type Ipv6Scope = 'none' | 'loopback' | 'site' | 'global';

/**
 * How far this machine gets now. Looking takes a descriptor: where there is none, the answer is what was seen last.
 */
export const ipv6Scope = scopeReader(networkInterfaces);

/** @returns a function that never throws; it looks once before */
export function scopeReader(interfaces: typeof networkInterfaces): () => Ipv6Scope {
  let seen: Ipv6Scope = 'none';
  const read = (): Ipv6Scope => {
    try {
      seen = scopeOf(Object.values(interfaces()).flatMap((addresses) => addresses ?? []));
    } catch {
      // The error has no code that would tell a shortage from a system that forbids to look.
    }
    return seen;
  };
  read();
  return read;
}

function scopeOf(own: readonly NetworkInterfaceInfo[]): Ipv6Scope {
  const v6 = own.filter(({ address }) => isIPv6(address));
  if (v6.length === 0) return 'none';
  const beyond = v6.filter(({ internal, scopeid }) => !internal && (scopeid ?? 0) === 0);
  if (beyond.length === 0) return 'loopback';
  // 2000::/3 is all that is global today.
  return beyond.some(({ address }) => /^[23]/.test(address)) ? 'global' : 'site';
}

/** Whether this machine has an address from which it could reach the other. */
export function hasSourceFor(address: string, scope: Ipv6Scope): boolean {
  if (!isIPv6(address)) return true;
  return address === '::1' ? scope !== 'none' : scope === 'site' || scope === 'global';
}
