import { mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { Config } from '../../src/application/config.js';
import type { Dispatcher } from '../../src/application/ports/dispatcher.js';
import {
  buildContainer,
  createMininq,
  DEFAULT_CONFIG,
  DispatcherRegistry,
  T,
  useMemoryStore,
  type Container,
} from '../../src/index.js';
import { eventually } from '../support/eventually.js';
import { RecordingLogger } from '../support/recording-logger.js';
import { silentLogger } from '../support/silent-logger.js';

const MEMORY: Config = {
  ...DEFAULT_CONFIG,
  server: { ...DEFAULT_CONFIG.server, host: '127.0.0.1', port: 0 },
};

describe('every token resolves', () => {
  test('on SQLite', async () => {
    const folder = await mkdtemp(join(tmpdir(), 'mininq-'));
    const server = { ...DEFAULT_CONFIG.server, dbPath: join(folder, 'test.db') };
    const container = buildContainer({ ...DEFAULT_CONFIG, server });
    for (const token of Object.values(T)) {
      expect(container.get<unknown>(token)).toBeDefined();
      expect(container.get<unknown>(token)).toBe(container.get<unknown>(token));
    }
    await container.get(T.JobStore).close();
    await rm(folder, { recursive: true });
  });

  test('in memory', () => {
    const container = buildContainer(MEMORY);
    useMemoryStore(container);
    for (const token of Object.values(T)) expect(container.get<unknown>(token)).toBeDefined();
  });
});

test('a dispatcher of your own takes the jobs of its scheme', async () => {
  const urls: string[] = [];
  const own: Dispatcher = {
    dispatch: ({ url }) => {
      urls.push(url);
      return Promise.resolve({ kind: 'succeeded', result: 'mine', resultTruncated: false });
    },
    close: () => Promise.resolve(),
  };
  const mininq = createMininq(MEMORY, (container) => {
    useMemoryStore(container);
    container.rebind(T.Logger).toConstantValue(silentLogger);
    container.rebind(T.Dispatchers).toConstantValue(new DispatcherRegistry({ print: own }));
  });
  const { url } = await mininq.start();
  const post = (callback_url: string) =>
    fetch(`${url}/jobs`, {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ callback_url }),
    });
  expect((await post('print:hello')).status).toBe(201);
  expect((await post('http://example.com/')).status).toBe(400);
  await eventually('the delivery', () => urls.length === 1);
  const queries = mininq.container.get(T.JobQueries);
  const done = await eventually('completed', async () => {
    const [job] = (await queries.list({ status: 'completed' }, { limit: 1, offset: 0 })).jobs;
    return job;
  });
  expect(done).toMatchObject({ callbackUrl: 'print:hello', result: 'mine' });
  await mininq.stop();
});

test.each([{ host: '0.0.0.0' }, { host: '::' }, { host: '127.0.0.1' }])(
  'the log of a start on $host names what a browser on this machine can open, and no file that is none',
  async ({ host }) => {
    const logger = new RecordingLogger();
    const mininq = createMininq({ ...MEMORY, server: { ...MEMORY.server, host } }, (container) => {
      useMemoryStore(container);
      container.rebind(T.Logger).toConstantValue(logger);
    });
    const { port } = await mininq.start();
    const url = `http://${host === '127.0.0.1' ? host : 'localhost'}:${port}`;
    expect(logger.lines.at(-1)?.fields).toEqual({ port, url, dashboard: `${url}/dashboard` });
    expect((await fetch(url)).url).toBe(`${url}/dashboard`);
    expect(JSON.stringify(logger.lines)).not.toContain(MEMORY.server.dbPath);
    await mininq.stop();
  },
);

test('on SQLite, it names the file', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mininq-'));
  const db = join(folder, 'test.db');
  const logger = new RecordingLogger();
  const mininq = createMininq({ ...MEMORY, server: { ...MEMORY.server, dbPath: db } }, (container) => {
    container.rebind(T.Logger).toConstantValue(logger);
  });
  await mininq.start();
  await mininq.stop();
  expect(logger.lines).toContainEqual({ level: 'info', message: 'database opened', fields: { db } });
  await rm(folder, { recursive: true });
});

test('a start that failed leaves nothing to stop, and no file behind', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'mininq-'));
  const first = createMininq(MEMORY, quietMemory);
  const { port } = await first.start();
  const server = { ...MEMORY.server, port, dbPath: join(folder, 'test.db') };
  const second = createMininq({ ...MEMORY, server }, quiet);
  await expect(second.start()).rejects.toThrow('in use');
  second.abort();
  await second.stop();
  expect(await readdir(folder)).toEqual([]);
  await first.stop();
  await rm(folder, { recursive: true });
});

function quiet(container: Container): void {
  container.rebind(T.Logger).toConstantValue(silentLogger);
}

function quietMemory(container: Container): void {
  useMemoryStore(container);
  quiet(container);
}
