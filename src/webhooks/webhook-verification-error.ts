/** Why a delivery was not taken for one of mininq. */
export type WebhookRefusal =
  /** A webhook-* header is missing: the delivery is not signed. */
  | 'missing_header'
  | 'malformed_timestamp'
  | 'timestamp_too_old'
  | 'timestamp_too_new'
  /** None of the signatures was made with any of the secrets, over these bytes. */
  | 'wrong_signature'
  /** It is signed, but no JSON. */
  | 'malformed_json';

/** What the receiver has to mend in its own code. */
export type WebhookMisuse = 'no_secret' | 'malformed_secret' | 'parsed_body';

export class WebhookVerificationError extends Error {
  override readonly name = 'WebhookVerificationError';
  readonly code: WebhookRefusal | WebhookMisuse;

  constructor(code: WebhookRefusal | WebhookMisuse, message: string) {
    super(message);
    this.code = code;
  }
}

const MISUSES: readonly string[] = ['no_secret', 'malformed_secret', 'parsed_body'] satisfies WebhookMisuse[];

/** Is it the sender's fault, and not the receiver's? */
export function isRefusal(error: unknown): error is WebhookVerificationError {
  return error instanceof WebhookVerificationError && !MISUSES.includes(error.code);
}
