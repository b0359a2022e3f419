import { readFile, stat } from 'node:fs/promises';
import { shortageCode } from './own-shortage.js';

/** What a text file of the system says; it is read again when it has changed. */
export class SystemFile<T> {
  readonly #path: string;
  readonly #parse: (text: string) => T;
  #content: { readonly stamp: string; readonly value: T } | undefined;

  /** @param parse takes any text; a file that is missing or unreadable is empty */
  constructor(path: string, parse: (text: string) => T) {
    this.#path = path;
    this.#parse = parse;
  }

  /** @throws what says that this process is short of descriptors, as the file is then not known to be empty */
  async read(): Promise<T> {
    const stamp = await stampOf(this.#path);
    if (this.#content?.stamp !== stamp) {
      this.#content = { stamp, value: this.#parse(await textOf(this.#path)) };
    }
    return this.#content.value;
  }
}

async function stampOf(path: string): Promise<string> {
  try {
    const { ino, mtimeMs, size } = await stat(path);
    return `${ino} ${mtimeMs} ${size}`;
  } catch {
    return 'missing';
  }
}

async function textOf(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    if (shortageCode(error) !== null) throw error;
    return '';
  }
}
