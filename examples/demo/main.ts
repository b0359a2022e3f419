import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Api } from './api.js';
import { account, TRY_IT } from './closing.js';
import { Receiver } from './receiver.js';
import { DemoServer } from './server.js';
import { ACTS, playAll } from './story.js';
import { LiveView } from './view/live-view.js';
import { PlainView } from './view/plain-view.js';
import type { View } from './view/view.js';

class Interrupted extends Error {}

/** Aborted, with the reason, when the demo has to end early. */
const end = new AbortController();
const interrupt = (): void => end.abort(new Interrupted());
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, interrupt);
// Nobody reads any more.
process.stdout.on('error', interrupt);

try {
  await demo(chooseView());
  write(TRY_IT);
} catch (error) {
  const reason: unknown = end.signal.aborted ? end.signal.reason : error;
  if (reason instanceof Interrupted) {
    write('\nEnded early; the server is stopped, its temporary folder removed.\n');
  } else {
    process.stderr.write(`\nmininq demo: ${reason instanceof Error ? reason.message : String(reason)}\n`);
    process.exitCode = 1;
  }
}

/** Leaves nothing behind, whatever happens. */
async function demo(view: View): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'mininq-demo-'));
  const receiver = await Receiver.start();
  const server = new DemoServer(folder, (error) => end.abort(error));
  let exitCode: number | null;
  try {
    await show(server, receiver, view);
  } finally {
    exitCode = await server.stop(end.signal.aborted);
    await receiver.close();
    await rm(folder, { recursive: true, force: true });
  }
  if (exitCode !== 0) throw new Error(`the server ended with exit code ${exitCode ?? 'unknown'}`);
  write('Server stopped with exit code 0, temporary folder removed.\n');
}

async function show(server: DemoServer, receiver: Receiver, view: View): Promise<void> {
  const { signal } = end;
  const api = new Api(await server.url(signal), signal);
  const stage = { api, receiver, signal, tell: view.event.bind(view) };
  view.begin({
    serverUrl: api.url,
    serverPid: server.pid,
    receiverUrl: receiver.url,
    acts: ACTS.length,
    jobs: () => api.jobs(),
  });
  try {
    await playAll(stage, view);
  } finally {
    await view.end();
  }
  write(`\n${await account(stage)}`);
}

function chooseView(): View {
  const { stdout, env } = process;
  if (!stdout.isTTY || env['TERM'] === 'dumb') return new PlainView(write);
  const view = new LiveView({
    write,
    // Some terminals don't say, and 0 stands for that.
    size: () => ({ columns: stdout.columns || 80, rows: stdout.rows || 24 }),
    color: (env['NO_COLOR'] ?? '') === '',
  });
  stdout.on('resize', () => view.resized());
  return view;
}

function write(text: string): void {
  process.stdout.write(text);
}
