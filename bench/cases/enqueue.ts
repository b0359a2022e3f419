import { join } from 'node:path';
import { inTurn, type Case } from '../case.js';
import { loadSeconds } from '../http-load.js';
import { MininqApi } from '../mininq-api.js';
import { startMininq, startProgram } from '../processes.js';

const QUEUE = 'paused';
/** 266 bytes. */
const BODY = JSON.stringify({
  queue_name: QUEUE,
  callback_url: 'http://127.0.0.1:9/hook',
  payload: {
    to: 'user@example.com',
    template: 'welcome',
    variables: { name: 'Ada Lovelace', plan: 'team', seats: 12, trial: false },
    sent_by: 'signup',
    reference: '5f0c3a52-7a4e-4c9b-9d1e-2b8a6f1c0e77',
  },
});
const WARM_UP = 5000;

export const benchCase: Case = {
  title: 'POST /jobs over 32 connections',
  yardstick: 'stock Express that parses the same JSON and sends it back, without a store',
  async run({ quick, directory, say }) {
    await using mininq = await startMininq(join(directory, 'mininq.db'));
    await using echo = await startProgram('echo-server');
    const api = new MininqApi(mininq.url);
    await api.createQueue(QUEUE, 1);
    await api.pause(QUEUE);

    const requests = quick ? 4000 : 20_000;
    const rounds = quick ? 3 : 5;
    await rate(mininq.url, WARM_UP);
    await rate(echo.url, WARM_UP);
    const figures = await inTurn(
      rounds,
      async (round) => {
        say(`round ${round + 1} of ${rounds}`);
        return rate(mininq.url, requests);
      },
      () => rate(echo.url, requests),
    );
    const { total, pending } = await api.counts();
    const sent = WARM_UP + rounds * requests;
    if (pending !== sent || total !== sent) throw new Error(`of ${sent} jobs ${pending} are pending`);
    return [{ measure: 'enqueue', unit: 'requests/s', ...figures, goal: { of: 'ratio', atLeast: 1 } }];
  },
};

/** Requests a second. */
async function rate(url: string, requests: number): Promise<number> {
  const load = { url, path: '/jobs', body: BODY, connections: 32, requests, status: 201 };
  return requests / (await loadSeconds(load));
}
