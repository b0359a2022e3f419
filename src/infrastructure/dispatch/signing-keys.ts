import { createHmac, createPrivateKey, createSecretKey, sign } from 'node:crypto';
import { parseSigningSecret } from '../../application/signing-secret.js';

/** @returns the signature of a text in UTF-8 with its scheme, such as `v1,K5oZ...` */
export type SigningKey = (content: string) => string;

/** What precedes the seed in the DER form of a private key of ed25519 (RFC 8410, 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');
const SEED_BYTES = 32;
/** More than are in use at a time; queues come and go. */
const KEYS_MAX = 1000;

/** The keys that signing secrets stand for, each imported at its first use. */
export class SigningKeys {
  readonly #bySecret = new Map<string, SigningKey>();

  of(secrets: readonly string[]): readonly SigningKey[] {
    return secrets.map((secret) => this.#of(secret));
  }

  #of(secret: string): SigningKey {
    const known = this.#bySecret.get(secret);
    if (known) return known;
    if (this.#bySecret.size >= KEYS_MAX) this.#bySecret.clear();
    const key = importKey(secret);
    this.#bySecret.set(secret, key);
    return key;
  }
}

function importKey(text: string): SigningKey {
  const secret = parseSigningSecret(text);
  // The API and the configuration refuse what is none: the database was changed by other means.
  if (secret === null) throw new Error('a signing secret is malformed');
  const bytes = Buffer.from(secret.base64, 'base64');
  if (secret.scheme === 'v1') {
    const key = createSecretKey(bytes);
    return (content) => `v1,${createHmac('sha256', key).update(content).digest('base64')}`;
  }
  const der = Buffer.concat([PKCS8, bytes.subarray(0, SEED_BYTES)]);
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  return (content) => `v1a,${sign(null, Buffer.from(content), key).toString('base64')}`;
}
