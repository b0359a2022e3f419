import { ipv6Scope, hasSourceFor } from './ipv6-scope.js';

/** Out of descriptors, in this process or in the system, or out of memory for sockets. */
const SHORTAGES = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'];

/**
 * Whether something failed for want of what this machine has to provide, so that it says nothing about the target.
 * Where several addresses were tried, one that was tried in vain for this reason is enough.
 */
export function isOwnShortage(error: unknown): boolean {
  if (error instanceof AggregateError) return error.errors.some(isOwnShortage);
  if (!(error instanceof Error) || !('code' in error)) return false;
  if (error.code === 'EADDRNOTAVAIL') return portsRanOut(error);
  return typeof error.code === 'string' && SHORTAGES.includes(error.code);
}

/** EADDRNOTAVAIL also stands for an address that cannot be reached from any that this machine has. */
function portsRanOut(error: Error): boolean {
  const address = 'address' in error && typeof error.address === 'string' ? error.address : '';
  const port = 'port' in error ? error.port : undefined;
  return port !== 0 && hasSourceFor(address, ipv6Scope());
}
