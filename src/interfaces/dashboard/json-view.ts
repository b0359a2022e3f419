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

export function pretty(text: string): string {
  try {
    return stringify(parse(text), null, 2) ?? text;
  } catch {
    return text;
  }
}
