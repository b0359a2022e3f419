import type { Redaction } from '../../application/redaction.js';
import { plural } from './format.js';
import { html, type Html } from './html.js';

/** Characters; a page shows no more of a text, and does not format what is longer. */
const SHOWN_MAX = 200_000;
const INDENT = '  ';

/**
 * JSON on several lines, with all its parts as they were written, but for those that are hidden; anything else as it is.
 * Always as text.
 */
export function jsonView(text: string, label: string, redaction: Redaction): Html {
  const cut = text.length > SHOWN_MAX;
  const carried = cut ? portable(text).slice(0, SHOWN_MAX) : text;
  const visible = redaction.hide(carried);
  const shown = cut ? visible : pretty(visible);
  // The parser drops a first line break.
  return html`<pre class="code" tabindex="0" role="group" aria-label="${label}">${'\n'}${shown}</pre>${cut && html`<p class="hint">The first ${plural(SHOWN_MAX, 'character')} of ${plural(text.length, 'character')}; the API has all of it.</p>`}${visible !== carried && html`<p class="hint">*** stands for what is hidden here (privacy.redact).</p>`}`;
}

/**
 * JSON on several lines, where that is not too long: what is nested deeply takes a thousand times the room, be it the
 * answer of a hostile receiver, and a form with all those line breaks could be too large to be sent. HTML can carry it
 * there and back.
 */
export function pretty(text: string): string {
  const carried = portable(text);
  return carried.length <= SHOWN_MAX && isJson(carried) ? (indented(carried) ?? carried) : carried;
}

/** Is the text of a form what was shown of this JSON, so that nobody has changed it? */
export function isShown(text: string, json: string): boolean {
  return [pretty(json), portable(json)].some((shown) => shown.replace(/\r\n?/g, '\n') === text);
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

const TOKEN = /"(?:[^"\\]+|\\.)*"|[[\]{}:,]|[^\s"[\]{}:,]+/g;

/** @returns null when it would be too long */
function indented(json: string): string | null {
  let text = '';
  let line = '\n';
  let opened = false;
  for (const [token] of json.matchAll(TOKEN)) {
    const closes = token === ']' || token === '}';
    if (closes) line = line.slice(0, -INDENT.length);
    // A line ends after each opening bracket and before each closing one, but not between the two of an empty pair.
    if (closes !== opened) text += line;
    opened = token === '[' || token === '{';
    if (opened) line += INDENT;
    text += token;
    if (token === ',') text += line;
    if (token === ':') text += ' ';
    if (text.length > SHOWN_MAX) return null;
  }
  return text;
}
