import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { stripVTControlCharacters } from 'node:util';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DemoServer } from '../../examples/demo/server.js';
import { LiveView } from '../../examples/demo/view/live-view.js';
import { eventually } from '../support/eventually.js';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

let folder: string;
const demos: Demo[] = [];
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'mininq-'));
});
afterEach(async () => {
  for (const demo of demos.splice(0)) await demo.kill();
  await rm(folder, { recursive: true, force: true });
});

/** The demo without a terminal, leading a process group, with the test's folder for temporary files. */
class Demo {
  readonly #child: ChildProcess;
  readonly exitCode: Promise<number | null>;
  stdout = '';
  stderr = '';

  constructor(command: string, args: readonly string[]) {
    this.#child = spawn(command, args, {
      cwd: ROOT,
      env: { ...process.env, TMPDIR: folder, MININQ_PORT: 'not for the demo' },
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
    });
    this.#child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.#child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.exitCode = new Promise((resolve) => this.#child.once('close', resolve));
    demos.push(this);
  }

  get serverPid(): number {
    const [, pid] = /process (\d+)/.exec(this.stdout) ?? [];
    if (pid === undefined) throw new Error(`no process in: ${this.stdout}`);
    return Number(pid);
  }

  /** As the terminal does it: every process of the group gets the signal. */
  ctrlC(): void {
    this.#signal('SIGINT');
  }

  async kill(): Promise<void> {
    if (this.#child.exitCode === null) this.#signal('SIGKILL');
    await this.exitCode;
  }

  #signal(signal: NodeJS.Signals): void {
    if (this.#child.pid !== undefined) process.kill(-this.#child.pid, signal);
  }

  async expectNothingLeft(): Promise<void> {
    expect(() => process.kill(this.serverPid, 0)).toThrow('ESRCH');
    expect((await readdir(folder)).filter((name) => name.startsWith('mininq'))).toEqual([]);
  }
}

test('the demo shows each act, accounts for every job, and leaves nothing behind', async () => {
  const demo = new Demo('npm', ['run', '--silent', 'demo']);
  expect(await demo.exitCode, demo.stderr).toBe(0);
  const outcomes = demo.stdout.split('\n').filter((line) => line.startsWith('      => '));
  expect(outcomes.map((line) => line.slice(9))).toEqual(
    [
      /^the webhook got {"hello":"world"} after \d+, \d+, \d+ ms$/,
      /^password reset: enqueued last, delivered (2nd|3rd|4th) of 5$/,
      /^due after 1500 ms, delivered after (1[5-9]|[2-9]\d)\d\d ms$/,
      /^completed by attempt 3, after waits of \d+\.\d\d s and \d+\.\d\d s$/,
      /^invoice revived and completed, report dead after 2 attempts$/,
      /^7 calls in [1-9]\.\d\d s$/,
      /^3 ticks, \d jobs; then the schedule was deleted$/,
      /^2 requests, 1 job, 1 delivery$/,
    ].map((outcome): unknown => expect.stringMatching(outcome)),
  );
  const [, total, completed] =
    /^GET \/metrics: (\d+) jobs = (\d+) completed \+ 1 dead \+ 0 pending \+ 0 running$/m.exec(demo.stdout) ??
    [];
  expect(Number(total)).toBe(Number(completed) + 1);
  expect(demo.stdout).toContain(`The webhooks got all ${total ?? ''} of them`);
  expect(demo.stdout).toContain('Server stopped with exit code 0');
  expect(demo.stdout).toContain('curl localhost:6390/jobs');
  expect(demo.stdout).not.toContain('\x1b');
  expect(demo.stdout.split('\n').filter((line) => line.length > 80)).toEqual([]);
  await demo.expectNothingLeft();
}, 60_000);

test('Ctrl-C ends it early, and as cleanly', async () => {
  const demo = new Demo(process.execPath, ['--import', 'tsx', 'examples/demo/main.ts']);
  // One mail is in delivery by then, others wait.
  await eventually('a mail is on its way', () => demo.stdout.includes('newsletter 1: delivered'));
  demo.ctrlC();
  expect(await demo.exitCode).toBe(0);
  expect(demo.stdout).toMatch(/\nEnded early; .*\n$/);
  expect(demo.stderr).toBe('');
  await demo.expectNothingLeft();
});

test('a reader that goes away ends it', async () => {
  const demo = new Demo('sh', ['-c', `"${process.execPath}" --import tsx examples/demo/main.ts | head -5`]);
  expect(await demo.exitCode).toBe(0);
  await eventually('the server is gone', () =>
    demo.expectNothingLeft().then(
      () => true,
      () => false,
    ),
  );
});

test('a server that does not start says why', async () => {
  await writeFile(join(folder, 'mininq.toml'), 'nonsense = true\n');
  const death = await new Promise<Error>((resolve) => {
    new DemoServer(folder, resolve);
  });
  expect(death.message).toMatch(/^the server ended by itself, with exit code 78\n.*nonsense/);
});

test.each([
  [80, 24, true],
  [50, 10, false],
])('the live view keeps to a terminal of %d columns and %d rows', async (columns, rows, color) => {
  const frames: string[] = [];
  const view = new LiveView({ write: (text) => frames.push(text), size: () => ({ columns, rows }), color });
  const [url, now] = ['http://127.0.0.1:12345', Date.now()];
  const job = { attempt: 1, visible_at: now, updated_at: now, last_error: null };
  const jobs = Array.from({ length: 60 }, (_, n) => ({
    ...job,
    id: `${n}`,
    queue_name: `queue-with-a-long-name-${n % 6}`,
    status: n % 2 === 0 ? ('pending' as const) : ('dead' as const),
  }));
  view.begin({ serverUrl: url, serverPid: 1, receiverUrl: url, acts: 1, jobs: () => Promise.resolve(jobs) });
  view.act(1, { name: 'Act', caption: 'c'.repeat(100), play: () => Promise.resolve('') });
  for (let n = 1; n <= 40; n += 1) view.event(`event ${n} ${'x'.repeat(100)}`, 'bad');
  await eventually('a frame', () => frames.some((frame) => frame.includes('event 40')));
  view.outcome('o'.repeat(100));
  await view.end();

  const text = frames.join('');
  expect(text.includes('\x1b[31m')).toBe(color);
  // The last frame is not drawn over, and may be longer.
  const last = frames.findLastIndex((frame) => frame.includes('mininq demo'));
  const shown = frames.slice(0, last).map((frame) => stripVTControlCharacters(frame).split('\n'));
  expect(Math.max(...shown.map((lines) => lines.length))).toBeLessThanOrEqual(rows);
  expect(Math.max(...shown.flat().map((line) => line.length))).toBe(columns);
  // The cursor is back.
  expect(text.lastIndexOf('\x1b[?25h')).toBeGreaterThan(text.lastIndexOf('\x1b[?25l'));
});
