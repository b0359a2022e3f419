import { createHash } from 'node:crypto';

/** A token and what to do with it. The first line is the token alone, for scripts. */
export function describeToken(token: string): string {
  const digest = `sha256:${createHash('sha256').update(token).digest('hex')}`;
  return `${token}
${digest}

The first line is for the client, and for MININQ_TOKEN of the server. Its config file can do with the second:

[auth]
token = "${digest}"
`;
}
