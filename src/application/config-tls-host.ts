import { parseEgressEntry } from '../domain/egress/egress-policy.js';
import type { TlsHost } from './config.js';
import type { ValueType } from './config-value.js';
import { quote, shorten } from './printable.js';

const FIELDS = ['host', 'cert', 'key', 'ca'];
const PATH = /^\P{Cc}+$/u;

/** TLS to a host: a table in the file, host=...;cert=...;key=...;ca=... in the environment. */
export const tlsHost: ValueType<TlsHost> = {
  name: 'table',
  range: 'with `host`, `cert` and `key`, `ca` or all of them',
  accept: (value) => {
    const read = readTable(value);
    return typeof read === 'string' ? undefined : read;
  },
  refusal: (value) => {
    const read = readTable(value);
    return typeof read === 'string' ? read : '';
  },
  fromText: (text) => Object.fromEntries(text.split(';').map((part) => partOf(part))),
  format: (settings) => {
    const fields = Object.entries(settings).filter(([, value]) => value !== null);
    return `{ ${fields.map(([name, value]) => `${name} = ${quote(String(value))}`).join(', ')} }`;
  },
};

function partOf(part: string): [name: string, value: string] {
  const [, name = part, value = ''] = /^([^=]*)=(.*)$/s.exec(part) ?? [];
  return [name, value];
}

/** @returns why not, when it is none */
function readTable(value: unknown): TlsHost | string {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) {
    return 'must be a table with host, cert and key, or ca (in a variable: host=...;cert=...;key=...;ca=...)';
  }
  const given = new Map<string, unknown>(Object.entries(value));
  const strange = [...given.keys()].find((key) => !FIELDS.includes(key));
  if (strange !== undefined) {
    return `has an unknown key ${quote(shorten(strange))}; its keys are ${FIELDS.join(', ')}`;
  }
  const host = given.get('host');
  if (typeof host !== 'string' || parseEgressEntry(host) === null) {
    return 'must have a host: a host name, *.domain, IP address or CIDR network';
  }
  const paths = FIELDS.slice(1).map((field) => given.get(field) ?? null);
  if (!paths.every(isPathOrNull)) return `(${host}): cert, key and ca must be paths of files`;
  const [cert = null, key = null, ca = null] = paths;
  if ((cert === null) !== (key === null)) return `(${host}) must have both cert and key, or neither`;
  if (cert === null && ca === null) return `(${host}) must have cert and key, or ca`;
  return { host, cert, key, ca };
}

function isPathOrNull(value: unknown): value is string | null {
  return value === null || (typeof value === 'string' && PATH.test(value));
}
