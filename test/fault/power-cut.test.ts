import { join } from 'node:path';
import { expect } from 'vitest';
import type { Durability } from '../../src/application/config.js';
import { openDatabase } from '../../src/infrastructure/sqlite/open-database.js';
import {
  afterPowerCut,
  journalled,
  noCompiler,
  readJournal,
  type DiskRecord,
} from './harness/disk-journal.js';
import { silentLogger } from '../support/silent-logger.js';
import { amount } from './harness/form.js';
import type { SeededRandom } from './harness/random.js';
import { scenario, type Figures } from './harness/scenario.js';
import { suiteProgram, type Site } from './harness/site.js';
import { expectSound, storedJobs } from './harness/stored.js';

const unless = noCompiler();

/** Ids that records of a kind name, in order. */
function idsOf(records: readonly DiskRecord[], what: 'acknowledged' | 'completed'): string[] {
  return records.flatMap((record) => (record.what === what && 'ids' in record ? record.ids : []));
}

/** Nothing is acknowledged while a part of the log is not synced. */
function expectSynced(records: readonly DiskRecord[]): void {
  let unsynced = 0;
  for (const record of records) {
    if (record.what === 'write' && record.file === '-wal') unsynced += 1;
    if (record.what === 'sync' && record.file === '-wal') unsynced = 0;
    if (record.what === 'acknowledged') expect(unsynced).toBe(0);
  }
}

/** Works on a store, and cuts the power at many points of it. */
async function cutPower(durability: Durability, site: Site, random: SeededRandom): Promise<Figures> {
  const jobs = amount(1500, 10_000);
  const journal = join(site.folder, 'journal');
  const working = site.run({
    command: suiteProgram('journalled-work'),
    args: [String(jobs)],
    env: { ...journalled(site.folder, site.database, journal), MININQ_SERVER_DURABILITY: durability },
  });
  expect(await working.exited).toMatchObject({ signal: 'SIGKILL' });
  const all = readJournal(journal);
  expect(idsOf(all, 'acknowledged').length).toBeGreaterThanOrEqual(jobs);
  expect(idsOf(all, 'completed').length).toBeGreaterThan(0);
  if (durability === 'full') expectSynced(all);

  let lost = 0;
  const afterwards = join(site.folder, 'afterwards.db');
  for (let cut = 0; cut < amount(15, 100); cut += 1) {
    const records = all.slice(0, random.between(0, all.length));
    afterPowerCut(records, afterwards, random);
    openDatabase(afterwards, durability, silentLogger).close();
    expectSound(afterwards);
    const stored = storedJobs(afterwards);
    const acknowledged = idsOf(records, 'acknowledged');
    const there = acknowledged.filter((id) => stored.has(id));
    // Whatever is missing is missing at the end.
    expect(there).toEqual(acknowledged.slice(0, there.length));
    lost += acknowledged.length - there.length;
    if (durability === 'full') {
      const completed = idsOf(records, 'completed').map((id) => stored.get(id)?.status);
      expect(completed.filter((status) => status !== 'completed')).toEqual([]);
    }
  }
  const figures = { acknowledged: jobs, duplicates: null, allowed: null };
  return { ...figures, lost: durability === 'full' ? lost : null };
}

scenario('F24 power cut, durability full', { unless, long: 1 }, (site, random) =>
  cutPower('full', site, random),
);

scenario('F24 power cut, durability normal', { unless, long: 1 }, (site, random) =>
  cutPower('normal', site, random),
);
