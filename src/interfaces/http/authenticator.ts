import { hash, timingSafeEqual } from 'node:crypto';
import type { Config } from '../../application/config.js';
import type { Principal } from '../../application/principal.js';
import type { Secret } from '../../application/secret.js';
import { formTokenOf } from './form-token.js';

/** The name of who comes with `auth.token`, which has none. */
const ADMIN = 'admin';
const DIGEST_PREFIX = 'sha256:';

/** Tells who asks by their token. It knows tokens by their digests alone. */
export class Authenticator {
  readonly #known: readonly { readonly digest: Buffer; readonly principal: Principal }[];

  constructor({ token, tokens }: Pick<Config['auth'], 'token' | 'tokens'>) {
    const all = token === null ? tokens : [{ name: ADMIN, token, role: 'admin' } as const, ...tokens];
    this.#known = all.map(({ name, token: given, role }) => {
      const digest = digestOf(given);
      return { digest, principal: { name, role, formToken: formTokenOf(digest, name) } };
    });
  }

  /** Is there anybody to tell? */
  get hasTokens(): boolean {
    return this.#known.length > 0;
  }

  /**
   * How long it takes tells nothing of the tokens: digests are compared, each in constant time, and always all.
   * @param authorization the header
   * @returns null when it has none of the tokens
   */
  principalOf(authorization: string): Principal | null {
    const given = tokenIn(authorization);
    if (given === null) return null;
    const digest = sha256(given);
    let found: Principal | null = null;
    for (const known of this.#known) {
      if (timingSafeEqual(digest, known.digest)) found ??= known.principal;
    }
    return found;
  }
}

function digestOf(token: Secret): Buffer {
  const text = token.reveal();
  return text.startsWith(DIGEST_PREFIX) ? Buffer.from(text.slice(DIGEST_PREFIX.length), 'hex') : sha256(text);
}

function sha256(text: string): Buffer {
  return hash('sha256', text, 'buffer');
}

/** The token of a bearer, or the password of HTTP Basic; null when there is none. */
function tokenIn(authorization: string): string | null {
  const [, scheme = '', value = ''] = /^([a-z]+) +(\S+) *$/i.exec(authorization) ?? [];
  switch (scheme.toLowerCase()) {
    case 'bearer':
      return value;
    case 'basic': {
      const text = Buffer.from(value, 'base64').toString();
      const colon = text.indexOf(':');
      return colon === -1 || colon === text.length - 1 ? null : text.slice(colon + 1);
    }
    default:
      return null;
  }
}
