import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectSqlite } from '../support/sqlite.js';
import { describeStore } from './store.contract.js';

describeStore({
  name: 'SQLite',
  place: async (maxQueues, maxJobs) => {
    const folder = await mkdtemp(join(tmpdir(), 'mininq-'));
    const opened: { jobs: { close(): Promise<void> } }[] = [];
    return {
      connect: () => {
        const stores = connectSqlite(join(folder, 'test.db'), {}, maxQueues, maxJobs);
        opened.push(stores);
        return Promise.resolve(stores);
      },
      destroy: async () => {
        await Promise.all(opened.map(({ jobs }) => jobs.close()));
        await rm(folder, { recursive: true });
      },
    };
  },
});
