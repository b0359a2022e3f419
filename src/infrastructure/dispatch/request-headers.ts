import type { Attempt } from '../../application/ports/dispatcher.js';

/**
 * Names and values in turn.
 * @param authorization that the URL asks for; null: none. The job's own header comes before it
 */
export function requestHeaders(attempt: Attempt, userAgent: string, authorization: string | null): string[] {
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
  return headers;
}
