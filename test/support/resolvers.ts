import { isIP } from 'node:net';
import type { Resolver } from '../../src/infrastructure/dispatch/host-resolver.js';

const abandon = (): void => undefined;

/** Every name has these addresses. */
export function resolvesTo(...addresses: readonly string[]): Resolver {
  return {
    resolve(_, onResolved) {
      onResolved(
        null,
        addresses.map((address) => ({ address, family: isIP(address) })),
      );
      return abandon;
    },
  };
}

/** No name can be resolved, for this reason. */
export function failsToResolve(code: string): Resolver {
  return {
    resolve(hostname, onResolved) {
      setImmediate(() => onResolved(Object.assign(new Error(`${code} ${hostname}`), { code }), []));
      return abandon;
    },
  };
}

export const neverResolves: Resolver = { resolve: () => abandon };
