import { join } from 'node:path';
import { inTurn, type Case } from '../case.js';
import { arrivalRate, MininqApi, type JobFields } from '../mininq-api.js';
import { startMininq, startProgram } from '../processes.js';

const QUEUE = 'deliveries';
const CONCURRENCY = 64;
const WARM_UP = 10_000;
const PAYLOAD = {
  to: 'user@example.com',
  template: 'welcome',
  name: 'Ada Lovelace',
  seats: 12,
  trial: false,
};

export const benchCase: Case = {
  title: 'delivering waiting jobs at a concurrency of 64',
  yardstick: '64 undici Clients that POST the same bodies in a loop',
  async run({ quick, directory, say }) {
    await using receiver = await startProgram('receiver');
    await using mininq = await startMininq(join(directory, 'mininq.db'), {
      MININQ_WORKER_CONCURRENCY: String(CONCURRENCY),
    });
    const body = JSON.stringify(PAYLOAD);
    await using loop = await startProgram('undici-loop', receiver.url, String(CONCURRENCY), body);
    const api = new MininqApi(mininq.url);
    await api.createQueue(QUEUE, CONCURRENCY);

    const jobs = quick ? 4000 : 20_000;
    const rounds = quick ? 2 : 9;
    await api.release(job(receiver.url, 'warm-up'), WARM_UP);
    await api.untilCompleted(WARM_UP);
    await runLoop(loop.url, 'warm-up', WARM_UP);
    const figures = await inTurn(
      rounds,
      async (round) => {
        say(`round ${round + 1} of ${rounds}`);
        const figure = await arrivalRate(receiver.url, jobs, () =>
          api.release(job(receiver.url, 'hook'), jobs),
        );
        await api.untilCompleted(WARM_UP + (round + 1) * jobs);
        return figure;
      },
      () => arrivalRate(receiver.url, jobs, () => runLoop(loop.url, 'hook', jobs)),
    );
    return [{ measure: 'deliver', unit: 'requests/s', ...figures, goal: { of: 'ratio', atLeast: 0.75 } }];
  },
};

function job(receiver: string, path: string): JobFields {
  return { queue_name: QUEUE, callback_url: `${receiver}/${path}`, payload: PAYLOAD };
}

async function runLoop(url: string, path: string, requests: number): Promise<void> {
  const response = await fetch(`${url}/${path}/${requests}`, { method: 'POST' });
  if (!response.ok) throw new Error(await response.text());
}
