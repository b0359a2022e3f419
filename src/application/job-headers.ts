import * as z from 'zod';
import type { JobHeaders } from '../domain/job/job-headers.js';
import { isJsonObject } from './json-object.js';
import { lowerAscii } from './lower-ascii.js';
import { quote, shorten } from './printable.js';
import { kindOf } from './validation.js';

const HEADERS_MAX = 20;
/** Of names and values together; all of them are ASCII. */
const BYTES_MAX = 8192;

/** RFC 9110, 5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~\da-z-]+$/i;
/** What arrives as it was given: a space at either end would not, and other bytes are read in more ways than one. */
const VALUE = /^(?:[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?)?$/;

/** Names that a job cannot give, and why. */
const RESERVED = new Map(
  Object.entries({
    'mininq sets it': ['content-type', 'user-agent', 'host'],
    'it belongs to the framing of the request': ['content-length', 'content-encoding', 'transfer-encoding'],
    'it is for one connection, not for the receiver': [
      'connection',
      'expect',
      'http2-settings',
      'keep-alive',
      'te',
      'trailer',
      'upgrade',
    ],
    'mininq decompresses no answer': ['accept-encoding'],
  }).flatMap(([reason, names]) => names.map((name) => [name, reason] as const)),
);
const RESERVED_PREFIXES = ['webhook-', 'x-mininq-', 'proxy-'];

/**
 * The headers of a job, over HTTP and in this process. What is wrong with them names the header, and never shows its
 * value, which may be a secret.
 */
export const jobHeaders = z
  .unknown()
  .transform((given, context): JobHeaders => {
    const refuse = (message: string, path: string[] = []): void => {
      context.issues.push({ code: 'custom', input: given, path, message });
    };
    if (!isJsonObject(given)) {
      refuse(`must be an object of names and values, got ${kindOf(given)}`);
      return z.NEVER;
    }
    const pairs = Object.entries(given);
    if (pairs.length > HEADERS_MAX) {
      refuse(`must be ${HEADERS_MAX} headers at most, got ${pairs.length}`);
      return z.NEVER;
    }
    const names = new Set<string>();
    const headers: [string, string][] = [];
    for (const [name, value] of pairs) {
      const problem = problemOfName(name, names) ?? problemOfValue(value);
      if (problem !== null) refuse(problem, [TOKEN.test(name) ? shorten(name) : quote(shorten(name))]);
      else if (typeof value === 'string') headers.push([name, value]);
      names.add(lowerAscii(name));
    }
    const bytes = headers.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
    if (bytes > BYTES_MAX) {
      refuse(`must be ${BYTES_MAX} bytes at most, names and values together, got ${bytes}`);
    }
    return Object.fromEntries(headers);
  })
  .meta({ type: 'object', maxProperties: HEADERS_MAX, additionalProperties: { type: 'string' } });

/** @param others in lower case */
function problemOfName(name: string, others: ReadonlySet<string>): string | null {
  if (!TOKEN.test(name)) return 'is no name of a header: use letters, digits and hyphens';
  const lowered = lowerAscii(name);
  if (others.has(lowered)) return 'is given twice: the case of letters makes no other header';
  const prefix = RESERVED_PREFIXES.find((reserved) => lowered.startsWith(reserved));
  const reason =
    prefix === undefined ? RESERVED.get(lowered) : `names that begin with "${prefix}" are reserved`;
  return reason === undefined ? null : `cannot be given: ${reason}`;
}

function problemOfValue(value: unknown): string | null {
  if (typeof value !== 'string') return `must be a string, got ${kindOf(value)}`;
  if (VALUE.test(value)) return null;
  return 'must be printable ASCII without a space at either end; encode what is not';
}
