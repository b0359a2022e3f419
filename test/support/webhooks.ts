import { createHmac, createPrivateKey, sign } from 'node:crypto';

export const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
export const OTHER = `whsec_${Buffer.alloc(64, 7).toString('base64')}`;
const SEED = '9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60';
/** Of the first test vector of RFC 8032, 7.1. */
export const PUBLIC_KEY = `whpk_${Buffer.from('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a', 'hex').toString('base64')}`;
export const BODY = '{"name":"Žluťoučký 🐎","n":1}';
export const PAYLOAD = { name: 'Žluťoučký 🐎', n: 1 };
export const ID = '018cf2b0-0000-7000-8000-000000000001';

export type Signed = Readonly<Record<'webhook-id' | 'webhook-timestamp' | 'webhook-signature', string>>;

/** Headers as a sender of Standard Webhooks makes them, with nothing of mininq. @param at seconds */
export function signed(body: string, { at = Math.floor(Date.now() / 1000), secret = SECRET } = {}): Signed {
  const content = `${ID}.${at}.${body}`;
  const key = Buffer.from(secret.replace('whsec_', ''), 'base64');
  const signature = createHmac('sha256', key).update(content).digest('base64');
  return { 'webhook-id': ID, 'webhook-timestamp': String(at), 'webhook-signature': `v1,${signature}` };
}

export function signedByKey(body: string): Signed {
  const headers = signed(body);
  const der = Buffer.from(`302e020100300506032b657004220420${SEED}`, 'hex');
  const key = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const signature = sign(null, Buffer.from(`${ID}.${headers['webhook-timestamp']}.${body}`), key);
  return { ...headers, 'webhook-signature': `v1a,${signature.toString('base64')}` };
}
