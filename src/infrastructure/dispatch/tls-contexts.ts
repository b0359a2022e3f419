import { createSecureContext, rootCertificates, type SecureContext } from 'node:tls';
import { matchesHost, type EgressEntry } from '../../domain/egress/egress-policy.js';
import type { TlsMaterial } from './tls-files.js';

/** What TLS goes by, for each host. Certificates are always checked, from TLS 1.2 on. */
export class TlsContexts {
  readonly #byHost: readonly { readonly host: EgressEntry; readonly context: SecureContext }[];
  readonly #roots: string[] | undefined;
  /** Made when it is needed first: to read all roots takes a while. */
  #others: SecureContext | undefined;

  constructor({ ca, hosts }: TlsMaterial) {
    this.#roots = ca === null ? undefined : [...rootCertificates, ca];
    this.#byHost = hosts.map(({ host, ca: own, client }) => ({
      host,
      context: contextOf(own ?? this.#roots, client ?? {}),
    }));
  }

  /** @param hostname as the URL parser gives it, without brackets */
  of(hostname: string): SecureContext {
    const own = this.#byHost.find(({ host }) => matchesHost(host, hostname));
    return own?.context ?? (this.#others ??= contextOf(this.#roots, {}));
  }
}

/** @param ca undefined: Node's own */
function contextOf(
  ca: string | string[] | undefined,
  client: { readonly cert?: string; readonly key?: string },
): SecureContext {
  return createSecureContext({ minVersion: 'TLSv1.2', ...(ca === undefined ? {} : { ca }), ...client });
}
