import type { NamedToken } from './config.js';
import { choice, secret, type ValueType } from './config-value.js';
import { RATE_LIMIT_MAX, RATE_LIMIT_MIN } from './limits.js';
import { ROLES } from './principal.js';
import { quote, shorten } from './printable.js';

/** What a client may send as a bearer token (RFC 6750, 2.1), if it is too long to be guessed. */
const TOKEN = /^(?=.{16,256}$)[\w.~+/-]+=*$/;
/** In the place of a token, so that the file is of no use to who reads it. */
const DIGEST = /^sha256:[\da-f]{64}$/i;

/** A token, or its digest. */
export const token = secret(
  'a token of 16 to 256 characters, or `sha256:` and its digest',
  '16 to 256 letters, digits and any of -._~+/ (mininq token makes such a token), or "sha256:" and the 64 hexadecimal digits of its digest',
  (value) => TOKEN.test(value) || DIGEST.test(value),
);

const NAME = /^[\w.@-]{1,64}$/;
const role = choice(ROLES);
const FIELDS = ['name', 'token', 'role', 'rate_limit'];

/** A token that has a name and a role: a table in the file, NAME:ROLE:TOKEN in the environment. */
export const namedToken: ValueType<NamedToken> = {
  name: 'table',
  range:
    'with `name`, `token`, `role` (viewer, producer or admin) and, if there is one, `rate_limit` (requests per second)',
  accept: (value) => {
    const read = readTable(value);
    return typeof read === 'string' ? undefined : read;
  },
  refusal: (value) => {
    const read = readTable(value);
    return typeof read === 'string' ? read : '';
  },
  fromText: (text) => {
    const [, name, given, of] = /^([^:]*):([^:]*):(.*)$/s.exec(text) ?? [];
    return name === undefined ? text : { name, role: given, token: of };
  },
  format: ({ name, token: given, role: of, rateLimit }) =>
    `{ name = ${quote(name)}, token = ${given.toString()}, role = ${quote(of)}${rateLimit === undefined ? '' : `, rate_limit = ${rateLimit}`} }`,
  secret: true,
};

/** @returns why not, when it is none */
function readTable(value: unknown): NamedToken | string {
  if (typeof value !== 'object' || value === null) {
    return 'must be a table with name, token and role (in a variable: NAME:ROLE:TOKEN)';
  }
  const given = new Map<string, unknown>(Object.entries(value));
  const strange = [...given.keys()].find((key) => !FIELDS.includes(key));
  if (strange !== undefined) {
    return `has an unknown key ${quote(shorten(strange))}; its keys are ${FIELDS.join(', ')}`;
  }
  const name = given.get('name');
  if (typeof name !== 'string' || !NAME.test(name)) {
    return 'must have a name, of 1 to 64 letters, digits and any of -_.@';
  }
  const readRole = role.accept(given.get('role'));
  if (readRole === undefined) return `(${name}) must have a role, one of ${ROLES.map(quote).join(', ')}`;
  const readToken = token.accept(given.get('token'));
  if (readToken === undefined) return `(${name}): its token ${token.refusal(null)}`;
  const limit = given.get('rate_limit');
  if (limit === undefined) return { name, token: readToken, role: readRole };
  // TOML has 10 as a bigint, and 0.5 as a number.
  const rateLimit = typeof limit === 'bigint' || typeof limit === 'number' ? Number(limit) : NaN;
  if (!(rateLimit >= RATE_LIMIT_MIN && rateLimit <= RATE_LIMIT_MAX)) {
    return `(${name}): its rate_limit must be a number from ${RATE_LIMIT_MIN} to ${RATE_LIMIT_MAX}`;
  }
  return { name, token: readToken, role: readRole, rateLimit };
}
