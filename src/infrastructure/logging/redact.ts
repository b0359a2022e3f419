/**
 * The user and password of a URL, with what precedes them. Everything up to the last "@" before the path belongs to
 * them, as URL parsers read it; for http they also take "\" and any number of slashes.
 * The lengths are bounded to keep the search linear: the text may come from a hostile receiver.
 */
const USER_INFO = /(\bhttps?:[\\/]{0,8}|\b[a-z][a-z\d+.-]{0,30}:\/\/)[^\s\\/?#]{0,2048}@/gi;

/** The text without credentials in URLs: http://user:secret@host/ becomes http://***@host/. */
export function redact(text: string): string {
  return text.includes('@') ? text.replace(USER_INFO, '$1***@') : text;
}
