import { parse, stringify } from 'lossless-json';
import { plural } from './format.js';
import { html, type Html } from './html.js';

/** Characters; a page shows no more of a text, and does not format what is longer. */
const SHOWN_MAX = 200_000;

/** JSON on several lines, with every number as it was written; anything else as it is. Always as text. */
export function jsonView(text: string, label: string): Html {
  const cut = text.length > SHOWN_MAX;
  const shown = cut ? portable(text).slice(0, SHOWN_MAX) : pretty(text);
  // The parser drops a first line break.
  return html`<pre class="code" tabindex="0" role="group" aria-label="${label}">${'\n'}${shown}</pre>${cut && html`<p class="hint">The first ${plural(SHOWN_MAX, 'character')} of ${plural(text.length, 'character')}; the API has all of it.</p>`}`;
}

/**
 * JSON on several lines, where that is not too long: what is nested deeply takes a thousand times the room, be it the
 * answer of a hostile receiver, and a form with all those line breaks could be too large to be sent. HTML can carry it
 * there and back.
 */
export function pretty(text: string): string {
  const carried = portable(text);
  if (carried.length > SHOWN_MAX || indentedLength(carried) > SHOWN_MAX) return carried;
  try {
    return escapeControls(stringify(parse(carried), null, 2) ?? carried);
  } catch {
    return carried;
  }
}

const CONTROLS = /[\u007f-\u009f]/;

/**
 * The same JSON without the control characters that may stand in its strings as they are. HTML has no way to write
 * them: a page shows symbols, and a form would send those back. Anything else as it is.
 */
export function portable(text: string): string {
  return CONTROLS.test(text) && isJson(text) ? escapeControls(text) : text;
}

function escapeControls(json: string): string {
  return json.replace(/[\u007f-\u009f]/g, (control) => `\\u00${control.charCodeAt(0).toString(16)}`);
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/**
 * How long JSON is on several lines, at most: an escape in a string may become shorter. Found without making that
 * text, which may be huge. Of what is no JSON it tells nothing.
 */
export function indentedLength(json: string): number {
  let length = 0;
  let depth = 0;
  let opened = false;
  for (let at = 0; at < json.length; at += 1) {
    const character = json.charAt(at);
    if (' \t\r\n'.includes(character)) continue;
    const closes = character === ']' || character === '}';
    if (closes) depth -= 1;
    // A line ends after each opening bracket and before each closing one, but not between the two of an empty pair.
    if (closes !== opened) length += 1 + 2 * depth;
    opened = character === '[' || character === '{';
    if (opened) depth += 1;
    const end = character === '"' ? endOfString(json, at) : at;
    length += end - at + 1;
    if (character === ',') length += 1 + 2 * depth;
    if (character === ':') length += 1;
    at = end;
  }
  return length;
}

/** Where the string that begins here has its closing quotation mark. */
function endOfString(json: string, start: number): number {
  let at = start + 1;
  while (at < json.length && json.charAt(at) !== '"') at += json.charAt(at) === '\\' ? 2 : 1;
  return at;
}
