/**
 * HTML that is safe to send: only the `html` tag makes it, and everything that is put into one is escaped there. What a
 * job carries is hostile (its URL, payload, errors, answers), and so are the names of queues.
 */
export class Html {
  readonly #text: string;

  /** @param text markup; not for use outside this file */
  constructor(text: string) {
    this.#text = text;
  }

  toString(): string {
    return this.#text;
  }
}

/** A text is shown as it is. null, undefined and false are left out; so lists and conditions read well. */
export type Content = Html | string | number | null | undefined | false | readonly Content[];

/**
 * A template. Values may stand where text may, and within attributes in double quotes: nowhere else, so neither as the
 * name of an element or attribute nor within a script or style.
 */
export function html(parts: TemplateStringsArray, ...values: readonly Content[]): Html {
  let text = parts[0] ?? '';
  for (const [index, value] of values.entries()) text += render(value) + (parts[index + 1] ?? '');
  return new Html(text);
}

function render(value: Content): string {
  if (value === null || value === undefined || value === false) return '';
  if (typeof value === 'string') return escape(value);
  if (typeof value === 'number') return String(value);
  if (value instanceof Html) return value.toString();
  let text = '';
  for (const part of value) text += render(part);
  return text;
}

const ESCAPES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};

function escape(text: string): string {
  if (!/[&<>"'\p{Cc}\p{Cs}]/u.test(text)) return text;
  return text
    .replace(/[&<>"']/g, (character) => ESCAPES[character] ?? '')
    .replace(/\p{Cc}/gu, symbolOf)
    .toWellFormed();
}

/** HTML has no way to write most control characters: they are shown by their symbols (U+2400 and following). */
function symbolOf(character: string): string {
  if (/\s/.test(character)) return character;
  const code = character.charCodeAt(0);
  return code < 0x20 ? String.fromCharCode(0x2400 + code) : '\u2421';
}
