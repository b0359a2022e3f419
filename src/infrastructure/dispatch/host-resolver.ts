import { Resolver as DnsResolver, type LookupAddress } from 'node:dns';
import { closeSync, openSync } from 'node:fs';
import { isIPv6 } from 'node:net';
import { devNull } from 'node:os';
import { hasSourceFor, ipv6Scope, type Ipv6Scope } from './ipv6-scope.js';
import {
  candidatesOf,
  parseHosts,
  parseResolverSettings,
  type HostsTable,
  type ResolverSettings,
} from './resolver-files.js';
import { SystemFile } from './system-file.js';

/** @param addresses in the order in which they should be tried; empty with an error */
export type OnResolved = (error: Error | null, addresses: readonly LookupAddress[]) => void;

/** Finds the addresses of a host. */
export interface Resolver {
  /**
   * @param hostname a name, not an address
   * @param onResolved called once, unless the lookup is abandoned; the error has a code, such as ENOTFOUND
   * @returns abandons the lookup
   */
  resolve(hostname: string, onResolved: OnResolved): () => void;
}

export interface HostResolverOptions {
  readonly hostsPath?: string;
  readonly resolvConfPath?: string;
  /** Milliseconds for all that a lookup takes. */
  readonly timeoutMs?: number;
  /** How far this machine gets over IPv6. */
  readonly scope?: () => Ipv6Scope;
}

/** The code tells what happened, in the words of c-ares. */
class LookupError extends Error {
  readonly code: string;

  constructor(code: string) {
    super(`the host could not be resolved: ${code}`);
    this.code = code;
  }
}

interface Lookup {
  readonly waiting: Set<OnResolved>;
  readonly abort: AbortController;
}

const HOSTS_PATH =
  process.platform === 'win32'
    ? `${process.env['SystemRoot'] ?? 'C:\\Windows'}\\System32\\drivers\\etc\\hosts`
    : '/etc/hosts';
const RESOLV_CONF_PATH = '/etc/resolv.conf';
const TIMEOUT_MS = 10_000;
/** Of one question to one server; it doubles when all servers have been asked. */
const QUESTION_TIMEOUT_MS = 2000;
const ROUNDS = 3;

/**
 * Resolves names by the hosts file and by DNS. dns.lookup would run on the four threads that also read files, and one
 * name whose server is silent holds such a thread for half a minute, wanted or not. Here no thread waits for a server:
 * one is needed only for a look at the two files, and to read one that has changed.
 *
 * There is one lookup a host at a time, for all who want it. It ends with its answer, after its own time, or with the
 * last of them who abandons it; so there are never more lookups than connections that wait for one.
 */
export class HostResolver implements Resolver {
  readonly #hosts: SystemFile<HostsTable>;
  readonly #settings: SystemFile<ResolverSettings>;
  readonly #timeoutMs: number;
  readonly #scope: () => Ipv6Scope;
  readonly #lookups = new Map<string, Lookup>();

  constructor(options: HostResolverOptions = {}) {
    this.#hosts = new SystemFile(options.hostsPath ?? HOSTS_PATH, parseHosts);
    this.#settings = new SystemFile(options.resolvConfPath ?? RESOLV_CONF_PATH, parseResolverSettings);
    this.#timeoutMs = options.timeoutMs ?? TIMEOUT_MS;
    this.#scope = options.scope ?? ipv6Scope;
  }

  resolve(hostname: string, onResolved: OnResolved): () => void {
    const name = hostname.toLowerCase();
    const lookup = this.#lookups.get(name) ?? this.#begin(name);
    lookup.waiting.add(onResolved);
    return () => {
      if (!lookup.waiting.delete(onResolved) || lookup.waiting.size > 0) return;
      // Who comes now begins another.
      this.#lookups.delete(name);
      lookup.abort.abort();
    };
  }

