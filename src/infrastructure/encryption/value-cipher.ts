import { createCipheriv, createDecipheriv, createSecretKey, randomBytes, type KeyObject } from 'node:crypto';
import { parseEncryptionKey } from '../../application/encryption-key.js';
import type { Logger } from '../../application/ports/logger.js';
import type { Secret } from '../../application/secret.js';

/** Begins what is encrypted. No payload does: it is a JSON object. The key's id and base64 follow, with a colon between. */
const MARK = 'encrypted-1:';
const ALGORITHM = 'aes-256-gcm';
/** A random nonce; a key is good for some billions of values. */
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

export type Opened =
  | { readonly kind: 'text'; readonly text: string }
  /** Such as `encrypted with key "k1", which is not among privacy.encryption_keys`. */
  | { readonly kind: 'unreadable'; readonly reason: string };

/** Encrypts texts for the store, each bound to its place: moved to another, it cannot be read. */
export class ValueCipher {
  readonly #keys = new Map<string, KeyObject>();
  readonly #first: string | undefined;
  readonly #logger: Logger;
  /** What was unreadable, and is in the log. */
  readonly #reported = new Set<string>();

  /** @param keys the first one encrypts, all decrypt; none: texts are stored as they are */
  constructor(keys: readonly Secret[], logger: Logger) {
    this.#logger = logger;
    for (const key of keys) {
      const parsed = parseEncryptionKey(key.reveal());
      if (parsed) this.#keys.set(parsed.id, createSecretKey(parsed.bytes));
    }
    [this.#first] = this.#keys.keys();
  }

  /** Is anything encrypted at all? */
  get isOn(): boolean {
    return this.#first !== undefined;
  }

  /** @param place such as the id of a job and its field */
  seal(text: string, place: string): string {
    const id = this.#first;
    const key = id === undefined ? undefined : this.#keys.get(id);
    if (id === undefined || key === undefined) return text;
    const nonce = randomBytes(NONCE_BYTES);
    const cipher = createCipheriv(ALGORITHM, key, nonce);
    cipher.setAAD(Buffer.from(place));
    const parts = [nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()];
    return `${MARK}${id}:${Buffer.concat(parts).toString('base64')}`;
  }

  /** What was stored before there were keys is a text as it is. Each reason has one line in the log. */
  open(stored: string, place: string): Opened {
    if (!isSealed(stored)) return { kind: 'text', text: stored };
    const [id = '', data = ''] = stored.slice(MARK.length).split(':');
    const key = this.#keys.get(id);
    const text = key && decrypt(key, Buffer.from(data, 'base64'), place);
    if (text !== undefined) return { kind: 'text', text };
    const reason = key
      ? `not readable with key "${id}": encrypted with another one of that name, or changed`
      : `encrypted with key "${id}", which is not among privacy.encryption_keys`;
    this.#report(reason);
    return { kind: 'unreadable', reason };
  }

  #report(reason: string): void {
    if (this.#reported.has(reason)) return;
    this.#reported.add(reason);
    this.#logger.error('stored values cannot be read; their jobs wait, and nothing of them is lost', {
      reason,
    });
  }
}

export function isSealed(stored: string | null): boolean {
  return stored?.startsWith(MARK) === true;
}

/** @returns undefined when it is not what this key encrypted for this place */
function decrypt(key: KeyObject, data: Buffer, place: string): string | undefined {
  if (data.length < NONCE_BYTES + TAG_BYTES) return undefined;
  const decipher = createDecipheriv(ALGORITHM, key, data.subarray(0, NONCE_BYTES), {
    authTagLength: TAG_BYTES,
  });
  decipher.setAAD(Buffer.from(place));
  decipher.setAuthTag(data.subarray(-TAG_BYTES));
  try {
    const start = decipher.update(data.subarray(NONCE_BYTES, -TAG_BYTES));
    return Buffer.concat([start, decipher.final()]).toString();
  } catch {
    return undefined;
  }
}
