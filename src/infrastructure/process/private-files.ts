import { closeSync, openSync, statSync } from 'node:fs';
import type { Logger } from '../../application/ports/logger.js';

const OWNER_ONLY = 0o600;
const READ_BY_OTHERS = 0o044;

/**
 * Makes an empty file that nobody but its owner can read or write, however much the umask would allow. What exists already stays as
 * it is; what cannot be made, is for the one who opens it to explain.
 */
export function createPrivateFile(path: string): void {
  try {
    closeSync(openSync(path, 'wx', OWNER_ONLY));
  } catch {
    // See above.
  }
}

/** One line for each of these files that others than its owner can read. */
export function warnOfReaders(paths: readonly string[], logger: Logger): void {
  // Windows has no such modes.
  if (process.platform === 'win32') return;
  for (const path of paths) {
    const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
    if ((mode & READ_BY_OTHERS) === 0) continue;
    logger.warn('others on this machine can read a file that is not for them', {
      file: path,
      mode: (mode & 0o777).toString(8).padStart(4, '0'),
      mend: `chmod go= ${path}`,
    });
  }
}
