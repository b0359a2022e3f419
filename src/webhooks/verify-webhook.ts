import { verificationKeys, type VerificationKey, type WebhookSecrets } from './verification-keys.js';
import { WebhookVerificationError } from './webhook-verification-error.js';

/** The body as it came, before anything parsed it. */
export type RawBody = string | Uint8Array | ArrayBuffer;

/** As fetch has them, or as an object of Node.js with names in any case. */
export type WebhookHeaders =
  { get(name: string): string | null } | Readonly<Record<string, string | readonly string[] | undefined>>;

export interface VerifyOptions {
  /** How old a delivery may be, and how far ahead of this clock; 300 unless given. */
  readonly toleranceSeconds?: number;
  /** Epoch milliseconds; the system's clock unless given. */
  readonly now?: number;
}

/** A delivery that is what mininq sent. */
export interface WebhookDelivery {
  /** Of the job: the same for each of its attempts, so what was done already is known by it. */
  readonly id: string;
  /** When the attempt was sent, epoch milliseconds. */
  readonly sentAt: number;
  /** The payload of the job. */
  readonly payload: unknown;
}

const TOLERANCE_SECONDS = 300;

/**
 * The payload of a delivery, if it was signed with one of the secrets, just now, and is as it was sent.
 * @throws WebhookVerificationError (as a rejection) whose `code` says why not
 */
export async function verifyWebhook(
  rawBody: RawBody,
  headers: WebhookHeaders,
  secrets: WebhookSecrets,
  options: VerifyOptions = {},
): Promise<unknown> {
  const { payload } = await verifyDelivery(rawBody, headers, verificationKeys(secrets), options);
  return payload;
}

export async function verifyDelivery(
  rawBody: RawBody,
  headers: WebhookHeaders,
  keys: readonly VerificationKey[],
  options: VerifyOptions,
): Promise<WebhookDelivery> {
  const body = bytesOf(rawBody);
  const { id, timestamp, signatures } = signedHeaders(headers, options);
  const content = joined(new TextEncoder().encode(`${id}.${timestamp}.`), body);
  for (const key of keys) {
    if (await key(content, signatures)) {
      return { id, sentAt: Number(timestamp) * 1000, payload: parse(body) };
    }
  }
  throw new WebhookVerificationError(
    'wrong_signature',
    'the signature is none of these bytes with any of the secrets',
  );
}

/** @throws WebhookVerificationError unless they are there, and of now */
export function signedHeaders(
  headers: WebhookHeaders,
  { toleranceSeconds = TOLERANCE_SECONDS, now = Date.now() }: VerifyOptions,
): { readonly id: string; readonly timestamp: string; readonly signatures: readonly string[] } {
  const id = required(headers, 'webhook-id');
  const timestamp = required(headers, 'webhook-timestamp');
  const signatures = required(headers, 'webhook-signature').split(' ');
  if (!/^\d{1,12}$/.test(timestamp)) {
    throw new WebhookVerificationError('malformed_timestamp', 'webhook-timestamp is no number of seconds');
  }
  const age = Math.floor(now / 1000) - Number(timestamp);
  if (age > toleranceSeconds) {
    throw new WebhookVerificationError('timestamp_too_old', `the delivery is ${age} seconds old`);
  }
  if (age < -toleranceSeconds) {
    throw new WebhookVerificationError(
      'timestamp_too_new',
      `the delivery is ${-age} seconds ahead of this clock`,
    );
  }
  return { id, timestamp, signatures };
}

function required(headers: WebhookHeaders, name: string): string {
  const value = valueOf(headers, name);
  if (value !== null && value !== '') return value;
  throw new WebhookVerificationError(
    'missing_header',
    `there is no ${name} header: the delivery is not signed`,
  );
}

function valueOf(headers: WebhookHeaders, name: string): string | null {
  if (isFetchHeaders(headers)) return headers.get(name);
  const key = Object.keys(headers).find((candidate) => candidate.toLowerCase() === name);
  const value = key === undefined ? undefined : headers[key];
  return typeof value === 'string' ? value : (value?.[0] ?? null);
}

function isFetchHeaders(headers: WebhookHeaders): headers is { get(name: string): string | null } {
  return typeof headers.get === 'function';
}

/** @throws WebhookVerificationError for what a parser made of the body */
function bytesOf(rawBody: unknown): Uint8Array<ArrayBuffer> {
  if (typeof rawBody === 'string') return new TextEncoder().encode(rawBody);
  if (ArrayBuffer.isView(rawBody)) {
    return Uint8Array.from(new Uint8Array(rawBody.buffer, rawBody.byteOffset, rawBody.byteLength));
  }
  // An ArrayBuffer of another realm is no instance of this one's.
  if (Object.prototype.toString.call(rawBody) === '[object ArrayBuffer]') {
    return new Uint8Array(rawBody as ArrayBuffer);
  }
  throw parsedBody();
}

/** What to say to a receiver that has no raw body to give. */
export function parsedBody(): WebhookVerificationError {
  return new WebhookVerificationError(
    'parsed_body',
    'the raw body is wanted, byte for byte as it came, not what a parser made of it. Express: put expressWebhook, or ' +
      "express.raw({ type: 'application/json' }), before express.json(). Fastify: register fastifyWebhook, or a content " +
      "type parser with { parseAs: 'buffer' }. Hono and fetch: give await request.arrayBuffer(), and read the body nowhere else",
  );
}

function joined(a: Uint8Array, b: Uint8Array): Uint8Array<ArrayBuffer> {
  const both = new Uint8Array(a.length + b.length);
  both.set(a);
  both.set(b, a.length);
  return both;
}

function parse(body: Uint8Array): unknown {
  try {
    return JSON.parse(new TextDecoder().decode(body));
  } catch {
    throw new WebhookVerificationError('malformed_json', 'the body is signed, but no JSON');
  }
}
