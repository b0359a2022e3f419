/** An IP address as the network has it: 4 bytes, or 16. */
export type IpBytes = readonly number[];

const OCTET = /^(?:0|[1-9]\d{0,2})$/;
const GROUP = /^[\da-f]{1,4}$/i;

/**
 * Reads an address as URLs (behind their parser), resolvers and sockets write it: four decimal numbers, or IPv6 in any
 * of its forms, without brackets; a zone (%eth0) is left out. null for anything else: nothing is guessed.
 */
export function parseIp(text: string): IpBytes | null {
  return text.includes(':') ? parseIpv6(text.replace(/%[^%]+$/, '')) : parseIpv4(text);
}

function parseIpv4(text: string): IpBytes | null {
  const parts = text.split('.');
  const bytes = parts.map(Number);
  return parts.length === 4 && parts.every((part) => OCTET.test(part)) && bytes.every((byte) => byte < 256)
    ? bytes
    : null;
}

function parseIpv6(text: string): IpBytes | null {
  const [head = '', tail, ...more] = text.split('::');
  if (more.length > 0) return null;
  const before = bytesOfGroups(head, tail === undefined);
  const after = bytesOfGroups(tail ?? '', true);
  if (before === null || after === null) return null;
  const missing = 16 - before.length - after.length;
  // "::" stands for one group at least.
  if (tail === undefined ? missing !== 0 : missing < 2) return null;
  return [...before, ...Array<number>(missing).fill(0), ...after];
}

/** @param last whether the text ends the address, where the last two groups may be written as IPv4 */
function bytesOfGroups(text: string, last: boolean): IpBytes | null {
  const bytes: number[] = [];
  const groups = text === '' ? [] : text.split(':');
  for (const [at, group] of groups.entries()) {
    if (GROUP.test(group)) {
      const value = Number.parseInt(group, 16);
      bytes.push(value >> 8, value & 0xff);
      continue;
    }
    const ipv4 = last && at === groups.length - 1 ? parseIpv4(group) : null;
    if (ipv4 === null) return null;
    bytes.push(...ipv4);
  }
  return bytes;
}

/** All addresses that begin with the same bits. */
export interface Network {
  readonly bytes: IpBytes;
  /** How many bits are the same. */
  readonly bits: number;
}

/** Reads ADDRESS/BITS; null for anything else, and where bits beyond the prefix are set. */
export function parseNetwork(text: string): Network | null {
  const [, address = '', digits = ''] = /^([^/%]+)\/(\d{1,3})$/.exec(text) ?? [];
  const bytes = parseIp(address);
  const bits = Number(digits);
  if (bytes === null || bits > bytes.length * 8) return null;
  return bytes.every((byte, at) => (byte & ~maskAt(at, bits) & 0xff) === 0) ? { bytes, bits } : null;
}

export function isWithin(address: IpBytes, { bytes, bits }: Network): boolean {
  if (address.length !== bytes.length) return false;
  // Every job with an address in its URL comes here, many times: no closures.
  for (let at = 0; at * 8 < bits; at++) {
    if ((((address[at] ?? 0) ^ (bytes[at] ?? 0)) & maskAt(at, bits)) !== 0) return false;
  }
  return true;
}

/** Of the byte at this place, the bits that belong to a prefix. */
function maskAt(at: number, bits: number): number {
  const inByte = Math.min(8, Math.max(0, bits - 8 * at));
  return (0xff << (8 - inByte)) & 0xff;
}
