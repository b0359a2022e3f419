/**
 * Scheme, host and port of a callback_url as it is written there, "http://host:80" and "http://host" told apart: every
 * claimed job passes here, and to parse the URL would take as long as an update of its row.
 */
export function originOf(callbackUrl: string): string {
  const authority = callbackUrl.indexOf('//');
  if (authority === -1) return callbackUrl.slice(0, callbackUrl.indexOf(':') + 1);
  const path = callbackUrl.indexOf('/', authority + 2);
  return path === -1 ? callbackUrl : callbackUrl.slice(0, path);
}
