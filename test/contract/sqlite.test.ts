import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectEncrypted, connectSqlite } from '../support/sqlite.js';
import { describeStore } from './store.contract.js';
import type { StoreHarness, Stores } from './store-harness.js';

const KEY = `k1:${randomBytes(32).toString('base64')}`;

describeStore(harness('SQLite', (path, maxQueues, maxJobs) => connectSqlite(path, {}, maxQueues, maxJobs)));
describeStore(
  harness('SQLite, encrypted', (path, maxQueues, maxJobs) =>
    connectEncrypted(path, [KEY], {}, maxQueues, maxJobs),
  ),
);

function harness(
  name: string,
  open: (path: string, maxQueues?: number, maxJobs?: number) => Stores,
): StoreHarness {
  return {
    name,
    place: async (maxQueues, maxJobs) => {
      const folder = await mkdtemp(join(tmpdir(), 'mininq-'));
      const opened: { jobs: { close(): Promise<void> } }[] = [];
      return {
        connect: () => {
          const stores = open(join(folder, 'test.db'), maxQueues, maxJobs);
          opened.push(stores);
          return Promise.resolve(stores);
        },
        destroy: async () => {
          await Promise.all(opened.map(({ jobs }) => jobs.close()));
          await rm(folder, { recursive: true });
        },
      };
    },
  };
}
