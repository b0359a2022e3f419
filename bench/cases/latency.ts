import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { Client } from 'undici';
import { inTurn, type Case } from '../case.js';
import { exchange, type Request } from '../http-load.js';
import { listen } from '../listen.js';
import { MininqApi } from '../mininq-api.js';
import { startMininq, startProgram } from '../processes.js';
import { percentile } from '../statistics.js';

const WARM_UP = 100;
/** Time for the server to store the result, so that the next job finds it at rest. */
const PAUSE_MS = 5;
const DELIVERY_TIMEOUT_MS = 10_000;

export const benchCase: Case = {
  title: 'from POST /jobs to the arrival of the delivery, one job at a time',
  yardstick: 'a round trip of the same request to stock Express without a store',
  async run({ quick, directory, say }) {
    await using mininq = await startMininq(join(directory, 'mininq.db'));
    await using echo = await startProgram('echo-server');
    await using receiver = createServer((request, response) => {
      request.resume().once('end', () => response.end());
    });
    const request = enqueueRequest(`${await listen(receiver)}/hook`);
    const toMininq = new Client(mininq.url);
    const toEcho = new Client(echo.url);
    const deliver = () => deliveryMs(toMininq, request, receiver);
    const roundTrip = () => roundTripMs(toEcho, request);

    const jobs = quick ? 100 : 500;
    const rounds = quick ? 2 : 5;
    await oneByOne(WARM_UP, deliver);
    await oneByOne(WARM_UP, roundTrip);
    const figures = await inTurn(
      rounds,
      (round) => {
        say(`round ${round + 1} of ${rounds}`);
        return oneByOne(jobs, deliver);
      },
      () => oneByOne(jobs, roundTrip),
    );
    await new MininqApi(mininq.url).untilCompleted(WARM_UP + rounds * jobs);
    await Promise.all([toMininq.destroy(), toEcho.destroy()]);
    const at = (percent: number) => ({
      unit: 'ms',
      mininq: figures.mininq.map((round) => percentile(round, percent)),
      yardstick: figures.yardstick.map((round) => percentile(round, percent)),
    });
    return [
      { measure: 'p50', ...at(50), goal: { of: 'ratio', atMost: 4 } },
      { measure: 'p99', ...at(99), goal: { of: 'value', atMost: 15 } },
    ];
  },
};

function enqueueRequest(callbackUrl: string): Request {
  const job = {
    callback_url: callbackUrl,
    payload: { to: 'user@example.com', template: 'welcome', name: 'Ada Lovelace', seats: 12, trial: false },
  };
  return { method: 'POST', path: '/jobs', body: Buffer.from(JSON.stringify(job)) };
}

/** Measures so many times, with a pause after each. */
async function oneByOne(count: number, measure: () => Promise<number>): Promise<number[]> {
  const figures: number[] = [];
  while (figures.length < count) {
    figures.push(await measure());
    await delay(PAUSE_MS);
  }
  return figures;
}

async function deliveryMs(client: Client, request: Request, receiver: Server): Promise<number> {
  const arrival = once(receiver, 'request', { signal: AbortSignal.timeout(DELIVERY_TIMEOUT_MS) });
  const sentAt = performance.now();
  const [arrivedAt] = await Promise.all([
    arrival.then(() => performance.now()),
    exchange(client, request, 201),
  ]);
  return arrivedAt - sentAt;
}

async function roundTripMs(client: Client, request: Request): Promise<number> {
  const sentAt = performance.now();
  await exchange(client, request, 201);
  return performance.now() - sentAt;
}
