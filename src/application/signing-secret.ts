/** Bytes in base64 with its padding. */
const BASE64 = /^(?:[\da-z+/]{4})*(?:[\da-z+/]{2}==|[\da-z+/]{3}=)?$/i;

/** What signs webhooks, as the Standard Webhooks have it. */
export type SigningSecret =
  /** A secret that the receiver shares: HMAC-SHA256. */
  | { readonly scheme: 'v1'; readonly base64: string }
  /** A private key of ed25519; the receiver has the public one. */
  | { readonly scheme: 'v1a'; readonly base64: string };

/** @returns null for what is none */
export function parseSigningSecret(text: string): SigningSecret | null {
  const [, prefix, base64] = /^(whsec|whsk)_(.*)$/s.exec(text) ?? [];
  if (base64 === undefined || !BASE64.test(base64)) return null;
  const bytes = (base64.length / 4) * 3 - (base64.endsWith('==') ? 2 : base64.endsWith('=') ? 1 : 0);
  if (prefix === 'whsec') return bytes >= 24 && bytes <= 64 ? { scheme: 'v1', base64 } : null;
  // The seed alone, or followed by the public key.
  return bytes === 32 || bytes === 64 ? { scheme: 'v1a', base64 } : null;
}

/** What a text must be to be one, for messages, which never show it. */
export const SIGNING_SECRET =
  '"whsec_" and 24 to 64 bytes in base64, or "whsk_" and an ed25519 key (mininq secret makes both)';

/** Of one queue, or of the configuration. */
export const SIGNING_SECRETS_MAX = 10;
