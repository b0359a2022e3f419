import { closeSync, copyFileSync, fsyncSync, mkdtempSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { inTurn, type Case, type Row, type Setting } from '../case.js';
import { runProgram } from '../processes.js';

const BACKLOGS = [
  { kind: 'other-queues', measure: 'ready in other queues' },
  { kind: 'same-queue', measure: 'ready behind in the same queue' },
  { kind: 'delayed', measure: 'delayed' },
] as const;
type Backlog = (typeof BACKLOGS)[number];

const figures = z.object({ rate: z.number() });

export const benchCase: Case = {
  title: 'jobs/s while 1,000,000 other jobs wait (50,000 in a quick run)',
  yardstick: 'mininq while 10,000 other jobs wait',
  async run(setting) {
    const rows: Row[] = [];
    for (const backlog of BACKLOGS) rows.push(await row(setting, backlog));
    return rows;
  },
};

async function row(setting: Setting, { kind, measure }: Backlog): Promise<Row> {
  const large = await seed(setting, kind, setting.quick ? 50_000 : 1_000_000);
  const small = await seed(setting, kind, 10_000);
  const { mininq, yardstick } = await inTurn(
    setting.quick ? 2 : 9,
    () => drainRate(setting, large),
    () => drainRate(setting, small),
  );
  rmSync(large.dbPath);
  rmSync(small.dbPath);
  return { measure, unit: 'jobs/s', mininq, yardstick, goal: { of: 'ratio', atLeast: 0.9 } };
}

interface Seed {
  readonly kind: Backlog['kind'];
  readonly dbPath: string;
  readonly jobs: number;
}

async function seed({ directory, say }: Setting, kind: Backlog['kind'], jobs: number): Promise<Seed> {
  const dbPath = join(directory, `${kind}-${jobs}.db`);
  say(`storing ${jobs} jobs, ${kind}`);
  await runProgram('seed-store', JSON.stringify({ dbPath, kind, jobs }));
  return { kind, dbPath, jobs };
}

/** On a copy of the store: each round begins with the same. */
async function drainRate({ quick, directory: parent, say }: Setting, seed: Seed): Promise<number> {
  const directory = mkdtempSync(join(parent, 'round-'));
  try {
    copyDurably(seed.dbPath, join(directory, 'mininq.db'));
    const parameters = { directory, jobs: quick ? 4000 : 20_000, queues: 1, others: seed.jobs };
    const { rate } = figures.parse(await runProgram('drain', JSON.stringify(parameters)));
    say(`${seed.kind}, ${seed.jobs} waiting: ${Math.round(rate)} jobs/s`);
    return rate;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}

/** Otherwise the disk would be busy with the larger copy while the jobs are drained from it. */
function copyDurably(from: string, to: string): void {
  copyFileSync(from, to);
  const file = openSync(to, 'r+');
  fsyncSync(file);
  closeSync(file);
}
