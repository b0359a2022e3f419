/*
 * Finds the parts of a JSON text without taking it apart, so that they can be cut out as they were written. The text
 * must be valid: what JSON.parse has accepted. A position is that of a value's first character.
 */

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_BRACKET = 0x5b;
const BACKSLASH = 0x5c;
const CLOSE_BRACKET = 0x5d;
const OPEN_BRACE = 0x7b;
const CLOSE_BRACE = 0x7d;
const SPACE = 0x20;

/** @returns where its end is, which the caller may need to know anyway */
type Visit = (valueAt: number) => number;

/**
 * Goes over the values of the members of an object that have this name; there may be several.
 * @returns the end of the object
 */
export function eachMember(json: string, objectAt: number, name: string, visit: Visit): number {
  let at = skipSpace(json, objectAt + 1);
  while (json.charCodeAt(at) === QUOTE) {
    const nameEnd = endOfString(json, at);
    // Past the colon.
    const valueAt = skipSpace(json, skipSpace(json, nameEnd) + 1);
    const isNamed = isString(json, at, nameEnd, name);
    at = nextPart(json, isNamed ? visit(valueAt) : endOfValue(json, valueAt));
  }
  return at + 1;
}

/** Goes over the values of an array. @returns its end */
export function eachElement(json: string, arrayAt: number, visit: Visit): number {
  let at = skipSpace(json, arrayAt + 1);
  while (at < json.length && json.charCodeAt(at) !== CLOSE_BRACKET) at = nextPart(json, visit(at));
  return at + 1;
}

export function isObjectAt(json: string, at: number): boolean {
  return json.charCodeAt(at) === OPEN_BRACE;
}

export function isArrayAt(json: string, at: number): boolean {
  return json.charCodeAt(at) === OPEN_BRACKET;
}

export function skipSpace(json: string, start: number): number {
  let at = start;
  while (json.charCodeAt(at) <= SPACE) at += 1;
  return at;
}

export function endOfValue(json: string, start: number): number {
  const first = json.charCodeAt(start);
  if (first === QUOTE) return endOfString(json, start);
  return first === OPEN_BRACE || first === OPEN_BRACKET
    ? endOfContainer(json, start)
    : endOfLiteral(json, start);
}

function endOfContainer(json: string, start: number): number {
  let depth = 0;
  let at = start;
  while (at < json.length) {
    const character = json.charCodeAt(at);
    if (character === QUOTE) {
      at = endOfString(json, at);
    } else {
      at += 1;
      if (character === OPEN_BRACE || character === OPEN_BRACKET) depth += 1;
      else if ((character === CLOSE_BRACE || character === CLOSE_BRACKET) && (depth -= 1) === 0) return at;
    }
  }
  return at;
}

/** Of a number, true, false or null. */
function endOfLiteral(json: string, start: number): number {
  let at = start;
  while (at < json.length) {
    const character = json.charCodeAt(at);
    if (character <= SPACE || character === COMMA) break;
    if (character === CLOSE_BRACE || character === CLOSE_BRACKET) break;
    at += 1;
  }
  return at;
}

export function endOfString(json: string, start: number): number {
  let quote = json.indexOf('"', start + 1);
  while (quote !== -1 && isEscaped(json, quote)) quote = json.indexOf('"', quote + 1);
  return quote === -1 ? json.length : quote + 1;
}

/** After an odd number of backslashes. */
function isEscaped(json: string, at: number): boolean {
  let first = at;
  while (json.charCodeAt(first - 1) === BACKSLASH) first -= 1;
  return (at - first) % 2 === 1;
}

/** Is the string, however it is written, this text? */
function isString(json: string, start: number, end: number, text: string): boolean {
  if (end - start === text.length + 2 && json.startsWith(text, start + 1)) return true;
  // An escape is longer than the character that it stands for.
  if (end - start <= text.length + 2) return false;
  const written = json.slice(start, end);
  return written.includes('\\') && JSON.parse(written) === text;
}

/** Past the space behind a value and, if there is one, the comma. */
export function nextPart(json: string, end: number): number {
  const at = skipSpace(json, end);
  return json.charCodeAt(at) === COMMA ? skipSpace(json, at + 1) : at;
}
