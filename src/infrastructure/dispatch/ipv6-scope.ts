import { networkInterfaces } from 'node:os';
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

export function ipv6Scope(): Ipv6Scope {
  const own = Object.values(networkInterfaces()).flatMap((addresses) => addresses ?? []);
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
