import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const PROGRAMS = fileURLToPath(new URL('programs', import.meta.url));

/** A process of a case; ended when it goes out of use (`await using`). */
export interface Running extends AsyncDisposable {
  readonly pid: number;
  /** What it listens at, without a slash at the end. */
  readonly url: string;
}

/** The built mininq, as `npm start` runs it, on any free port. @param env its configuration, as MININQ_ variables */
export async function startMininq(
  dbPath: string,
  env: Readonly<Record<string, string>> = {},
): Promise<Running> {
  const child = spawn(process.execPath, [join(ROOT, 'dist', 'main.js')], {
    env: {
      ...process.env,
      MININQ_HOST: '127.0.0.1',
      MININQ_PORT: '0',
      MININQ_DB_PATH: dbPath,
      ...env,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const url = await listening(child);
  return running(child, url);
}

/**
 * A server of programs/, which must print {"url": ...} when it listens.
 * @param name of its file, without the suffix
 */
export async function startProgram(name: string, ...parameters: readonly string[]): Promise<Running> {
  const child = spawnProgram(name, parameters);
  const url = await listening(child);
  return running(child, url);
}

/** Runs a program of programs/ to its end. @returns the JSON that it printed as its last line */
export async function runProgram(name: string, ...parameters: readonly string[]): Promise<unknown> {
  const child = spawnProgram(name, parameters);
  let last = '';
  if (child.stdout) for await (const line of createInterface({ input: child.stdout })) last = line;
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  if (child.exitCode !== 0)
    throw new Error(`${name} ended with ${child.exitCode ?? child.signalCode ?? 'nothing'}`);
  return JSON.parse(last) as unknown;
}

/** Resident memory of a process, bytes. */
export function residentBytes(pid: number): number {
  const kibibytes = /^VmRSS:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  if (kibibytes === undefined) throw new Error(`process ${pid} has no resident memory`);
  return Number(kibibytes) * 1024;
}

function spawnProgram(name: string, parameters: readonly string[]): ChildProcess {
  return spawn(process.execPath, ['--import', 'tsx', join(PROGRAMS, `${name}.ts`), ...parameters], {
    cwd: ROOT,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
}

/** The first `url` that the process prints, in lines of JSON. */
async function listening(child: ChildProcess): Promise<string> {
  if (child.stdout) {
    for await (const line of createInterface({ input: child.stdout })) {
      const entry: unknown = JSON.parse(line);
      if (typeof entry === 'object' && entry !== null && 'url' in entry && typeof entry.url === 'string') {
        child.stdout.resume();
        return entry.url;
      }
    }
  }
  throw new Error('a process ended before it listened');
}

function running(child: ChildProcess, url: string): Running {
  const { pid } = child;
  if (pid === undefined) throw new Error('the process did not start');
  return {
    pid,
    url,
    async [Symbol.asyncDispose]() {
      if (child.exitCode === null && child.signalCode === null) {
        const exited = once(child, 'exit');
        child.kill('SIGKILL');
        await exited;
      }
    },
  };
}
