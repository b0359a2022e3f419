/**
 * Scheme, host and port of a callback_url (and its user, if it has one) as they are written there, "http://host:80"
 * and "http://host" told apart: every claimed job passes here, and to parse the URL would take as long as an update of
 * its row.
 */
export function originOf(callbackUrl: string): string {
  const slashes = callbackUrl.indexOf('//');
  if (slashes === -1) return callbackUrl.slice(0, callbackUrl.indexOf(':') + 1);
  const path = callbackUrl.indexOf('/', slashes + 2);
  const origin = path === -1 ? callbackUrl : callbackUrl.slice(0, path);
  const end = origin.search(/[?#]/);
  return end === -1 ? origin : origin.slice(0, end);
}
