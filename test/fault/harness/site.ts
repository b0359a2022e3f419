import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Api, Program, type ProgramOptions } from '../../support/program.js';
import type { ProducerPlan } from '../programs/producer.js';
import { Ledger } from './ledger.js';

/** How long a condition may take at most: long enough for a machine with much else to do. */
export const DEADLINE_MS = 90_000;

const CONFIG = `
[server]
host = "127.0.0.1"
port = 0
[worker]
concurrency = 20
poll_interval_ms = 100
reaper_interval_secs = 1
[defaults]
base_delay_ms = 10
max_delay_ms = 500
# More deaths than one job could be blamed for.
max_crashes = 1000
`;

/** The command that runs a program of this suite. */
export function suiteProgram(name: string): [string, ...string[]] {
  return [
    process.execPath,
    '--import',
    import.meta.resolve('tsx'),
    fileURLToPath(new URL(`../programs/${name}.ts`, import.meta.url)),
  ];
}

export interface Server {
  readonly program: Program;
  readonly api: Api;
}

/** Where a scenario takes place: a folder with a database and a ledger, and the processes that work on them. */
export class Site {
  readonly folder: string;
  /** The file that servers work on. */
  database: string;
  readonly ledger: Ledger;
  readonly #programs: Program[] = [];
  readonly #cleanUps: (() => void | Promise<void>)[] = [];

  private constructor(folder: string) {
    this.folder = folder;
    this.database = join(folder, 'mininq.db');
    this.ledger = new Ledger(folder);
  }

  static async create(): Promise<Site> {
    const folder = await mkdtemp(join(tmpdir(), 'mininq-fault-'));
    await writeFile(join(folder, 'mininq.toml'), CONFIG);
    return new Site(folder);
  }

  run({ env, ...options }: Omit<ProgramOptions, 'cwd'>): Program {
    const whole = { cwd: this.folder, env: { MININQ_DB_PATH: this.database, ...env }, ...options };
    const program = new Program(whole);
    this.#programs.push(program);
    return program;
  }

  /** A server that listens. */
  async serve(options: Omit<ProgramOptions, 'cwd'> = {}): Promise<Server> {
    const program = this.run(options);
    return { program, api: new Api(await program.url()) };
  }

  /** @returns the URL of a receiver; its query says how it answers, see programs/receiver.ts */
  async receiver(): Promise<string> {
    const program = this.run({ command: suiteProgram('receiver'), args: [this.ledger.receivedPath] });
    return program.url();
  }

  /** A client that enqueues until the plan is done, the server gone, or it is told to stop. */
  producer(plan: Omit<ProducerPlan, 'ledger'>): Program {
    const whole: ProducerPlan = { ledger: this.ledger.acknowledgedPath, ...plan };
    return this.run({ command: suiteProgram('producer'), args: [JSON.stringify(whole)] });
  }

  /** Happens when the scenario has ended, the last one first, after its processes have. */
  onClose(cleanUp: () => void | Promise<void>): void {
    this.#cleanUps.unshift(cleanUp);
  }

  /** May be said twice. */
  async close(): Promise<void> {
    await Promise.all(this.#programs.splice(0).map((program) => program.kill()));
    for (const cleanUp of this.#cleanUps.splice(0)) await cleanUp();
    await rm(this.folder, { recursive: true, force: true });
  }
}
