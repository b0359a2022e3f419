import { join } from 'node:path';
import { z } from 'zod';
import { inTurn, type Case } from '../case.js';
import { MininqApi, type JobFields } from '../mininq-api.js';
import { runProgram, startMininq } from '../processes.js';

const JOB: JobFields = {
  queue_name: 'paused',
  callback_url: 'http://127.0.0.1:9/hook',
  payload: { to: 'user@example.com', template: 'welcome', name: 'Ada Lovelace', seats: 12, trial: false },
};
/** Before each round, as the yardstick begins each with a new process. */
const WARM_UP = 5000;
const timed = z.object({ seconds: z.number() });

export const benchCase: Case = {
  title: 'POST /jobs/batch with 1000 jobs a request, over 4 connections',
  yardstick: 'better-sqlite3 alone: a prepared insert of the same rows, 1000 a transaction',
  async run({ quick, directory, say }) {
    await using mininq = await startMininq(join(directory, 'mininq.db'));
    const api = new MininqApi(mininq.url);
    await api.createQueue(JOB.queue_name, 1);
    await api.pause(JOB.queue_name);

    const jobs = quick ? 20_000 : 100_000;
    const rounds = quick ? 3 : 5;
    const figures = await inTurn(
      rounds,
      async (round) => {
        say(`round ${round + 1} of ${rounds}`);
        await api.enqueue(JOB, WARM_UP);
        return jobs / (await api.enqueue(JOB, jobs));
      },
      () => rawRate(join(directory, 'raw.db'), jobs),
    );
    const { total, pending } = await api.counts();
    const sent = rounds * (WARM_UP + jobs);
    if (pending !== sent || total !== sent) throw new Error(`of ${sent} jobs ${pending} are pending`);
    return [{ measure: 'enqueue', unit: 'jobs/s', ...figures, goal: { of: 'ratio', atLeast: 0.4 } }];
  },
};

/** Rows a second; they are added to the same file in each round, as mininq's are. */
async function rawRate(path: string, rows: number): Promise<number> {
  const { queue_name: queue, callback_url: url, payload } = JOB;
  const parameters = [path, queue, url, JSON.stringify(payload), String(rows), String(WARM_UP)];
  return rows / timed.parse(await runProgram('raw-insert', ...parameters)).seconds;
}
