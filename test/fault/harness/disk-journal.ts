import { execFileSync } from 'node:child_process';
import { closeSync, ftruncateSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { SeededRandom } from './random.js';

const SOURCE = fileURLToPath(new URL('../programs/disk-journal.c', import.meta.url));
const HEAD = 14;
const SECTOR = 512;

/** What disk-journal.c writes down, and what the process that it is loaded into adds. */
export type DiskRecord =
  | { readonly what: 'write'; readonly file: string; readonly offset: number; readonly bytes: Buffer }
  | { readonly what: 'truncate'; readonly file: string; readonly size: number }
  | { readonly what: 'sync'; readonly file: string }
  | { readonly what: 'delete'; readonly file: string }
  | { readonly what: 'acknowledged' | 'completed'; readonly ids: readonly string[] };

/** Why a power cut cannot be played here; undefined: it can. */
export function noCompiler(): string | undefined {
  if (process.platform !== 'linux') return 'it needs Linux';
  try {
    execFileSync('gcc', ['--version'], { stdio: 'ignore' });
    return undefined;
  } catch {
    return 'it needs gcc (Debian: apt-get install build-essential)';
  }
}

/** @returns the environment in which a process writes down what it does to the database */
export function journalled(folder: string, database: string, journal: string): Record<string, string> {
  const library = join(folder, 'disk-journal.so');
  execFileSync('gcc', ['-shared', '-fPIC', '-O2', '-o', library, SOURCE, '-ldl']);
  return { LD_PRELOAD: library, DISK_JOURNAL: journal, DISK_JOURNAL_OF: database };
}

export function readJournal(path: string): DiskRecord[] {
  const all = readFileSync(path);
  const records: DiskRecord[] = [];
  for (let at = 0; at < all.length;) {
    const length = all.readUInt32LE(at + 10);
    const bytes = all.subarray(at + HEAD, at + HEAD + length);
    const [what = '', file = ''] = all.toString('latin1', at, at + 2);
    records.push(decode(what, file, Number(all.readBigInt64LE(at + 2)), bytes));
    at += HEAD + length;
  }
  return records;
}

function decode(what: string, mark: string, offset: number, bytes: Buffer): DiskRecord {
  const file = { d: '', w: '-wal', j: '-journal' }[mark] ?? '';
  switch (what) {
    case 'W':
      return { what: 'write', file, offset, bytes };
    case 'T':
      return { what: 'truncate', file, size: offset };
    case 'S':
      return { what: 'sync', file };
    case 'D':
      return { what: 'delete', file };
    case 'A':
      return { what: 'acknowledged', ids: bytes.toString().split('\n') };
    case 'C':
      return { what: 'completed', ids: bytes.toString().split('\n') };
    default:
      throw new Error(`the journal has a record of an unknown kind: ${what}`);
  }
}

/**
 * Makes the files as a disk may have them after the power went: what was written before the last sync of its file is
 * there; of what came later, each write may be there, be missing, be torn, or be noise in its last part.
 */
export function afterPowerCut(records: readonly DiskRecord[], database: string, random: SeededRandom): void {
  const lastSync = new Map<string, number>();
  records.forEach((record, at) => {
    if (record.what === 'sync') lastSync.set(record.file, at);
  });
  const files = new Map<string, number>();
  for (const suffix of ['', '-wal', '-journal', '-shm']) rmSync(database + suffix, { force: true });
  records.forEach((record, at) => {
    if (record.what !== 'write' && record.what !== 'truncate' && record.what !== 'delete') return;
    const { file } = record;
    const synced = at < (lastSync.get(file) ?? -1);
    if (record.what === 'delete') {
      close(files, file);
      rmSync(database + file, { force: true });
      return;
    }
    let fd = files.get(file);
    if (fd === undefined) files.set(file, (fd = openSync(database + file, 'w')));
    if (record.what === 'write') {
      const bytes = synced ? record.bytes : whatIsLeft(record.bytes, random);
      writeSync(fd, bytes, 0, bytes.length, record.offset);
    } else if (synced || random.next() < 0.5) {
      ftruncateSync(fd, record.size);
    }
  });
  for (const file of files.keys()) close(files, file);
}

function close(files: Map<string, number>, file: string): void {
  const fd = files.get(file);
  if (fd === undefined) return;
  closeSync(fd);
  files.delete(file);
}

function whatIsLeft(bytes: Buffer, random: SeededRandom): Buffer {
  const chance = random.next();
  if (chance < 0.4) return bytes;
  if (chance < 0.7) return Buffer.alloc(0);
  const sectors = Math.floor(bytes.length / SECTOR);
  const whole = bytes.subarray(0, random.between(0, sectors) * SECTOR);
  if (chance < 0.85) return whole;
  const noise = Buffer.from(Array.from(bytes.subarray(whole.length), () => random.between(0, 255)));
  return Buffer.concat([whole, noise]);
}
