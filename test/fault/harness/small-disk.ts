import { execFile, execFileSync } from 'node:child_process';
import { closeSync, mkdirSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { eventually } from '../../support/eventually.js';
import { DEADLINE_MS, suiteProgram, type Server, type Site } from './site.js';

/** A disk that is full on demand. */
export interface SmallDisk {
  /** How it is made, for those who read a failure. */
  readonly kind: 'tmpfs' | 'max_page_count';
  serve(): Promise<Server>;
  fill(): Promise<void>;
  free(): Promise<void>;
}

/** A file system of a few megabytes where this user may mount one, else a limit that SQLite itself keeps. */
export function smallDisk(site: Site): SmallDisk {
  const mountPoint = join(site.folder, 'disk');
  mkdirSync(mountPoint);
  try {
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=16m', 'tmpfs', mountPoint], { stdio: 'ignore' });
  } catch {
    return pageLimit(site);
  }
  site.onClose(async () => {
    await promisify(execFile)('umount', [mountPoint]);
  });
  site.database = join(mountPoint, 'mininq.db');
  const ballast = join(mountPoint, 'ballast');
  return {
    kind: 'tmpfs',
    serve: () => site.serve(),
    fill: () => {
      fill(ballast);
      return Promise.resolve();
    },
    free: () => {
      rmSync(ballast);
      return Promise.resolve();
    },
  };
}

function fill(ballast: string): void {
  const file = openSync(ballast, 'w');
  const page = Buffer.alloc(4096);
  try {
    for (;;) writeSync(file, page);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'ENOSPC')) throw error;
  } finally {
    closeSync(file);
  }
}

function pageLimit(site: Site): SmallDisk {
  let server: Server | undefined;
  const toggle = async (message: string): Promise<void> => {
    const { program } = server ?? {};
    if (!program) throw new Error('there is no server yet');
    const before = program.stdout.split(message).length;
    program.signal('SIGUSR2');
    await eventually(message, () => program.stdout.split(message).length > before, DEADLINE_MS);
  };
  return {
    kind: 'max_page_count',
    serve: async () => (server = await site.serve({ command: suiteProgram('page-limited-server') })),
    fill: () => toggle('the disk is full'),
    free: () => toggle('the disk has room'),
  };
}
