import { createHmac, timingSafeEqual } from 'node:crypto';

/**
 * A browser sends credentials by itself, also with a form that a foreign page has it send. The forms of the dashboard
 * carry this beside them, which only who has the credentials is ever shown.
 *
 * It is made of nothing else, so that all processes which take the credentials take it, also after a restart.
 * @param key known to nobody but those who have the credentials: their digest
 */
export function formTokenOf(key: Uint8Array, name: string): string {
  return createHmac('sha256', key).update(`mininq form\0${name}`).digest('base64url');
}

/** How long it takes tells nothing of the token. */
export function isFormToken(given: string | null, token: string): boolean {
  const [is, shall] = [Buffer.from(given ?? ''), Buffer.from(token)];
  return is.length === shall.length && timingSafeEqual(is, shall);
}