  #begin(name: string): Lookup {
    const lookup: Lookup = { waiting: new Set(), abort: new AbortController() };
    this.#lookups.set(name, lookup);
    const deadline = setTimeout(() => lookup.abort.abort(), this.#timeoutMs);
    const end: OnResolved = (error, addresses) => {
      clearTimeout(deadline);
      if (this.#lookups.get(name) === lookup) this.#lookups.delete(name);
      const { waiting } = lookup;
      for (const onResolved of waiting) {
        waiting.delete(onResolved);
        onResolved(error, addresses);
      }
    };
    this.#addressesOf(name, lookup.abort.signal).then(
      (addresses) => end(null, addresses),
      (error: unknown) => end(error instanceof Error ? error : new LookupError('EFAILED'), []),
    );
    return lookup;
  }

  async #addressesOf(name: string, signal: AbortSignal): Promise<LookupAddress[]> {
    const scope = this.#scope();
    const bare = name.replace(/\.$/, '');
    const listed = (await this.#hosts.read()).get(bare);
    if (listed !== undefined) return inOrder(listed, scope);
    // No business of a DNS server's (RFC 6761, 6.3).
    if (bare === 'localhost' || bare.endsWith('.localhost')) return inOrder(['127.0.0.1', '::1'], scope);
    return inOrder(await ask(name, await this.#settings.read(), scope, signal), scope);
  }
}

/** Without those that cannot be reached, if that leaves any. */
function inOrder(addresses: readonly string[], scope: Ipv6Scope): LookupAddress[] {
  const reachable = addresses.filter((address) => hasSourceFor(address, scope));
  const found = (reachable.length > 0 ? reachable : addresses).map((address) => ({
    address,
    family: isIPv6(address) ? 6 : 4,
  }));
  const first = scope === 'global' ? 6 : 4;
  return [
    ...found.filter(({ family }) => family === first),
    ...found.filter(({ family }) => family !== first),
  ];
}

/** What DNS says of the name, or else of the next of its full names. */
async function ask(
  name: string,
  settings: ResolverSettings,
  scope: Ipv6Scope,
  signal: AbortSignal,
): Promise<string[]> {
  const resolver = resolverOf(settings);
  signal.addEventListener('abort', () => resolver.cancel());
  const families = scope === 'site' || scope === 'global' ? ([4, 6] as const) : ([4] as const);
  let failure = 'ENOTFOUND';
  for (const candidate of candidatesOf(name, settings)) {
    if (signal.aborted) break;
    // By the time of the answer there may be some again.
    throwIfOutOfDescriptors();
    const answers = await Promise.all(families.map((family) => question(resolver, candidate, family)));
    const addresses = answers.flatMap((answer) => answer.addresses);
    if (addresses.length > 0) return addresses;
    const trouble = answers.find(({ code }) => !NO_SUCH.includes(code))?.code;
    if (trouble === undefined) continue;
    failure = trouble;
    // A server that fails at one domain may know the next; one that cannot be asked knows none.
    if (trouble !== 'ESERVFAIL') break;
  }
  if (failure === 'ECONNREFUSED') throwIfOutOfDescriptors();
  throw new LookupError(signal.aborted ? 'ETIMEOUT' : failure);
}

/** No such name, no address of this family, or a name that cannot be. */
const NO_SUCH: readonly string[] = ['ENOTFOUND', 'ENODATA', 'EBADNAME'];

/** One a lookup, so that it can be cancelled by itself. */
function resolverOf({ servers }: ResolverSettings): DnsResolver {
  const resolver = new DnsResolver({ timeout: QUESTION_TIMEOUT_MS, tries: ROUNDS });
  try {
    if (servers.length > 0) resolver.setServers(servers);
  } catch {
    // c-ares has read the same file, and takes from it what it understands.
  }
  return resolver;
}

interface Answer {
  readonly addresses: readonly string[];
  /** '' with addresses. */
  readonly code: string;
}

function question(resolver: DnsResolver, name: string, family: 4 | 6): Promise<Answer> {
  return new Promise((resolve) => {
    const onAnswer = (error: NodeJS.ErrnoException | null, addresses: string[]): void =>
      resolve(error === null ? { addresses, code: '' } : { addresses: [], code: error.code ?? '' });
    if (family === 4) resolver.resolve4(name, onAnswer);
    else resolver.resolve6(name, onAnswer);
  });
}

/** c-ares says "connection refused" also where it got no descriptor for its socket. */
function throwIfOutOfDescriptors(): void {
  closeSync(openSync(devNull, 'r'));
}
