import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterEach } from 'vitest';
import { z } from 'zod';
import { eventually } from './eventually.js';

export const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));

export interface ProgramOptions {
  /** The program's folder: its mininq.db and mininq.toml are there. */
  readonly cwd: string;
  readonly args?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** What is run, before the arguments; default: the built program. */
  readonly command?: readonly [string, ...string[]];
}

const logLine = z.looseObject({ level: z.string(), msg: z.string() });

/** The built program as a process of its own. */
export class Program {
  readonly #child: ChildProcess;
  readonly exited: Promise<{ readonly code: number | null; readonly signal: NodeJS.Signals | null }>;
  stdout = '';
  stderr = '';

  constructor({ cwd, args = [], env = {}, command = [process.execPath, MAIN] }: ProgramOptions) {
    const [file, ...words] = command;
    this.#child = spawn(file, [...words, ...args], {
      cwd,
      env: { PATH: process.env['PATH'], ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exited = new Promise((resolve) => {
      this.#child.once('close', (code, signal) => resolve({ code, signal }));
    });
  }

  /** The base URL, once the server listens. */
  async url(): Promise<string> {
    return eventually(
      'the server listens',
      () => {
        if (this.#child.exitCode !== null || this.#child.signalCode !== null)
          throw new Error(`the program ended:\n${this.stderr}${this.stdout}`);
        return /"url":"(http:[^"]+)"/.exec(this.stdout)?.[1]?.replace('0.0.0.0', '127.0.0.1');
      },
      60_000,
    );
  }

  /** Lines of the log as objects. */
  get log(): z.infer<typeof logLine>[] {
    return this.stdout
      .split('\n')
      .filter((line) => line.startsWith('{') && line.endsWith('}'))
      .map((line) => logLine.parse(JSON.parse(line)));
  }

  get pid(): number {
    if (this.#child.pid === undefined) throw new Error('the program was not started');
    return this.#child.pid;
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal);
  }

  /** Whether the process has ended; there may be output that is not read yet. */
  get ended(): boolean {
    return this.#child.exitCode !== null || this.#child.signalCode !== null;
  }

  /** Leaves the standard output where it is, as a log collector that hangs. */
  stopReading(): void {
    this.#child.stdout?.pause();
  }

  readOn(): void {
    this.#child.stdout?.resume();
  }

  async kill(): Promise<void> {
    this.signal('SIGKILL');
    this.readOn();
    await this.exited;
  }
}

/** Folders and programs of one test file; what is left of them ends after each test. */
export function programs() {
  const started: Program[] = [];
  const folders: string[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((program) => program.kill()));
    await Promise.all(folders.splice(0).map((folder) => rm(folder, { recursive: true, force: true })));
  });
  /** A folder with a mininq.toml of the given text. */
  const folder = async (config = ''): Promise<string> => {
    const path = await mkdtemp(join(tmpdir(), 'mininq-'));
    folders.push(path);
    if (config !== '') await writeFile(join(path, 'mininq.toml'), config);
    return path;
  };
  const run = (options: ProgramOptions): Program => {
    const program = new Program(options);
    started.push(program);
    return program;
  };
  /** A server on a free port of loopback. */
  const serve = async (
    cwd: string,
    args: readonly string[] = [],
  ): Promise<{ program: Program; api: Api }> => {
    const program = run({ cwd, args: ['--host', '127.0.0.1', '--port', '0', ...args] });
    return { program, api: new Api(await program.url()) };
  };
  return { folder, run, serve };
}

const apiJob = z.looseObject({
  id: z.string(),
  status: z.string(),
  attempt: z.number(),
  last_error: z.string().nullable(),
  result: z.string().nullable(),
  result_truncated: z.boolean(),
});
export type ApiJob = z.infer<typeof apiJob>;
const apiBatch = z.object({ jobs: z.array(apiJob) });
const apiMetrics = z.looseObject({
  jobs: z.object({
    total: z.number(),
    pending: z.number(),
    running: z.number(),
    completed: z.number(),
    dead: z.number(),
  }),
});

/** The id in an answer. */
export function idOf(body: unknown): string {
  return z.looseObject({ id: z.string() }).parse(body).id;
}

/** The HTTP API as a client sees it. */
export class Api {
  readonly url: string;

  constructor(url: string) {
    this.url = url;
  }

  async request(method: string, path: string, body?: unknown): Promise<{ status: number; body: unknown }> {
    const response = await fetch(this.url + path, {
      method,
      ...(body === undefined
        ? {}
        : { body: JSON.stringify(body), headers: { 'Content-Type': 'application/json' } }),
    });
    return { status: response.status, body: await response.json() };
  }

  async enqueue(job: Record<string, unknown>): Promise<ApiJob> {
    const { status, body } = await this.request('POST', '/jobs', job);
    if (status !== 201) throw new Error(`POST /jobs answered ${status}: ${JSON.stringify(body)}`);
    return apiJob.parse(body);
  }

  async enqueueAll(jobs: readonly Record<string, unknown>[]): Promise<ApiJob[]> {
    const { status, body } = await this.request('POST', '/jobs/batch', { jobs });
    if (status !== 201) throw new Error(`POST /jobs/batch answered ${status}: ${JSON.stringify(body)}`);
    return apiBatch.parse(body).jobs;
  }

  async job(id: string): Promise<ApiJob> {
    return apiJob.parse((await this.request('GET', `/jobs/${id}`)).body);
  }

  /** The job, once it is in the status. */
  until(id: string, status: string, deadlineMs?: number): Promise<ApiJob> {
    return eventually(
      `job ${id} is ${status}`,
      async () => {
        const job = await this.job(id);
        return job.status === status ? job : null;
      },
      deadlineMs,
    );
  }

  async counts(): Promise<z.infer<typeof apiMetrics>['jobs']> {
    return apiMetrics.parse((await this.request('GET', '/metrics')).body).jobs;
  }
}
