import { isIP } from 'node:net';
import { hostname } from 'node:os';

/** Host name (lower case) -> its addresses, in the order of the file. */
export type HostsTable = ReadonlyMap<string, readonly string[]>;

/** What resolv.conf says. */
export interface ResolverSettings {
  /** Addresses of the DNS servers; a port may follow, as in 127.0.0.1:5353. Empty: those that c-ares finds. */
  readonly servers: readonly string[];
  /** Domains that are tried after a short name. */
  readonly search: readonly string[];
  /** A name with as many dots is tried as it is before the domains are. */
  readonly ndots: number;
}

/** As hosts(5): an address and its names on a line. A name of several lines has all their addresses. */
export function parseHosts(text: string): HostsTable {
  const table = new Map<string, string[]>();
  for (const [address = '', ...names] of wordsOf(text, /#.*/)) {
    if (isIP(address) === 0) continue;
    for (const name of names.map((each) => each.toLowerCase())) {
      const known = table.get(name);
      if (known === undefined) table.set(name, [address]);
      else if (!known.includes(address)) known.push(address);
    }
  }
  return table;
}

/** As resolv.conf(5); c-ares reads for itself what is left out here. */
export function parseResolverSettings(text: string): ResolverSettings {
  const servers: string[] = [];
  let search = [hostname().split('.').slice(1).join('.')];
  let ndots = 1;
  for (const [keyword, ...values] of wordsOf(text, /^[#;].*/)) {
    if (keyword === 'nameserver') servers.push(...values.slice(0, 1));
    // The last of these lines counts.
    else if (keyword === 'search' || keyword === 'domain') search = values;
    else if (keyword === 'options') ndots = ndotsOf(values) ?? ndots;
  }
  const domains = search.map((domain) => domain.replace(/^\.+|\.+$/g, '')).filter((domain) => domain !== '');
  return { servers, search: domains, ndots };
}

/**
 * The full names to ask for, in order, as the system's own resolver would: a name with few dots is first looked for in
 * the search domains, one with many is first taken as it is, and one that ends in a dot is complete.
 */
export function candidatesOf(name: string, { search, ndots }: ResolverSettings): string[] {
  if (name.endsWith('.')) return [name];
  const inDomains = search.map((domain) => `${name}.${domain}`);
  return name.split('.').length > ndots ? [name, ...inDomains] : [...inDomains, name];
}

function ndotsOf(options: readonly string[]): number | undefined {
  const digits = options.map((option) => /^ndots:(\d{1,2})$/.exec(option)?.[1]).findLast(Boolean);
  return digits === undefined ? undefined : Number(digits);
}

function wordsOf(text: string, comment: RegExp): string[][] {
  return text.split('\n').map((line) => line.replace(comment, '').trim().split(/\s+/));
}
