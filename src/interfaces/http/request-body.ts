import { isUtf8 } from 'node:buffer';
import type { IncomingHttpHeaders } from 'node:http';
import { ok, refuse, type Refused, type Result } from '../../application/errors.js';
import { isJsonObject } from '../../application/json-object.js';
import { shorten, quote } from '../../application/printable.js';
import type { HttpRequest, HttpResponse } from './http-types.js';
import { describeSyntaxError, JsonText } from './json-text.js';
import { kindOf } from '../../application/validation.js';

/**
 * Reads a JSON object. What the headers give away is refused before the body is read.
 *
 * Node discards the rest of a body that was refused, so that the client is sure to see the answer, and may go on
 * using the connection.
 * @returns a promise that stays pending for good if the client goes away before its request is complete: nobody waits
 * for an answer, and the promise is forgotten with the request
 */
export async function readJsonObject(
  request: HttpRequest,
  response: HttpResponse,
  maxBytes: number,
): Promise<Result<JsonText>> {
  const refused = refuseByHeaders(request.headers, maxBytes);
  if (refused) return refused;
  if (request.headers.expect !== undefined) response.writeContinue();
  const bytes = await readBytes(request, maxBytes);
  if (bytes === null) return tooLarge(maxBytes);
  if (bytes.length === 0) return missing();
  return parseObject(bytes);
}

function refuseByHeaders(headers: IncomingHttpHeaders, maxBytes: number): Refused | null {
  const length = headers['content-length'];
  if (length === undefined ? headers['transfer-encoding'] === undefined : Number(length) === 0) {
    return missing();
  }
  return refuseMediaType(headers) ?? (Number(length) > maxBytes ? tooLarge(maxBytes) : null);
}

const JSON_TYPE = /^application\/json\s*(?:;\s*(?:charset\s*=\s*"?utf-?8"?\s*)?)?$/i;

function refuseMediaType(headers: IncomingHttpHeaders): Refused | null {
  const type = headers['content-type'];
  // Most clients send exactly this.
  if (type !== 'application/json' && (type === undefined || !JSON_TYPE.test(type))) {
    const got = type === undefined ? 'no Content-Type' : quote(shorten(type));
    return refuse(
      'unsupported_media_type',
      `The body must be JSON in UTF-8: send it with "Content-Type: application/json", got ${got}`,
    );
  }
  const encoding = headers['content-encoding'];
  if (encoding === undefined || encoding.toLowerCase() === 'identity') return null;
  return refuse(
    'unsupported_media_type',
    'The body must not be compressed: send it without Content-Encoding',
  );
}

/** @returns null when there are more than `maxBytes` */
export function readBytes(request: HttpRequest, maxBytes: number): Promise<Buffer | null> {
  return new Promise((resolve) => {
    let chunks: Buffer[] = [];
    let length = 0;
    request.on('data', (chunk: Buffer) => {
      length += chunk.length;
      if (length <= maxBytes) {
        chunks.push(chunk);
      } else {
        chunks = [];
        resolve(null);
      }
    });
    request.on('end', () => {
      const [first, ...others] = chunks;
      resolve(first !== undefined && others.length === 0 ? first : Buffer.concat(chunks));
    });
  });
}

const BYTE_ORDER_MARK = '\uFEFF';

function parseObject(bytes: Buffer): Result<JsonText> {
  if (!isUtf8(bytes)) return refuse('malformed_json', 'The body is not UTF-8');
  const decoded = bytes.toString();
  // RFC 8259 lets a reader ignore the mark; some clients on Windows cannot but send it.
  const text = decoded.startsWith(BYTE_ORDER_MARK) ? decoded.slice(1) : decoded;
  const json = parse(text);
  if (json === null) return refuse('malformed_json', describeSyntaxError(text));
  if (isJsonObject(json.value)) return ok(json);
  return refuse('validation_failed', `The body must be a JSON object, got ${kindOf(json.value)}`);
}

function parse(text: string): JsonText | null {
  try {
    return new JsonText(text);
  } catch {
    return null;
  }
}

function missing(): Refused {
  return refuse('validation_failed', 'The request has no body; send a JSON object');
}

function tooLarge(maxBytes: number): Refused {
  return refuse(
    'payload_too_large',
    `The body is larger than ${maxBytes} bytes; send less, or raise server.max_body_bytes (MININQ_SERVER_MAX_BODY_BYTES)`,
  );
}
