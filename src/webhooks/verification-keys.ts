import { WebhookVerificationError } from './webhook-verification-error.js';

/** @returns whether one of the signatures, each with its scheme, is that of the content */
export type VerificationKey = (
  content: Uint8Array<ArrayBuffer>,
  signatures: readonly string[],
) => Promise<boolean>;

/** One, or several while they are being changed: `whsec_...`, or `whpk_...` of a pair. */
export type WebhookSecrets = string | readonly string[];

/** Of one scheme in a delivery: mininq makes one for each of its secrets, which are fewer. */
const SIGNATURES_MAX = 32;

/** @throws WebhookVerificationError when there is none, or one is malformed */
export function verificationKeys(secrets: WebhookSecrets): readonly VerificationKey[] {
  // Whatever the types say, it may be a variable of the environment that is not set.
  const all: readonly unknown[] = Array.isArray(secrets) ? secrets : [secrets];
  const given = all.filter((secret) => secret !== undefined && secret !== '');
  if (given.length === 0) {
    throw new WebhookVerificationError('no_secret', 'no secret is given, so that nothing can be verified');
  }
  return given.map(verificationKey);
}

function verificationKey(secret: unknown): VerificationKey {
  const [, prefix, base64 = ''] = /^(whsec|whpk|whsk)_(.*)$/s.exec(String(secret)) ?? [];
  const bytes = decodeBase64(base64);
  if (prefix === 'whsec' && bytes !== null && bytes.length >= 24 && bytes.length <= 64) return shared(bytes);
  if (prefix === 'whpk' && bytes?.length === 32) return asymmetric(bytes);
  throw new WebhookVerificationError(
    'malformed_secret',
    prefix === 'whsk'
      ? 'a "whsk_" key signs, and belongs to mininq alone; give the "whpk_" key that was made with it'
      : 'a secret is "whsec_" and 24 to 64 bytes in base64, or "whpk_" and 32 bytes; mininq secret makes both',
  );
}

function shared(bytes: Uint8Array<ArrayBuffer>): VerificationKey {
  const key = once(() =>
    crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']),
  );
  return async (content, signatures) => {
    const expected = new Uint8Array(await crypto.subtle.sign('HMAC', await key(), content));
    return signaturesOf('v1', signatures).some((signature) => areEqual(signature, expected));
  };
}

function asymmetric(bytes: Uint8Array<ArrayBuffer>): VerificationKey {
  const key = once(() => crypto.subtle.importKey('raw', bytes, { name: 'Ed25519' }, false, ['verify']));
  return async (content, signatures) => {
    for (const signature of signaturesOf('v1a', signatures)) {
      if (await crypto.subtle.verify({ name: 'Ed25519' }, await key(), signature, content)) return true;
    }
    return false;
  };
}

function signaturesOf(scheme: string, signatures: readonly string[]): Uint8Array<ArrayBuffer>[] {
  return signatures
    .filter((signature) => signature.startsWith(`${scheme},`))
    .slice(0, SIGNATURES_MAX)
    .map((signature) => decodeBase64(signature.slice(scheme.length + 1)))
    .filter((signature) => signature !== null);
}

/** In a time that does not depend on where they differ. */
function areEqual(a: Uint8Array, b: Uint8Array): boolean {
  if (a.length !== b.length) return false;
  let difference = 0;
  for (let i = 0; i < a.length; i += 1) difference |= (a[i] ?? 0) ^ (b[i] ?? 0);
  return difference === 0;
}

function decodeBase64(text: string): Uint8Array<ArrayBuffer> | null {
  try {
    return Uint8Array.from(atob(text), (character) => character.charCodeAt(0));
  } catch {
    return null;
  }
}

function once<T>(make: () => Promise<T>): () => Promise<T> {
  let made: Promise<T> | undefined;
  return () => (made ??= make());
}
