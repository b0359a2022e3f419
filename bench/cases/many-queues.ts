import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { inTurn, type Case, type Setting } from '../case.js';
import { runProgram } from '../processes.js';

const figures = z.object({ rate: z.number() });

export const benchCase: Case = {
  title: 'jobs/s when two jobs wait in each of 10,000 queues (2,500 in a quick run)',
  yardstick: 'mininq with as many jobs in 10 queues',
  async run(setting) {
    const { mininq, yardstick } = await inTurn(
      setting.quick ? 2 : 9,
      () => drainRate(setting, setting.quick ? 2500 : 10_000),
      () => drainRate(setting, 10),
    );
    return [{ measure: 'claiming', unit: 'jobs/s', mininq, yardstick, goal: { of: 'ratio', atLeast: 0.5 } }];
  },
};

async function drainRate({ quick, directory: parent, say }: Setting, queues: number): Promise<number> {
  const directory = mkdtempSync(join(parent, 'round-'));
  try {
    const parameters = { directory, jobs: quick ? 5000 : 20_000, queues, others: 0 };
    const { rate } = figures.parse(await runProgram('drain', JSON.stringify(parameters)));
    say(`${queues} queues: ${Math.round(rate)} jobs/s`);
    return rate;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
