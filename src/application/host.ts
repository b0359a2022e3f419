const OCTET = '(?:25[0-5]|2[0-4]\\d|1\\d\\d|[1-9]?\\d)';
const IPV4 = new RegExp(`^${OCTET}(?:\\.${OCTET}){3}$`);
/** Letters, digits, "-" and "_"; what ends in a number would be taken for an IPv4 address. */
const NAME = /^(?:[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?\.)*(?!\d+$)[a-z\d_](?:[a-z\d_-]{0,61}[a-z\d_])?$/i;
const NAME_MAX = 253;
/** The interface that a link-local address of IPv6 belongs to: fe80::1%eth0. */
const ZONE = /%[\w.-]+$/;

/** Is it an IP address (of IPv6: without brackets) or a host name, and nothing else: no scheme, port or path? */
export function isHost(text: string): boolean {
  if (text.includes(':')) return isIpv6(text.replace(ZONE, ''));
  return IPV4.test(text) || (text.length <= NAME_MAX && NAME.test(text));
}

function isIpv6(text: string): boolean {
  // The characters are checked first, as a URL has more syntax than an address.
  return /^[\da-f:.]+$/i.test(text) && URL.canParse(`http://[${text}]/`);
}
