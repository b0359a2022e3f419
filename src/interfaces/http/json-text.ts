import { parse } from 'lossless-json';
import { quote } from '../../application/printable.js';
import {
  eachElement,
  eachMember,
  endOfValue,
  isArrayAt,
  isObjectAt,
  skipSpace,
} from '../../application/json-scan.js';

/** A JSON text, parsed. Its parts can be had as they were written, byte for byte. */
export class JsonText {
  readonly value: unknown;
  readonly #text: string;

  /** @throws SyntaxError */
  constructor(text: string) {
    this.value = JSON.parse(text);
    this.#text = text;
  }

  /**
   * The text of a member of the object. Of members that are given twice the last counts, as it does in the value.
   * @returns null when the member is missing or null
   */
  member(name: string): string | null {
    return lastMember(this.#text, skipSpace(this.#text, 0), name).text;
  }

  /** The same of each object of a list that is itself a member. */
  memberOfEach(list: string, name: string): (string | null)[] {
    const text = this.#text;
    let found: (string | null)[] = [];
    eachMember(text, skipSpace(text, 0), list, (listAt) => {
      found = [];
      if (!isArrayAt(text, listAt)) return endOfValue(text, listAt);
      return eachElement(text, listAt, (at) => {
        const member = isObjectAt(text, at) ? lastMember(text, at, name) : null;
        found.push(member?.text ?? null);
        return member?.end ?? endOfValue(text, at);
      });
    });
    return found;
  }
}

/** @returns its text, and the end of the object */
function lastMember(json: string, objectAt: number, name: string): { text: string | null; end: number } {
  let text = 'null';
  const end = eachMember(json, objectAt, name, (valueAt) => {
    const valueEnd = endOfValue(json, valueAt);
    text = json.slice(valueAt, valueEnd);
    return valueEnd;
  });
  return { text: text === 'null' ? null : text, end };
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
    parse(text, null, { onDuplicateKey: ({ newValue }) => newValue });
  } catch (error) {
    const position = error instanceof SyntaxError ? /at position (\d+)$/.exec(error.message)?.[1] : undefined;
    if (position !== undefined) return Number(position);
  }
  return null;
}
