/** Control characters of C0 and C1, and what else ends a line somewhere. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029]/gu;
const SHORT_ESCAPES = new Map([
  ['\b', '\\b'],
  ['\t', '\\t'],
  ['\n', '\\n'],
  ['\f', '\\f'],
  ['\r', '\\r'],
]);

/** The text on one line and without what would control a terminal: such characters become escapes of JSON. */
export function printable(text: string): string {
  return text.replace(
    UNPRINTABLE,
    (character) =>
      SHORT_ESCAPES.get(character) ?? `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
}

/** The text as a string of JSON and TOML; printable. */
export function quote(text: string): string {
  return printable(JSON.stringify(text));
}

const SHOWN_MAX = 100;

/** The beginning of a text that may be too long for a message. */
export function shorten(text: string): string {
  return text.length > SHOWN_MAX ? `${text.slice(0, SHOWN_MAX)}...` : text;
}

/** A name or path for a message: as it is if that is plain text, else quoted. */
export function plain(text: string): string {
  const quoted = quote(text);
  return text !== '' && quoted === `"${text}"` ? text : quoted;
}
