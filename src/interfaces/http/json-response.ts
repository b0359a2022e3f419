import { pipeline } from 'node:stream';
import { setImmediate } from 'node:timers/promises';
import type { HttpResponse } from './http-types.js';
import { headOf } from './security-headers.js';

/** Characters, about: what is longer is sent in pieces. */
const LARGE = 1_048_576;
/** Characters that are made at a time: a millisecond or less. */
const PIECE = 131_072;

/**
 * Sends an answer: as a rule head and body in one write, with a Content-Length. A large one goes out in pieces, as fast
 * as the client takes them, so that it neither stands in memory a second time as JSON nor holds up others.
 */
export function sendJson(response: HttpResponse, status: number, body: unknown): void {
  const head = headOf(response);
  head.push('Content-Type', 'application/json');
  if (roughLength(body, LARGE) <= LARGE) {
    const text = JSON.stringify(body);
    head.push('Content-Length', String(Buffer.byteLength(text)));
    response.writeHead(status, head);
    response.end(text);
    return;
  }
  response.writeHead(status, head);
  pipeline(inTurns(body), response, () => {
    // It failed: the client has gone, and there is nobody to tell.
  });
}

/** About how long the JSON is; of what is longer than `max`, some number above it. */
function roughLength(value: unknown, max: number): number {
  if (typeof value === 'string') return value.length;
  if (typeof value !== 'object' || value === null) return 0;
  const parts: readonly unknown[] = Object.values(value);
  let length = 0;
  for (const part of parts) {
    length += PER_PART + roughLength(part, max - length);
    if (length > max) break;
  }
  return length;
}

/** For its name and its punctuation, or for a number. */
const PER_PART = 16;

/** One piece a turn of the event loop. */
async function* inTurns(body: unknown): AsyncGenerator<string> {
  let piece = '';
  for (const part of partsOf(body)) {
    piece += part;
    if (piece.length < PIECE) continue;
    yield piece;
    piece = '';
    await setImmediate();
  }
  yield piece;
}

/** The same text as that of JSON.stringify, in parts that are not much longer than a piece. */
function* partsOf(value: unknown): Generator<string> {
  if (roughLength(value, PIECE) <= PIECE) yield JSON.stringify(value);
  else if (typeof value === 'string') yield* partsOfText(value);
  else if (Array.isArray(value)) yield* partsOfArray(value);
  else if (typeof value === 'object' && value !== null) yield* partsOfObject(Object.entries(value));
}

function* partsOfArray(items: readonly unknown[]): Generator<string> {
  let before = '[';
  for (const item of items) {
    yield before;
    yield* partsOf(item);
    before = ',';
  }
  yield ']';
}

function* partsOfObject(members: readonly (readonly [string, unknown])[]): Generator<string> {
  let before = '{';
  for (const [name, value] of members) {
    if (value === undefined) continue;
    yield `${before}${JSON.stringify(name)}:`;
    yield* partsOf(value);
    before = ',';
  }
  yield '}';
}

function* partsOfText(text: string): Generator<string> {
  yield '"';
  for (let start = 0; start < text.length;) {
    let end = start + PIECE;
    // The halves of a surrogate pair stay together.
    if (/[\ud800-\udbff]/.test(text.charAt(end - 1))) end += 1;
    yield JSON.stringify(text.slice(start, end)).slice(1, -1);
    start = end;
  }
  yield '"';
}
