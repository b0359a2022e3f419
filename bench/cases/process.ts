import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { inTurn, type Case, type Row, type Setting } from '../case.js';
import { runProgram } from '../processes.js';

/** About 100 bytes of JSON. */
const PAYLOAD = {
  user_id: 12345,
  template: 'welcome',
  to: 'someone@example.com',
  subject: 'Good to see you',
};

/** Jobs/s. */
const figures = z.object({ adding: z.number(), processing: z.number() });
export type Figures = z.infer<typeof figures>;

export const benchCase: Case = {
  title: 'adding jobs one by one and processing them with a handler that does nothing',
  yardstick: 'plainjob, on SQLite as well',
  run: (setting) =>
    compare(setting, (round) => runContestant('process-plainjob', setting, `yardstick-${round}`, {}), {
      adding: 1,
      processing: 2.5,
    }),
};

/** @param goals ratios that shall be reached at least */
export async function compare(
  setting: Setting,
  yardstick: (round: number) => Promise<Figures>,
  goals: Figures,
): Promise<Row[]> {
  const rounds = await inTurn(
    setting.quick ? 2 : 9,
    (round) => runContestant('process-mininq', setting, `mininq-${round}`, {}),
    yardstick,
  );
  return (['adding', 'processing'] as const).map((measure) => ({
    measure,
    unit: 'jobs/s',
    mininq: rounds.mininq.map((each) => each[measure]),
    yardstick: rounds.yardstick.map((each) => each[measure]),
    goal: { of: 'ratio', atLeast: goals[measure] },
  }));
}

/**
 * Runs a program in a directory of its own.
 * @param parameters what the program needs beyond the directory, the number of jobs and their payload
 */
export async function runContestant(
  program: string,
  { quick, directory: parent, say }: Setting,
  run: string,
  parameters: Readonly<Record<string, unknown>>,
): Promise<Figures> {
  const directory = mkdtempSync(join(parent, `${run}-`));
  try {
    const all = { directory, jobs: quick ? 5000 : 20_000, payload: PAYLOAD, ...parameters };
    const { adding, processing } = figures.parse(await runProgram(program, JSON.stringify(all)));
    say(`${run}: ${Math.round(adding)} added/s, ${Math.round(processing)} processed/s`);
    return { adding, processing };
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
