import { ok, refuse, type Refused, type Result } from '../../application/errors.js';
import { quote, shorten } from '../../application/printable.js';
import type { HttpRequest } from '../http/http-types.js';
import { readBytes } from '../http/request-body.js';

const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
/** Percent-encoding takes three bytes for one. */
const ENCODED = 3;
/** For the fields beside the payload. */
const FIELDS_BYTES = 65_536;
/** A selection of a thousand jobs, and then some. */
const FIELDS_MAX = 2000;

/** Reads what a form sent. @param maxBytes that the API takes */
export async function readFormBody(request: HttpRequest, maxBytes: number): Promise<Result<URLSearchParams>> {
  const type = request.headers['content-type'];
  if (type === undefined || !FORM_TYPE.test(type)) {
    return refuse('unsupported_media_type', 'The dashboard takes forms; programs use the API.');
  }
  const bytes = await readBytes(request, maxBytes * ENCODED + FIELDS_BYTES);
  if (bytes === null) return tooLarge('is too large');
  const text = bytes.toString();
  if (text.split('&', FIELDS_MAX + 1).length > FIELDS_MAX) return tooLarge('has too many fields');
  const form = new URLSearchParams(text);
  for (const [name, value] of form) {
    if (Buffer.byteLength(value) > maxBytes) {
      return tooLarge(`has more than ${maxBytes} bytes in ${quote(shorten(name))}`);
    }
  }
  return ok(form);
}

function tooLarge(what: string): Refused {
  return refuse(
    'payload_too_large',
    `The form ${what}; send less, or raise server.max_body_bytes (MININQ_SERVER_MAX_BODY_BYTES)`,
  );
}
