import { isWithin, parseNetwork, type IpBytes, type Network } from './ip-address.js';

/** What an address is for, by the registries of special-purpose addresses (RFC 6890) and the clouds' own. */
export type AddressClass =
  | 'public'
  /** This machine. */
  | 'loopback'
  /** RFC 1918, unique local, and the site-local of old. */
  | 'private'
  /** 100.64.0.0/10, behind a provider's NAT; many overlay networks use it. */
  | 'shared'
  | 'benchmarking'
  /** This link only. */
  | 'link-local'
  /** Where a cloud tells a machine its own secrets. */
  | 'metadata'
  /** 0.0.0.0/8 and ::, which many systems take for themselves. */
  | 'unspecified'
  | 'multicast'
  | 'documentation'
  /** What no host has, or nobody knows where it leads to. */
  | 'reserved';

interface Range extends Network {
  readonly is: AddressClass;
}

function range(network: string, is: AddressClass): Range {
  const parsed = parseNetwork(network);
  if (parsed === null) throw new RangeError(`${network} is no network`);
  return { ...parsed, is };
}

/** The first that fits counts. */
const RANGES: readonly Range[] = [
  // AWS and those that follow it; its containers; Alibaba; Azure; Oracle.
  range('169.254.169.254/32', 'metadata'),
  range('169.254.170.2/32', 'metadata'),
  range('169.254.170.23/32', 'metadata'),
  range('100.100.100.200/32', 'metadata'),
  range('168.63.129.16/32', 'metadata'),
  range('192.0.0.192/32', 'metadata'),
  range('0.0.0.0/8', 'unspecified'),
  range('10.0.0.0/8', 'private'),
  range('100.64.0.0/10', 'shared'),
  range('127.0.0.0/8', 'loopback'),
  range('169.254.0.0/16', 'link-local'),
  range('172.16.0.0/12', 'private'),
  range('192.0.0.0/24', 'reserved'),
  range('192.0.2.0/24', 'documentation'),
  range('192.88.99.0/24', 'reserved'),
  range('192.168.0.0/16', 'private'),
  range('198.18.0.0/15', 'benchmarking'),
  range('198.51.100.0/24', 'documentation'),
  range('203.0.113.0/24', 'documentation'),
  range('224.0.0.0/4', 'multicast'),
  range('240.0.0.0/4', 'reserved'),
  range('0.0.0.0/0', 'public'),
  // AWS, its containers, Google, Scaleway.
  range('fd00:ec2::254/128', 'metadata'),
  range('fd00:ec2::23/128', 'metadata'),
  range('fd20:ce::254/128', 'metadata'),
  range('fd00:42::42/128', 'metadata'),
  range('::/128', 'unspecified'),
  range('::1/128', 'loopback'),
  range('2001:2::/48', 'benchmarking'),
  range('2001:db8::/32', 'documentation'),
  range('3fff::/20', 'documentation'),
  // Of the protocols' own range, what is not told apart above or below.
  range('2001::/23', 'reserved'),
  range('2000::/3', 'public'),
  range('fc00::/7', 'private'),
  range('fe80::/10', 'link-local'),
  range('fec0::/10', 'private'),
  range('ff00::/8', 'multicast'),
  // Discard, segment routing, NAT64 with prefixes that only their network knows, and what is not given out.
  range('::/0', 'reserved'),
];

interface Embedding {
  readonly network: Network;
  readonly ipv4: (bytes: IpBytes) => IpBytes;
}

function embedding(network: string, ipv4: Embedding['ipv4']): Embedding {
  return { network: range(network, 'reserved'), ipv4 };
}

const last4 = (bytes: IpBytes): IpBytes => bytes.slice(12);

/** Addresses of IPv6 that lead to one of IPv4. */
const EMBEDDINGS: readonly Embedding[] = [
  // Compatible, mapped, translated (SIIT), NAT64, 6to4; Teredo has the client's address with all its bits turned over.
  embedding('::/96', last4),
  embedding('::ffff:0:0/96', last4),
  embedding('::ffff:0:0:0/96', last4),
  embedding('64:ff9b::/96', last4),
  embedding('2002::/16', (bytes) => bytes.slice(2, 6)),
  embedding('2001::/32', (bytes) => last4(bytes).map((byte) => byte ^ 0xff)),
];
/** No compatible ones. */
const UNSPECIFIED_AND_LOOPBACK = range('::/127', 'reserved');

/** The address of IPv4 that one of IPv6 leads to, by its notation; null for all others. */
export function embeddedIpv4(bytes: IpBytes): IpBytes | null {
  if (isWithin(bytes, UNSPECIFIED_AND_LOOPBACK)) return null;
  return EMBEDDINGS.find(({ network }) => isWithin(bytes, network))?.ipv4(bytes) ?? null;
}

/** The class of an address; of one that embeds another, that of the other. */
export function classOf(bytes: IpBytes): AddressClass {
  const judged = embeddedIpv4(bytes) ?? bytes;
  return RANGES.find((each) => isWithin(judged, each))?.is ?? 'reserved';
}
