import type { Attempt } from '../../application/ports/dispatcher.js';
import type { SigningKey } from './signing-keys.js';

/**
 * Names and values in turn.
 * @param keys that sign it, as the Standard Webhooks have it
 * @param now epoch milliseconds
 * @param authorization that the URL asks for; null: none. The job's own header comes before it
 */
export function requestHeaders(
  attempt: Attempt,
  keys: readonly SigningKey[],
  now: number,
  userAgent: string,
  authorization: string | null,
): string[] {
  const headers = [
    'Content-Type',
    'application/json',
    'X-Mininq-Job-Id',
    attempt.jobId,
    'X-Mininq-Attempt',
    String(attempt.number),
    'X-Mininq-Queue',
    attempt.queueName,
    'User-Agent',
    userAgent,
  ];
  const given = new Set<string>();
  for (const [name, value] of Object.entries(attempt.headers)) {
    headers.push(name, value);
    given.add(name.toLowerCase());
  }
  if (!given.has('accept')) headers.push('Accept', '*/*');
  if (authorization !== null && !given.has('authorization')) headers.push('Authorization', authorization);
  if (keys.length > 0) {
    const timestamp = Math.floor(now / 1000).toString();
    const content = `${attempt.jobId}.${timestamp}.${attempt.payload}`;
    const signatures = keys.map((sign) => sign(content)).join(' ');
    headers.push(
      'webhook-id',
      attempt.jobId,
      'webhook-timestamp',
      timestamp,
      'webhook-signature',
      signatures,
    );
  }
  return headers;
}
