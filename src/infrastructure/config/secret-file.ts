import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { ConfigError } from '../../application/config.js';
import { plain, shorten } from '../../application/printable.js';

/**
 * What stands in the file that a variable names, without the line break at its end.
 * @throws ConfigError when it cannot be read
 */
export function readSecretFile(variable: string, path: string, cwd: string): string {
  if (path === '') throw new ConfigError(`${variable} must name a file, not ""`);
  const problem = (what: string): ConfigError =>
    new ConfigError(`${variable}: ${plain(shorten(path))}: ${what}`);
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(resolve(cwd, path));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    switch (code) {
      case 'ENOENT':
      case 'ENOTDIR':
        throw problem('no such file');
      case 'EISDIR':
        throw problem('is a directory; name the file that holds the secret');
      case 'EACCES':
        throw problem('permission denied; make the file readable for this user');
      default:
        throw problem(`cannot be read (${String(code ?? error)})`);
    }
  }
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes).replace(/\r?\n$/, '');
  } catch {
    throw problem('is not UTF-8 text; save it in that encoding');
  }
}
