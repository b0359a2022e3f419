/**
 * Scheme, host and port of a callback_url (and its user, if it has one) as they are written there, "http://host:80" and "http://host" told apart: every
 * claimed job passes here, and to parse the URL would take as long as an update of its row.
 */
export function originOf(callbackUrl: string): string {
  const authority = callbackUrl.indexOf('//');
  if (authority === -1) return callbackUrl.slice(0, callbackUrl.indexOf(':') + 1);
  for (let at = authority + 2; at < callbackUrl.length; at += 1) {
    const character = callbackUrl[at];
    if (character === '/' || character === '?' || character === '#') return callbackUrl.slice(0, at);
  }
  return callbackUrl;
}
