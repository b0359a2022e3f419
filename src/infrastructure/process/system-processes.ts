import { readFileSync, readlinkSync } from 'node:fs';
import { hostname } from 'node:os';
import type { Processes } from '../../application/ports/processes.js';
import type { ProcessIdentity } from '../../domain/worker/worker.js';

interface ProcStat {
  /** A letter: Z for a zombie, X for one that is dead. */
  readonly state: string;
  /** Clock ticks since the machine began. */
  readonly startedAt: string;
}

/**
 * Processes as /proc shows them. Where there is none (macOS, Windows), a pid that nobody has tells that its process has
 * ended, and one that somebody has tells nothing.
 */
export class SystemProcesses implements Processes {
  readonly self: ProcessIdentity & { readonly host: string };

  constructor() {
    this.self = {
      pid: process.pid,
      space: pidSpace(),
      birth: readStat(process.pid)?.startedAt ?? null,
      host: hostname(),
    };
  }

  hasEnded({ pid, space, birth }: ProcessIdentity): boolean {
    if (space === null || space !== this.self.space) return false;
    if (!isTaken(pid)) return true;
    // A mount option of /proc may hide the processes of other users.
    const stat = readStat(pid);
    if (stat === null) return false;
    return /[ZXx]/.test(stat.state) || (birth !== null && stat.startedAt !== birth);
  }
}

function isTaken(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    // EPERM: the process is another user's.
    return !(error instanceof Error && 'code' in error && error.code === 'ESRCH');
  }
}

/**
 * A container shares the boot of its machine, but not the pids, and in a time namespace of its own it sees other start
 * times. null: this /proc does not tell of the processes that this one sees.
 */
function pidSpace(): string | null {
  if (process.platform !== 'linux') return `host:${hostname()}`;
  try {
    if (parseInt(readFileSync('/proc/self/stat', 'utf8'), 10) !== process.pid) return null;
    const boot = readFileSync('/proc/sys/kernel/random/boot_id', 'utf8').trim();
    return `${boot} ${readlinkSync('/proc/self/ns/pid')} ${timeNamespace()}`;
  } catch {
    return null;
  }
}

function timeNamespace(): string {
  try {
    return readlinkSync('/proc/self/ns/time');
  } catch {
    // Before Linux 5.6 there is but one.
    return '';
  }
}

function readStat(pid: number): ProcStat | null {
  try {
    return parseStat(readFileSync(`/proc/${pid}/stat`, 'utf8'));
  } catch {
    return null;
  }
}

/** @param line of /proc/<pid>/stat: "pid (name) state ..." with any characters in the name, parentheses and spaces included */
export function parseStat(line: string): ProcStat | null {
  // The fields from the third on; the start time is the 22nd.
  const fields = line.slice(line.lastIndexOf(')') + 2).split(' ');
  const [state, startedAt] = [fields[0], fields[19]];
  return state && startedAt ? { state, startedAt } : null;
}
