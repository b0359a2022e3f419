import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync } from 'node:fs';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Case } from '../case.js';
import { compare, runContestant } from './process.js';

export const benchCase: Case = {
  title: 'adding jobs one by one and processing them with a handler that does nothing',
  yardstick: 'BullMQ on a Redis that syncs its log every second',
  async run(setting) {
    if (spawnSync('redis-server', ['--version']).error) {
      return { skipped: 'there is no redis-server on the PATH; Debian has it: apt-get install redis-server' };
    }
    const bullmq = async (round: number) => {
      await using redis = await startRedis(mkdtempSync(join(setting.directory, 'redis-')));
      return await runContestant('process-bullmq', setting, `yardstick-${round}`, { port: redis.port });
    };
    return compare(setting, bullmq, { adding: 2, processing: 2 });
  },
};

/**
 * Its durability is the nearest to that of SQLite's WAL with synchronous=normal: all is written, but a power cut may
 * cost the last second.
 */
async function startRedis(directory: string): Promise<AsyncDisposable & { readonly port: number }> {
  const port = await freePort();
  const persistence = ['--save', '', '--appendonly', 'yes', '--appendfsync', 'everysec', '--dir', directory];
  const child = spawn('redis-server', ['--port', `${port}`, '--bind', '127.0.0.1', ...persistence], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  await ready(child.stdout);
  return {
    port,
    async [Symbol.asyncDispose]() {
      child.kill('SIGKILL');
      await exited;
    },
  };
}

async function ready(log: NodeJS.ReadableStream): Promise<void> {
  for await (const line of createInterface({ input: log })) {
    if (line.includes('Ready to accept connections')) {
      log.resume();
      return;
    }
  }
  throw new Error('redis-server ended before it was ready');
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}
