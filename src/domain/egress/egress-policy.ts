import { classOf, embeddedIpv4, type AddressClass } from './address-class.js';
import { isWithin, parseIp, parseNetwork, type IpBytes, type Network } from './ip-address.js';

export interface EgressSettings {
  /** May this machine and private networks be reached? */
  readonly private: boolean;
  /** Hosts, `*.wildcards`, addresses and networks, as parseEgressEntry takes them. */
  readonly allow: readonly string[];
  readonly deny: readonly string[];
  readonly denyPorts: readonly number[];
  readonly httpsOnly: boolean;
}

/** What a request would go to. */
export interface EgressTarget {
  readonly secure: boolean;
  /** A name or an address as the URL parser gives it, without brackets. */
  readonly hostname: string;
  readonly port: number;
}

/** @param url of http or https; what the parser made of it is checked and dialled, whatever was written */
export function egressTarget({ protocol, hostname, port }: URL): EgressTarget {
  const secure = protocol === 'https:';
  return {
    secure,
    hostname: hostname.replace(/^\[(.*)\]$/, '$1'),
    port: port === '' ? (secure ? 443 : 80) : Number(port),
  };
}

/** For people. */
export function hostAndPort({ hostname, port }: Pick<EgressTarget, 'hostname' | 'port'>): string {
  return hostname.includes(':') ? `[${hostname}]:${port}` : `${hostname}:${port}`;
}

/** An entry of `allow` or `deny`. */
export type EgressEntry =
  | { readonly kind: 'host'; readonly name: string }
  /** Every name that ends so, with the dot at its beginning. */
  | { readonly kind: 'wildcard'; readonly suffix: string }
  | { readonly kind: 'network'; readonly network: Network };

/** What no setting opens but an entry of `allow` for the very address. */
const NEVER: readonly AddressClass[] = [
  'link-local',
  'metadata',
  'unspecified',
  'multicast',
  'documentation',
  'reserved',
];

/** Names that are this machine wherever they are looked up (RFC 6761, 6.3). */
const LOCALHOST = /(?:^|\.)localhost$/;
const LOCALHOST_ADDRESSES = ['127.0.0.1', '::1'];

/**
 * Decides where requests may go. Denying comes before allowing, and allowing before what the class of an address says;
 * ports and schemes are refused whatever the address. A refusal is a text that names the setting, to follow the host.
 */
export class EgressPolicy {
  readonly #settings: EgressSettings;
  readonly #allow: readonly EgressEntry[];
  readonly #deny: readonly EgressEntry[];

  /** @throws RangeError for an entry that is none */
  constructor(settings: EgressSettings) {
    this.#settings = settings;
    this.#allow = settings.allow.map(entryOf);
    this.#deny = settings.deny.map(entryOf);
  }

  /** Why a target is refused as far as that is known before its name is looked up; null when it is not. */
  refusal({ secure, hostname, port }: EgressTarget): string | null {
    if (!secure && this.#settings.httpsOnly) return 'egress.https_only refuses http';
    if (this.#settings.denyPorts.includes(port)) return `egress.deny_ports refuses port ${port}`;
    if (names(this.#deny, hostname)) return DENIED;
    const known = LOCALHOST.test(bare(hostname)) ? LOCALHOST_ADDRESSES : [hostname].filter(parseIp);
    const refusals = known.map((address) => this.addressRefusal(hostname, address));
    return refusals.includes(null) ? null : (refusals[0] ?? null);
  }

  /**
   * Why an address of the host is refused; null when it is not. The text does not show the address.
   * @param address as resolvers and sockets write it; what is no address is refused
   */
  addressRefusal(hostname: string, address: string): string | null {
    const bytes = parseIp(address);
    if (bytes === null) return 'it has no address that could be checked';
    if (covers(this.#deny, bytes)) return DENIED;
    const is = classOf(bytes);
    if (is === 'public') return null;
    if (NEVER.includes(is)) {
      const exact = this.#allow.filter(isSingleAddress);
      return covers(exact, bytes)
        ? null
        : `${is} addresses are refused unless egress.allow lists the very one`;
    }
    if (this.#settings.private || names(this.#allow, hostname) || covers(this.#allow, bytes)) return null;
    return `egress.private = false refuses ${is} addresses that egress.allow does not list`;
  }
}

const DENIED = 'egress.deny refuses it';

/** Reads HOST, *.DOMAIN, ADDRESS or ADDRESS/BITS; null for anything else. */
export function parseEgressEntry(text: string): EgressEntry | null {
  if (text.includes('/')) {
    const network = parseNetwork(text);
    return network === null ? null : { kind: 'network', network };
  }
  const bytes = parseIp(text);
  if (bytes !== null) {
    return text.includes('%') ? null : { kind: 'network', network: { bytes, bits: bytes.length * 8 } };
  }
  const wildcard = text.startsWith('*.');
  const name = hostName(wildcard ? text.slice(2) : text);
  if (name === null) return null;
  return wildcard ? { kind: 'wildcard', suffix: `.${name}` } : { kind: 'host', name };
}

/** As URLs have it; null for what is no name, or stands for an address in some other notation. */
function hostName(text: string): string | null {
  if (!/^[^\s/?#@:[\]\\%*]+$/.test(text) || !URL.canParse(`http://${text}/`)) return null;
  const { hostname } = new URL(`http://${text}/`);
  return parseIp(hostname) === null ? bare(hostname) : null;
}

function entryOf(text: string): EgressEntry {
  const entry = parseEgressEntry(text);
  if (entry === null) throw new RangeError(`"${text}" is no host, *.domain, address or network`);
  return entry;
}

/** Without the dot that may end a full name. */
function bare(hostname: string): string {
  return hostname.replace(/\.$/, '');
}

/** @param hostname as the URL parser gives it, without brackets; an address is matched by its bytes */
export function matchesHost(entry: EgressEntry, hostname: string): boolean {
  const bytes = parseIp(hostname);
  return bytes === null ? names([entry], hostname) : covers([entry], bytes);
}

function names(entries: readonly EgressEntry[], hostname: string): boolean {
  const name = bare(hostname);
  return entries.some(
    (entry) =>
      (entry.kind === 'host' && entry.name === name) ||
      (entry.kind === 'wildcard' && name.endsWith(entry.suffix)),
  );
}

function covers(entries: readonly EgressEntry[], bytes: IpBytes): boolean {
  const embedded = embeddedIpv4(bytes);
  return entries.some(
    (entry) =>
      entry.kind === 'network' &&
      (isWithin(bytes, entry.network) || (embedded !== null && isWithin(embedded, entry.network))),
  );
}

function isSingleAddress(entry: EgressEntry): boolean {
  return entry.kind === 'network' && entry.network.bits === entry.network.bytes.length * 8;
}
