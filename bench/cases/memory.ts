import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Case, Row } from '../case.js';
import { MininqApi } from '../mininq-api.js';
import { residentBytes, startMininq, startProgram } from '../processes.js';

const CONCURRENCY = 64;
const BACKLOG = 'backlog';
const WORK = 'work';
const PAYLOAD = {
  to: 'user@example.com',
  template: 'welcome',
  name: 'Ada Lovelace',
  seats: 12,
  trial: false,
};
const REST_MS = 2000;
const SAMPLE_INTERVAL_MS = 100;

export const benchCase: Case = {
  title: 'resident memory above that at the start',
  yardstick: 'resident memory at the start, with an empty file',
  async run({ quick, directory, say }) {
    await using receiver = await startProgram('receiver');
    await using mininq = await startMininq(join(directory, 'mininq.db'), {
      MININQ_WORKER_CONCURRENCY: String(CONCURRENCY),
    });
    const api = new MininqApi(mininq.url);
    const waiting = quick ? 50_000 : 1_000_000;
    const drained = quick ? 10_000 : 100_000;
    const job = { callback_url: `${receiver.url}/hook`, payload: PAYLOAD };

    await delay(REST_MS);
    const atStart = await leastMiB(mininq.pid, delay(REST_MS));
    await api.createQueue(BACKLOG, 1);
    await api.pause(BACKLOG);
    await api.createQueue(WORK, CONCURRENCY);
    say(`enqueuing ${waiting} jobs`);
    await api.enqueue({ ...job, queue_name: BACKLOG }, waiting);
    const withBacklog = await leastMiB(mininq.pid, delay(REST_MS));
    say(`draining ${drained} jobs`);
    await api.enqueue({ ...job, queue_name: WORK }, drained);
    const first = await leastMiB(mininq.pid, drain(api, drained));
    say(`draining ${drained} more`);
    await api.enqueue({ ...job, queue_name: WORK }, drained);
    const second = await leastMiB(mininq.pid, drain(api, 2 * drained));
    const { total } = await api.counts();
    if (total !== waiting + 2 * drained) throw new Error(`there are ${total} jobs`);

    const row = (measure: string, figure: number, atMost: number): Row => {
      return { measure, unit: 'MiB', mininq: [figure], yardstick: [atStart], goal: { of: 'value', atMost } };
    };
    return [
      row(`with ${waiting.toLocaleString('en')} waiting`, withBacklog - atStart, 120),
      row(`after draining ${(2 * drained).toLocaleString('en')}`, second - atStart, 120),
      row(`from the first ${drained.toLocaleString('en')} to the second`, second - first, 5),
    ];
  },
};

/** Waits for so many completed jobs, and rests. */
async function drain(api: MininqApi, completed: number): Promise<void> {
  await api.untilCompleted(completed);
  await delay(REST_MS);
}

/** The least of many samples while something goes on: garbage makes the memory go up and down. */
async function leastMiB(pid: number, meanwhile: Promise<void>): Promise<number> {
  const samples = [residentBytes(pid)];
  const sampling = setInterval(() => samples.push(residentBytes(pid)), SAMPLE_INTERVAL_MS);
  try {
    await meanwhile;
  } finally {
    clearInterval(sampling);
  }
  return Math.min(...samples) / 2 ** 20;
}
