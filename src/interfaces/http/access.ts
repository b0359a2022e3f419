import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Config } from '../../application/config.js';
import { ok, type Refusal, type Result } from '../../application/errors.js';
import type { Principal } from '../../application/principal.js';
import { Authenticator } from './authenticator.js';
import { formTokenOf } from './form-token.js';
import { isForwarded, isLoopback, peerAddress } from './client-address.js';
import { UNAUTHORIZED } from './route-role.js';

/** Decides for each request who asks, and whether they are answered at all. */
export class Access {
  /** Whoever is answered while there is no token. */
  readonly #local: Principal = {
    name: 'local',
    role: 'admin',
    formToken: formTokenOf(randomBytes(32), 'local'),
  };
  #auth: Config['auth'];
  #authenticator: Authenticator;

  constructor(auth: Config['auth']) {
    this.#auth = auth;
    this.#authenticator = new Authenticator(auth);
  }

  /** Takes other tokens: from the next request on. */
  reload(auth: Config['auth']): void {
    this.#auth = auth;
    this.#authenticator = new Authenticator(auth);
  }

  admit(request: IncomingMessage): Result<Principal> {
    if (!this.#authenticator.hasTokens) return this.#admitUnknown(request);
    const { authorization } = request.headers;
    if (authorization === undefined) return REFUSED;
    const principal = this.#authenticator.principalOf(authorization);
    return principal === null ? REFUSED : ok(principal);
  }

  #admitUnknown(request: IncomingMessage): Result<Principal> {
    const isOwn = isLoopback(peerAddress(request)) && !isForwarded(request.headers);
    return isOwn || this.#auth.withoutToken === 'anyone'
      ? ok(this.#local)
      : { ok: false, refusal: PROTECTED };
  }
}

const REFUSED = { ok: false, refusal: UNAUTHORIZED } as const;

const PROTECTED: Refusal = {
  code: 'protected',
  message:
    'This server has no token yet, so it answers clients of its own machine alone, and none behind a proxy. ' +
    'Give it one, which "mininq token" makes, as MININQ_TOKEN or auth.token, and send it as "Authorization: Bearer TOKEN". ' +
    'A container gets it by "docker run -e MININQ_TOKEN=TOKEN"; on a network on which you trust everybody, ' +
    'MININQ_AUTH_WITHOUT_TOKEN=anyone has a container answer them all',
};
