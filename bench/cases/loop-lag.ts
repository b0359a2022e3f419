import { copyFileSync, mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Case, Row, Setting } from '../case.js';
import { runProgram } from '../processes.js';

/** A quick run takes a tenth of the jobs. */
const SCENARIOS = [
  { scenario: 'enqueue', jobs: 10_000, measure: 'burst of 10,000 enqueues' },
  { scenario: 'deliver', jobs: 20_000, measure: 'drain of 20,000 jobs over HTTP' },
  { scenario: 'cleanup', jobs: 500_000, measure: 'cleanup of 500,000 finished jobs' },
  { scenario: 'due', jobs: 100_000, measure: '100,000 delayed jobs falling due at once' },
  { scenario: 'reap', jobs: 10_000, measure: 'reaping 10,000 stale jobs' },
] as const;
type Scenario = (typeof SCENARIOS)[number];

/** Milliseconds; `idle` is the same process at rest. */
const lag = z.object({ p99: z.number(), max: z.number() });
const figures = z.object({ lag, idle: lag });
type Figures = z.infer<typeof figures>;

export const benchCase: Case = {
  title: 'how late the event loop is, as a timer of 1 ms sees it (p99; a quick run has a tenth of the jobs)',
  yardstick: 'the same process at rest',
  async run(setting) {
    const rows: Row[] = [];
    for (const scenario of SCENARIOS) rows.push(...(await measure(setting, scenario)));
    return rows;
  },
};

async function measure(setting: Setting, { scenario, jobs: all, measure }: Scenario): Promise<Row[]> {
  const jobs = setting.quick ? all / 10 : all;
  const seed = scenario === 'cleanup' ? await seedFinished(setting, jobs) : null;
  const rounds: Figures[] = [];
  for (let round = 0; round < (setting.quick ? 1 : 3); round += 1) {
    const figure = await lagDuring(setting, scenario, jobs, seed);
    setting.say(`${scenario}: p99 ${figure.lag.p99.toFixed(1)} ms, max ${figure.lag.max.toFixed(1)} ms`);
    rounds.push(figure);
  }
  if (seed !== null) rmSync(seed);
  return [
    {
      measure,
      unit: 'ms',
      mininq: rounds.map((each) => each.lag.p99),
      yardstick: rounds.map((each) => each.idle.p99),
      goal: { of: 'value', atMost: 25 },
    },
    {
      measure: `${measure} (max)`,
      unit: 'ms',
      mininq: rounds.map((each) => each.lag.max),
      yardstick: rounds.map((each) => each.idle.max),
      goal: null,
    },
  ];
}

/** @returns the path of a store which holds the jobs */
async function seedFinished({ directory, say }: Setting, jobs: number): Promise<string> {
  const dbPath = join(directory, 'finished.db');
  say(`storing ${jobs} finished jobs`);
  await runProgram('seed-store', JSON.stringify({ dbPath, kind: 'finished', jobs }));
  return dbPath;
}

/** @param seed the store to begin with a copy of; null: an empty one */
async function lagDuring(
  { quick, directory: parent }: Setting,
  scenario: Scenario['scenario'],
  jobs: number,
  seed: string | null,
): Promise<Figures> {
  const directory = mkdtempSync(join(parent, 'round-'));
  try {
    if (seed !== null) copyFileSync(seed, join(directory, 'mininq.db'));
    const parameters = { directory, scenario, jobs, idleMs: quick ? 1000 : 3000 };
    return figures.parse(await runProgram('lag', JSON.stringify(parameters)));
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
