import { Socket } from 'node:net';
import type { Writable } from 'node:stream';
import { destination as fileDestination, type DestinationStream } from 'pino';

/** Takes whole lines, and never waits for whoever reads them. */
export interface LogDestination extends DestinationStream {
  /** Called once lines are taken again, with the number of those that were dropped. */
  onDropped?: (lines: number) => void;
}

/** Bytes that wait for a reader; lines beyond them are dropped. */
const WAITING_MAX = 1_048_576;

const ignore = (): void => undefined;

export function standardOutput(): LogDestination {
  const { stdout } = process;
  if (!(stdout instanceof Socket)) return fileOutput(1);
  if (stdout.isTTY) unblock(stdout);
  return streamOutput(stdout);
}

/** A pipe, a socket or a terminal: Node queues what cannot be written at once. */
export function streamOutput(stream: Writable): LogDestination {
  // Such as a reader that has gone. The stream may have other logs as well.
  if (!stream.listeners('error').includes(ignore)) stream.on('error', ignore);
  const drops = new Drops(stream);
  return {
    write(line) {
      // Until all that waits is out, so that what is missing is missing in one place.
      if (drops.count > 0 || stream.writableLength > WAITING_MAX) drops.add(this);
      else stream.write(line);
    },
  };
}

/** Each line is out when the call returns. What cannot be written (disk full) is tried again with the next line. */
export function fileOutput(fd: number): LogDestination {
  const stream = fileDestination({ fd, sync: true, maxLength: WAITING_MAX });
  stream.on('error', ignore);
  const drops = new Drops(stream);
  const output: LogDestination = { write: (line) => stream.write(line) };
  stream.on('drop', () => drops.add(output));
  return output;
}

/**
 * Resolves when what was written to the streams is out, or when the time is over: Node by itself does not wait for a
 * slow reader.
 */
export async function flushed(streams: readonly Writable[], withinMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<void>((resolve) => (timer = setTimeout(resolve, withinMs)));
  const out = streams.map((stream) => new Promise<void>((resolve) => stream.write('', () => resolve())));
  await Promise.race([late, Promise.all(out)]);
  clearTimeout(timer);
}

interface Draining {
  once(event: 'drain', listener: () => void): unknown;
}

/** Lines that a stream has not taken. */
class Drops {
  readonly #stream: Draining;
  count = 0;

  constructor(stream: Draining) {
    this.#stream = stream;
  }

  add({ onDropped }: LogDestination): void {
    this.count += 1;
    if (this.count > 1) return;
    this.#stream.once('drain', () => {
      const lines = this.count;
      this.count = 0;
      onDropped?.(lines);
    });
  }
}

/** Node lets the writes to a terminal block, so that Ctrl-S would stop the whole program. */
function unblock(terminal: Socket): void {
  const handle: unknown = Reflect.get(terminal, '_handle');
  if (typeof handle !== 'object' || handle === null) return;
  const setBlocking: unknown = Reflect.get(handle, 'setBlocking');
  if (typeof setBlocking === 'function') Reflect.apply(setBlocking, handle, [false]);
}
