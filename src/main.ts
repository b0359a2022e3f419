#!/usr/bin/env node
import { generateKeyPairSync, randomBytes } from 'node:crypto';
import { isatty } from 'node:tty';
import { setFlagsFromString } from 'node:v8';
import { createMininq, T, VERSION, type Mininq } from './index.js';
import { ConfigError, type LoadedConfig } from './application/config.js';
import { loadConfig } from './infrastructure/config/load-config.js';
import { readTlsFiles } from './infrastructure/dispatch/tls-files.js';
import { warnOfReaders } from './infrastructure/process/private-files.js';
import { flushed } from './infrastructure/logging/standard-output.js';
import { runCli } from './interfaces/cli/run-cli.js';

const SIGNAL_NUMBERS = { SIGINT: 2, SIGTERM: 15 } as const;
/** Under `npm start`, Ctrl-C comes twice: from the terminal and from npm. What follows so soon is the same signal. */
const SAME_SIGNAL_MS = 1000;
/** After a second signal the process ends within this time, whatever still hangs. */
const FORCED_EXIT_MS = 900;

/** The end waits this long for a reader of the log that is slow. */
const FLUSH_MS = 2000;

/**
 * How much the heap may grow, in percent of what was alive, before V8 collects it again. By itself V8 lets it grow
 * several times over; as batches of jobs are garbage a moment later, the process would keep a hundred MiB of them.
 */
setFlagsFromString('--heap-growing-percent=40');

/** Runs until a signal asks to stop; resolves with the exit code. */
async function serve({ config, secretFiles }: LoadedConfig, reload: () => LoadedConfig): Promise<number> {
  const mininq = createMininq(config);
  warnOfReaders(secretFiles, mininq.container.get(T.Logger));
  reloadOnHangup(mininq, reload);
  return untilAskedToStop(mininq, mininq.start());
}

/** A configuration that cannot be used changes nothing. */
function reloadOnHangup(mininq: Mininq, reload: () => LoadedConfig): void {
  const hadTerminal = isatty(0);
  process.on('SIGHUP', () => {
    // The same signal says that the terminal was closed, which is no terminal any more then.
    if (hadTerminal && !isatty(0)) {
      process.kill(process.pid, 'SIGTERM');
      return;
    }
    try {
      mininq.reload(reload().config);
    } catch (error) {
      if (!(error instanceof ConfigError)) throw error;
      const { message } = error;
      mininq.container
        .get(T.Logger)
        .error('configuration not reloaded, the old one stays', { error: message });
    }
  });
}

/**
 * The first signal stops the program when what is in flight has ended; a second one, after a second, ends it at once.
 * @param started rejects when the start fails
 */
function untilAskedToStop(mininq: Mininq, started: Promise<unknown>): Promise<number> {
  return new Promise((resolve, reject) => {
    started.catch(reject);
    let exitCode = 0;
    let askedAt: number | undefined;
    const onSignal = (signal: keyof typeof SIGNAL_NUMBERS): void => {
      if (askedAt === undefined) {
        askedAt = performance.now();
        started.then(() => mininq.stop()).then(() => resolve(exitCode), reject);
        return;
      }
      if (performance.now() - askedAt < SAME_SIGNAL_MS) return;
      exitCode = 128 + SIGNAL_NUMBERS[signal];
      setTimeout(() => process.exit(exitCode), FORCED_EXIT_MS).unref();
      mininq.abort();
    };
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, onSignal);
  });
}

const exitCode = await runCli(process.argv.slice(2), {
  version: VERSION,
  env: process.env,
  cwd: process.cwd(),
  stdout: (text) => process.stdout.write(text),
  stderr: (text) => process.stderr.write(text),
  loadConfig: (sources) => {
    const loaded = loadConfig(sources);
    // So that `mininq check` finds what a start would stumble over.
    readTlsFiles(loaded.config.egress.tls);
    return loaded;
  },
  serve,
  makeToken: () => randomBytes(32).toString('base64url'),
  makeSecret: () => randomBytes(32),
  makeKey: () => generateKeyPairSync('ed25519').privateKey,
});
await flushed([process.stdout, process.stderr], FLUSH_MS);
// A reader that still does not read would keep the process.
process.exit(exitCode);
