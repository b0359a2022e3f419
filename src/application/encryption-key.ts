import { secret, secretList, type ValueType } from './config-value.js';
import type { Secret } from './secret.js';

const KEY_BYTES = 32;
const KEY = /^([\w.-]{1,32}):([A-Za-z\d+/]{43}=)$/;

/** @returns null when it is none */
export function parseEncryptionKey(text: string): { readonly id: string; readonly bytes: Buffer } | null {
  const [, id, base64] = KEY.exec(text) ?? [];
  if (id === undefined || base64 === undefined) return null;
  const bytes = Buffer.from(base64, 'base64');
  return bytes.length === KEY_BYTES ? { id, bytes } : null;
}

const key = secret(
  'a name, a colon and 32 bytes in base64',
  'a name of 1 to 32 letters, digits and any of _.-, a colon, and 32 bytes in base64 (openssl rand -base64 32)',
  (value) => parseEncryptionKey(value) !== null,
);
const keys = secretList(key, 'a list of keys, such as "k1:" and 32 bytes in base64');

/** Keys, each under a name of its own. */
export const encryptionKeys: ValueType<readonly Secret[]> = {
  ...keys,
  accept: (value) => {
    const accepted = keys.accept(value);
    return accepted && hasNameTwice(accepted) ? undefined : accepted;
  },
  refusal: (value) => (keys.accept(value) ? 'must not have two keys of the same name' : keys.refusal(value)),
};

function hasNameTwice(accepted: readonly Secret[]): boolean {
  const names = accepted.map((one) => parseEncryptionKey(one.reveal())?.id);
  return new Set(names).size < names.length;
}
