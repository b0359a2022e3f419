import { endOfString, endOfValue, isArrayAt, isObjectAt, nextPart, skipSpace } from './json-scan.js';

/** The names of members, and the positions of elements, that lead to a value. */
export type JsonPath = readonly (string | number)[];

/** Which values are replaced, and by what. */
export interface Replacement<State> {
  /** At the outermost value. */
  readonly start: State;
  /** The state within a member or an element; null: its value is replaced as a whole. */
  readonly descend: (state: State, key: string | number) => State | null;
  /** @param value as it is written; of a text that breaks off, as much as there is */
  readonly replace: (value: string, path: JsonPath) => string;
}

interface Container<State> {
  readonly state: State;
  readonly isObject: boolean;
  /** Of the part that was looked at last; -1 before the first element. */
  key: string | number;
}

const QUOTE = 0x22;
const COLON = 0x3a;

/**
 * Replaces values of a JSON text, and leaves all else byte for byte as it is. The text may break off anywhere, as the
 * beginning of a longer one does. What is no JSON stays; objects and arrays in the midst of it are looked through.
 *
 * One pass, in a loop: a receiver decides how deeply its answer is nested.
 */
export function replaceParts<State>(json: string, replacement: Replacement<State>): string {
  const { start, descend, replace } = replacement;
  const open: Container<State>[] = [];
  let replaced = '';
  let copied = 0;
  let at = 0;
  while (at < json.length) {
    const container = open.at(-1);
    if (!container) {
      at = nextContainer(json, at);
      if (at < json.length) open.push(containerAt(json, at, start));
      at = skipSpace(json, at + 1);
      continue;
    }
    if (json[at] === (container.isObject ? '}' : ']')) {
      open.pop();
      at = nextPart(json, at + 1);
      continue;
    }
    const valueAt = enterPart(json, at, container);
    const state = valueAt === null ? null : descend(container.state, container.key);
    if (valueAt !== null && state !== null && isContainerAt(json, valueAt)) {
      open.push(containerAt(json, valueAt, state));
      at = skipSpace(json, valueAt + 1);
      continue;
    }
    const end = valueAt === null ? null : endOfValue(json, valueAt);
    if (valueAt === null || end === null || end === valueAt) {
      // No JSON after all.
      open.length = 0;
      continue;
    }
    if (state === null) {
      const path = open.map(({ key }) => key);
      replaced += json.slice(copied, valueAt) + replace(json.slice(valueAt, end), path);
      copied = end;
    }
    at = nextPart(json, end);
  }
  return copied === 0 ? json : replaced + json.slice(copied);
}

function isContainerAt(json: string, at: number): boolean {
  return isObjectAt(json, at) || isArrayAt(json, at);
}

function nextContainer(json: string, start: number): number {
  let at = start;
  while (at < json.length && !isContainerAt(json, at)) at += 1;
  return at;
}

function containerAt<State>(json: string, at: number, state: State): Container<State> {
  const isObject = isObjectAt(json, at);
  return { state, isObject, key: isObject ? '' : -1 };
}

/** @returns where the value of the member or element begins; null: there is neither */
function enterPart(json: string, at: number, container: Container<unknown>): number | null {
  if (!container.isObject) {
    container.key = Number(container.key) + 1;
    return at;
  }
  if (json.charCodeAt(at) !== QUOTE) return null;
  const nameEnd = endOfString(json, at);
  const colonAt = skipSpace(json, nameEnd);
  if (json.charCodeAt(colonAt) !== COLON) return null;
  container.key = nameOf(json.slice(at, nameEnd));
  return skipSpace(json, colonAt + 1);
}

function nameOf(written: string): string {
  if (!written.includes('\\')) return written.slice(1, -1);
  try {
    return String(JSON.parse(written));
  } catch {
    return written.slice(1, -1);
  }
}
