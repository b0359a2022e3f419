import { errors } from 'undici';
import { OwnShortage, shortageCode } from './own-shortage.js';

/**
 * Why an attempt got no complete answer. The kind is the first word of the outcome's error text:
 *
 *   timeout    the attempt's deadline passed, or the network gave up waiting
 *   refused    nothing listens there
 *   reset      the connection was torn down
 *   dns        the host's name could not be resolved
 *   tls        the certificate is not trusted, or the handshake failed
 *   aborted    the target ended the connection before its answer was complete
 *   protocol   the answer is not HTTP/1.1, or breaks its limits
 *   network    any other trouble on the way, such as no route
 *   url        the callback_url cannot be called at all
 *   proxy      the proxy has opened no tunnel to the target
 *   blocked    the settings of [egress] forbid it
 */
export const FAILURE_KINDS = [
  'timeout',
  'refused',
  'reset',
  'dns',
  'tls',
  'aborted',
  'protocol',
  'network',
  'url',
  'proxy',
  'blocked',
] as const;
export type FailureKind = (typeof FAILURE_KINDS)[number];

/** What a connection was busy with when it failed. */
export type ConnectStage = 'proxy' | 'tunnel' | 'lookup' | 'connect' | 'handshake' | 'open';

/** Bytes of header lines in an answer (and, once more, in its trailers). */
export const MAX_HEADER_BYTES = 16_384;

/** UTF-16 units of an error text, whatever the host's name. */
const MAX_TEXT_LENGTH = 299;

/** Its message is one line for `last_error`: the kind, what happened, no credentials. */
export class DeliveryFailure extends Error {
  readonly kind: FailureKind;

  constructor(kind: FailureKind, text: string) {
    super(failureText(kind, text));
    this.kind = kind;
  }
}

/** The settings forbid the connection, so another attempt would be of no use. The message shows no address. */
export class Blocked extends Error {
  /** @param host host:port of the target, as in its URL */
  constructor(host: string, reason: string) {
    super(failureText('blocked', `${host}: ${reason}`));
  }
}

export function failureText(kind: FailureKind, text: string): string {
  return `${kind}: ${text}`.slice(0, MAX_TEXT_LENGTH);
}

/** @param host host:port of the target, as in its URL */
export function connectFailure(
  error: unknown,
  stage: ConnectStage,
  host: string,
): DeliveryFailure | Blocked | OwnShortage {
  if (error instanceof Blocked) return error;
  const shortage = shortageCode(error);
  if (shortage !== null) return new OwnShortage(shortage);
  const code = codeOf(error);
  if (stage === 'lookup') return lookupFailure(code, host);
  switch (code) {
    case 'ECONNREFUSED':
      return new DeliveryFailure('refused', `connection refused by ${host}`);
    case 'ECONNRESET':
    case 'EPIPE':
      return new DeliveryFailure('reset', `connection reset by ${host}${DURING[stage]}`);
    case 'ETIMEDOUT':
      return new DeliveryFailure('timeout', `${host} did not answer${DURING[stage]}`);
    default:
      return stage === 'handshake' ? tlsFailure(code, host) : networkFailure(code, host);
  }
}

/**
 * Trouble after the request was written.
 * @param answered whether the status line and the headers of the answer had come
 */
export function exchangeFailure(error: unknown, host: string, answered: boolean): DeliveryFailure {
  if (error instanceof DeliveryFailure) return error;
  const code = codeOf(error);
  const when = answered ? 'in the middle of its answer' : 'before it answered';
  switch (code) {
    case 'ECONNRESET':
    case 'ECONNABORTED':
    case 'EPIPE':
      return new DeliveryFailure('reset', `connection reset by ${host} ${when}`);
    case 'ETIMEDOUT':
      return new DeliveryFailure('timeout', `${host} stopped answering`);
    case 'UND_ERR_SOCKET':
      // The client's word for an answer 100 or 101 that nothing asked for, and for an end of the connection.
      return error instanceof Error && error.message.startsWith('bad ')
        ? unaskedFailure(host)
        : new DeliveryFailure('aborted', `${host} closed the connection ${when}`);
    case 'UND_ERR_RES_CONTENT_LENGTH_MISMATCH':
      // It also stands for rubbish in the headers, where a Content-Length is among them.
      return answered
        ? brokenOff(host)
        : new DeliveryFailure('protocol', `${host} did not answer in valid HTTP/1.1`);
    case 'UND_ERR_HEADERS_OVERFLOW':
      return new DeliveryFailure('protocol', `the answer's headers exceed ${MAX_HEADER_BYTES} bytes`);
  }
  if (error instanceof errors.HTTPParserError) return parserFailure(error.message, host);
  return isTlsCode(code) ? tlsFailure(code, host) : networkFailure(code, host);
}

function brokenOff(host: string): DeliveryFailure {
  return new DeliveryFailure('aborted', `the answer of ${host} broke off`);
}

/** The message ends in the parser's reason, in brackets; the error has no code, though its type says so. */
function parserFailure(message: string, host: string): DeliveryFailure {
  const reason = /\(([^()]+)\)$/.exec(message)?.[1];
  if (reason === 'Invalid EOF state') return brokenOff(host);
  const bracketed = reason === undefined ? '' : ` (${reason})`;
  return new DeliveryFailure('protocol', `${host} did not answer in valid HTTP/1.1${bracketed}`);
}

/** For 100 and 101. */
export function unaskedFailure(host: string): DeliveryFailure {
  return new DeliveryFailure('protocol', `${host} sent an interim answer that was not asked for`);
}

const DURING: Readonly<Record<ConnectStage, string>> = {
  proxy: '',
  tunnel: '',
  lookup: '',
  connect: ' while connecting',
  handshake: ' during the TLS handshake',
  open: '',
};

function lookupFailure(code: string, host: string): DeliveryFailure {
  const name = host.replace(/:\d+$/, '');
  if (code === 'ENOTFOUND') return new DeliveryFailure('dns', `host ${name} not found`);
  return new DeliveryFailure('dns', `host ${name} could not be resolved${inBrackets(code)}`);
}

function tlsFailure(code: string, host: string): DeliveryFailure {
  if (code === 'ERR_TLS_CERT_ALTNAME_INVALID') {
    return new DeliveryFailure('tls', `certificate is not for ${host}${inBrackets(code)}`);
  }
  if (isTlsCode(code)) return new DeliveryFailure('tls', `handshake with ${host} failed${inBrackets(code)}`);
  return new DeliveryFailure('tls', `certificate of ${host} is not trusted${inBrackets(code)}`);
}

function networkFailure(code: string, host: string): DeliveryFailure {
  return new DeliveryFailure('network', `no exchange with ${host}${inBrackets(code)}`);
}

function isTlsCode(code: string): boolean {
  return code === 'EPROTO' || code.startsWith('ERR_SSL_') || code.startsWith('ERR_TLS_');
}

/** Codes of libraries mean nothing to a reader of last_error. */
function inBrackets(code: string): string {
  return /^(?!UND_|ERR_(?!SSL|TLS))[A-Z][A-Z0-9_]+$/.test(code) ? ` (${code})` : '';
}

/** '' where there is none. Of several addresses of a host, the last one tried counts. */
function codeOf(error: unknown): string {
  if (error instanceof AggregateError && error.errors.length > 0) return codeOf(error.errors.at(-1));
  if (!(error instanceof Error) || !('code' in error)) return '';
  return typeof error.code === 'string' ? error.code : '';
}
