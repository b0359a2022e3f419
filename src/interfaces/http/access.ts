import { randomBytes } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Config } from '../../application/config.js';
import { ok, type Refusal, type Result } from '../../application/errors.js';
import type { Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';
import type { Principal } from '../../application/principal.js';
import { Authenticator } from './authenticator.js';
import {
  cameByTls,
  clientAddress,
  isForwarded,
  isLoopback,
  parseProxy,
  peerAddress,
} from './client-address.js';
import { FAILURES_MAX, FailureLimit } from './failure-limit.js';
import { formTokenOf } from './form-token.js';
import { RequestLimit } from './request-limit.js';
import { UNAUTHORIZED } from './route-role.js';

/** Decides for each request who asks, and whether they are answered at all. */
export class Access {
  /** Where a request comes from, as far as that can be known. */
  readonly addressOf: (request: IncomingMessage) => string;
  /** Did it come by TLS, as far as that can be known? */
  readonly isByTls: (request: IncomingMessage) => boolean;
  readonly #failures: FailureLimit;
  readonly #logger: Logger;
  /** Whoever is answered while there is no token. */
  readonly #local: Principal = {
    name: 'local',
    role: 'admin',
    formToken: formTokenOf(randomBytes(32), 'local'),
  };
  #auth: Config['auth'];
  #authenticator: Authenticator;
  readonly #clock: Clock;
  /** By the name that goes with the token: those who have one. */
  #limits: ReadonlyMap<string, RequestLimit>;

  /** @param trustedProxies addresses and networks */
  constructor(
    auth: Config['auth'],
    trustedProxies: readonly string[],
    { clock, logger }: { readonly clock: Clock; readonly logger: Logger },
  ) {
    const trusted = trustedProxies.flatMap((proxy) => parseProxy(proxy) ?? []);
    this.addressOf = clientAddress(trusted);
    this.isByTls = cameByTls(trusted);
    this.#failures = new FailureLimit(clock);
    this.#logger = logger;
    this.#auth = auth;
    this.#authenticator = new Authenticator(auth);
    this.#clock = clock;
    this.#limits = limitsOf(auth, clock);
  }

  /** Takes other tokens: from the next request on. */
  reload(auth: Config['auth']): void {
    this.#auth = auth;
    this.#authenticator = new Authenticator(auth);
    this.#limits = limitsOf(auth, this.#clock);
  }

  /** @param address where the request comes from */
  admit(request: IncomingMessage, address: string): Result<Principal> {
    if (!this.#authenticator.hasTokens) return this.#admitUnknown(request);
    // Before a look at the token: a right one would be told apart from wrong ones otherwise.
    const waitMs = this.#failures.waitMs(address);
    if (waitMs > 0) return { ok: false, refusal: tooManyFailures(Math.ceil(waitMs / 1000)) };
    const { authorization } = request.headers;
    // A browser's first request is always without.
    if (authorization === undefined) return REFUSED;
    const principal = this.#authenticator.principalOf(authorization);
    if (principal !== null) {
      const limitMs = this.#limits.get(principal.name)?.take() ?? 0;
      return limitMs === 0 ? ok(principal) : { ok: false, refusal: rateLimited(Math.ceil(limitMs / 1000)) };
    }
    if (this.#failures.record(address)) {
      this.#logger.warn('too many wrong tokens: the address has to wait', { address });
    }
    return REFUSED;
  }

  #admitUnknown(request: IncomingMessage): Result<Principal> {
    const isOwn = isLoopback(peerAddress(request)) && !isForwarded(request.headers);
    return isOwn || this.#auth.withoutToken === 'anyone'
      ? ok(this.#local)
      : { ok: false, refusal: PROTECTED };
  }
}

const REFUSED = { ok: false, refusal: UNAUTHORIZED } as const;

function tooManyFailures(retryAfterSecs: number): Refusal {
  return {
    code: 'too_many_failures',
    message: `${FAILURES_MAX} requests from your address had a wrong token within a minute; try again in ${retryAfterSecs} s`,
    retryAfterSecs,
  };
}

function limitsOf({ tokens }: Config['auth'], clock: Clock): Map<string, RequestLimit> {
  return new Map(
    tokens.flatMap(({ name, rateLimit }) =>
      rateLimit === undefined ? [] : [[name, new RequestLimit(rateLimit, clock)] as const],
    ),
  );
}

function rateLimited(retryAfterSecs: number): Refusal {
  return {
    code: 'rate_limited',
    message: `Your token is used more often than its rate_limit allows; try again in ${retryAfterSecs} s`,
    retryAfterSecs,
  };
}

const PROTECTED: Refusal = {
  code: 'protected',
  message:
    'This server has no token yet, so it answers clients of its own machine alone, and none behind a proxy. ' +
    'Give it one, which "mininq token" makes, as MININQ_TOKEN or auth.token, and send it as "Authorization: Bearer TOKEN". ' +
    'A container gets it by "docker run -e MININQ_TOKEN=TOKEN"; on a network on which you trust everybody, ' +
    'MININQ_AUTH_WITHOUT_TOKEN=anyone has a container answer them all',
};
