import { ok, refuse, type Result } from '../../application/errors.js';
import type { HttpRequest } from '../http/http-types.js';
import { readBytes } from '../http/request-body.js';

const FORM_TYPE = /^application\/x-www-form-urlencoded\s*(?:;|$)/i;
/** Percent-encoding takes three bytes for one. */
const ENCODED = 3;
/** For the fields beside the payload. */
const FIELDS_BYTES = 65_536;

/** Reads what a form sent. @param maxBytes that the API takes */
export async function readFormBody(request: HttpRequest, maxBytes: number): Promise<Result<URLSearchParams>> {
  const type = request.headers['content-type'];
  if (type === undefined || !FORM_TYPE.test(type)) {
    return refuse('unsupported_media_type', 'The dashboard takes forms; programs use the API.');
  }
  const bytes = await readBytes(request, maxBytes * ENCODED + FIELDS_BYTES);
  if (bytes === null) return refuse('payload_too_large', 'The form is too large; send less.');
  return ok(new URLSearchParams(bytes.toString()));
}
