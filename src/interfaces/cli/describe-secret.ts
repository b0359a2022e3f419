import type { KeyObject } from 'node:crypto';

/** A secret for webhooks and what to do with it. The first line is the secret alone, for scripts. */
export function describeSecret(bytes: Buffer): string {
  const secret = `whsec_${bytes.toString('base64')}`;
  return `${secret}

It is for the receivers, and for the config file, before older ones:

[signing]
secrets = ["${secret}"]
`;
}

/** The same for a pair of keys: the private one, then the public one. @param key private, of ed25519 */
export function describeKeyPair(key: KeyObject): string {
  const { d = '', x = '' } = key.export({ format: 'jwk' });
  const publicKey = Buffer.from(x, 'base64url');
  // As NaCl has it: the seed, and the public key behind it.
  const privateKey = Buffer.concat([Buffer.from(d, 'base64url'), publicKey]).toString('base64');
  return `whsk_${privateKey}
whpk_${publicKey.toString('base64')}

The first line signs, and is for the config file alone, before older ones:

[signing]
secrets = ["whsk_${privateKey}"]

The second line verifies, and is for the receivers.
`;
}
