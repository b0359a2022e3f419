import { parse, stringify } from 'lossless-json';
import { plural } from './format.js';
import { html, type Html } from './html.js';

/** Characters; a page shows no more of a text, and does not format what is longer. */
const SHOWN_MAX = 200_000;

/** JSON on several lines, with every number as it was written; anything else as it is. Always as text. */
export function jsonView(text: string, label: string): Html {
  const cut = text.length > SHOWN_MAX;
  const shown = cut ? text.slice(0, SHOWN_MAX) : pretty(text);
  // The parser drops a first line break.
  return html`<pre class="code" tabindex="0" role="group" aria-label="${label}">${'\n'}${shown}</pre>${cut && html`<p class="hint">The first ${plural(SHOWN_MAX, 'character')} of ${plural(text.length, 'character')}; the API has all of it.</p>`}`;
}

/**
 * JSON on several lines, where that is not too long: what is nested deeply takes a thousand times the room, be it the
 * answer of a hostile receiver, and a form with all those line breaks could be too large to be sent.
 */
export function pretty(text: string): string {
  if (text.length > SHOWN_MAX) return text;
  try {
    const lines = stringify(parse(text), null, 2) ?? text;
    return lines.length > SHOWN_MAX ? text : lines;
  } catch {
    return text;
  }
}
