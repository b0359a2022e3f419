import { parse, stringify, type ParseOptions } from 'lossless-json';
import { quote } from '../../application/printable.js';

/**
 * A number of JSON that JavaScript may write in another way than it was written: a fraction, an exponent, 16 or more
 * digits, -0. May find one within a string too, which does no harm.
 */
const DOUBTFUL_NUMBER = /[\s:,[](-?\d+(?:\.\d+(?:[eE][+-]?\d+)?|[eE][+-]?\d+)|-?\d{16,}|-0)(?=[\s,\]}])/g;

/** As JSON.parse does it. */
const LAST_WINS: ParseOptions = { onDuplicateKey: ({ newValue }) => newValue };

/** A JSON text, parsed. */
export class JsonText {
  readonly value: unknown;
  readonly #text: string;
  #exactValue: unknown;

  /** @throws SyntaxError */
  constructor(text: string) {
    this.value = JSON.parse(text);
    this.#text = text;
  }

  /**
   * The text of the part at the path, without white space and with every number exactly as it was written. Of fields
   * that are given twice the last counts, as for JSON.parse.
   * @returns null when the part is missing or null
   */
  compact(...path: readonly (string | number)[]): string | null {
    const exact = this.#exact();
    let part = exact;
    for (const key of path) part = isRecord(part) ? part[key] : undefined;
    if (part === undefined || part === null) return null;
    return (exact === this.value ? JSON.stringify(part) : stringify(part)) ?? null;
  }

  /** The parsed value itself, unless it has lost how a number was written. */
  #exact(): unknown {
    this.#exactValue ??= keepsNumbers(this.#text) ? this.value : parse(this.#text, null, LAST_WINS);
    return this.#exactValue;
  }
}

function keepsNumbers(text: string): boolean {
  for (const [, number = ''] of text.matchAll(DOUBTFUL_NUMBER)) {
    if (JSON.stringify(Number(number)) !== number) return false;
  }
  return true;
}

/** Is the value nested at most so many levels deep? A plain object or array without others in it has one level. */
export function isNestedWithin(levels: number, value: unknown): boolean {
  if (!isRecord(value)) return true;
  return levels > 0 && Object.values(value).every((part) => isNestedWithin(levels - 1, part));
}

export function isJsonObject(value: unknown): boolean {
  return isRecord(value) && !Array.isArray(value);
}

/** An object or an array. */
function isRecord(value: unknown): value is Record<string | number, unknown> {
  return typeof value === 'object' && value !== null;
}

/**
 * Where a text stops being JSON. The message of JSON.parse is of no use here: it differs from one version of Node to
 * the next, and quotes the text at length.
 * @param subject what the sentence is about
 */
export function describeSyntaxError(text: string, subject = 'The body'): string {
  const problem = `${subject} is not valid JSON`;
  const position = syntaxErrorPosition(text);
  if (position === null) return problem;
  if (position >= text.length) return `${problem}: it ends before it is complete`;
  return `${problem} at position ${position}, near ${quote(text.slice(position, position + NEAR))}`;
}

/** Characters that a message quotes. */
const NEAR = 10;

/** null: it cannot be told, as the text is nested too deeply. */
function syntaxErrorPosition(text: string): number | null {
  try {
    parse(text, null, LAST_WINS);
  } catch (error) {
    const position = error instanceof SyntaxError ? /at position (\d+)$/.exec(error.message)?.[1] : undefined;
    if (position !== undefined) return Number(position);
  }
  return null;
}
