import { closeSync, openSync, readSync } from 'node:fs';

/** A file that another process appends lines to. */
export class AppendedLines {
  readonly #path: string;
  #offset = 0;

  constructor(path: string) {
    this.#path = path;
    closeSync(openSync(path, 'a'));
  }

  /** The whole lines that were appended since it was last asked. */
  readNew(): string[] {
    const lines: string[] = [];
    const file = openSync(this.#path, 'r');
    const piece = Buffer.alloc(1 << 16);
    for (;;) {
      const length = readSync(file, piece, 0, piece.length, this.#offset);
      const end = piece.subarray(0, length).lastIndexOf(10) + 1;
      if (end === 0) break;
      for (const line of piece.toString('utf8', 0, end - 1).split('\n')) lines.push(line);
      this.#offset += end;
    }
    closeSync(file);
    return lines;
  }
}
