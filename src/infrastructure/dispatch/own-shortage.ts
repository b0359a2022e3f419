import { hasSourceFor, ipv6Scope } from './ipv6-scope.js';

/** Why not a byte of a request went out, where that says nothing about its target. */
export class NotSent extends Error {}

/** Not sent: this process, or its machine, lacks what it takes to connect to anything. */
export class OwnShortage extends NotSent {
  /** @param code such as EMFILE */
  constructor(code: string) {
    super(`no socket for the request (${code})`);
  }
}

/** Out of descriptors, in this process or in the system, or out of memory for sockets. */
const SHORTAGES = ['EMFILE', 'ENFILE', 'ENOBUFS', 'ENOMEM'];

/**
 * The code of an error that stands for want of something that this machine has to provide, so that it says nothing
 * about the target; null for any other. Of several addresses, one that could not be tried for this reason is enough.
 */
export function shortageCode(error: unknown): string | null {
  if (error instanceof AggregateError) {
    for (const each of error.errors) {
      const code = shortageCode(each);
      if (code !== null) return code;
    }
    return null;
  }
  if (!(error instanceof Error) || !('code' in error) || typeof error.code !== 'string') return null;
  const { code } = error;
  return SHORTAGES.includes(code) || (code === 'EADDRNOTAVAIL' && portsRanOut(error)) ? code : null;
}

/** EADDRNOTAVAIL also stands for an address that cannot be reached from any that this machine has. */
function portsRanOut(error: Error): boolean {
  const address = 'address' in error && typeof error.address === 'string' ? error.address : '';
  const port = 'port' in error ? error.port : undefined;
  return port !== 0 && hasSourceFor(address, ipv6Scope());
}
