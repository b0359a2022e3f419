import { spawn, type ChildProcess } from 'node:child_process';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const MAIN = fileURLToPath(new URL('../../dist/main.js', import.meta.url));
const START_DEADLINE_MS = 20_000;
/** Far more than the demo's jobs take to end. */
const STOP_DEADLINE_MS = 10_000;
const OWN_SIGNAL_MS = 250;

/** The built server, as a process of its own. */
export class DemoServer {
  readonly #child: ChildProcess;
  readonly #listening: Promise<string>;
  readonly #stopping: Promise<void>;
  readonly #closed: Promise<number | null>;
  #told = false;
  #stderr = '';

  /**
   * @param folder where its database is
   * @param onDeath called when it ends without being told to
   */
  constructor(folder: string, onDeath: (error: Error) => void) {
    const child = spawn(process.execPath, [MAIN, '--host', '127.0.0.1', '--port', '0'], {
      cwd: folder,
      env: withoutSettings(process.env),
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#child = child;
    const log = createInterface({ input: child.stdout });
    this.#listening = new Promise((resolve) => {
      log.on('line', (line) => {
        const url = /"url":"(http:[^"]+)"/.exec(line)?.[1];
        if (url !== undefined) resolve(url);
      });
    });
    this.#stopping = new Promise((resolve) => {
      log.on('line', (line) => {
        if (!line.includes('"msg":"stopping"')) return;
        this.#told = true;
        resolve();
      });
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => (this.#stderr += text));
    this.#closed = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        const how = signal ?? `exit code ${code ?? 'unknown'}`;
        const message = `the server ended by itself, with ${how}\n${this.#stderr}`;
        if (!this.#told) onDeath(new Error(message.trimEnd()));
        resolve(code);
      });
    });
    // Whatever happens to the demo, its server does not outlive it.
    process.once('exit', () => child.kill('SIGKILL'));
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Its base URL, once it listens. */
  async url(signal: AbortSignal): Promise<string> {
    const tooLate = delay(START_DEADLINE_MS, undefined, { signal, ref: false }).then((): never => {
      throw new Error(`the server does not listen within ${START_DEADLINE_MS / 1000} s:\n${this.#stderr}`);
    });
    return Promise.race([this.#listening, tooLate]);
  }

  /**
   * @param interrupted by Ctrl-C, which the terminal sends to the server as well; another signal would cut off the
   *   jobs in flight
   * @returns its exit code, null when it was killed
   */
  async stop(interrupted: boolean): Promise<number | null> {
    if (interrupted) await Promise.race([this.#stopping, this.#closed, delay(OWN_SIGNAL_MS)]);
    if (!this.#told) {
      this.#told = true;
      this.#child.kill('SIGTERM');
    }
    const kill = setTimeout(() => this.#child.kill('SIGKILL'), STOP_DEADLINE_MS);
    const code = await this.#closed;
    clearTimeout(kill);
    return code;
  }
}

/** The demo shows the defaults, whatever is set where it runs. */
function withoutSettings(env: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith('MININQ_')));
}
