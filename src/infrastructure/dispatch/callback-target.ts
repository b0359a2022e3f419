/** A callback_url taken apart. */
export interface CallbackTarget {
  /** scheme://host[:port], without credentials. */
  readonly origin: string;
  /** host:port, for people. */
  readonly host: string;
  /** Path and query as they go on the wire; the fragment never does. */
  readonly path: string;
  /** The Authorization header that the URL's user and password ask for, or null. */
  readonly authorization: string | null;
}

/** @returns null when the text is no http or https URL */
export function callbackTarget(callbackUrl: string): CallbackTarget | null {
  const url = parse(callbackUrl);
  if (url === null || (url.protocol !== 'http:' && url.protocol !== 'https:')) return null;
  const port = url.port === '' ? (url.protocol === 'https:' ? '443' : '80') : url.port;
  return {
    origin: `${url.protocol}//${url.host}`,
    host: `${url.hostname}:${port}`,
    path: url.pathname + url.search,
    authorization: url.username === '' && url.password === '' ? null : basic(url.username, url.password),
  };
}

function parse(url: string): URL | null {
  try {
    return new URL(url);
  } catch {
    return null;
  }
}

/** Both still percent-encoded. Decoded to bytes, as they need not be UTF-8, nor the encoding be sound. */
function basic(username: string, password: string): string {
  const decoded = `${username}:${password}`.replace(/%([0-9a-f]{2})/gi, (_, hex: string) =>
    String.fromCharCode(Number.parseInt(hex, 16)),
  );
  return `Basic ${Buffer.from(decoded, 'latin1').toString('base64')}`;
}
