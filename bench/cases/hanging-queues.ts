import { mkdtempSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { inTurn, type Case, type Setting } from '../case.js';
import { arrivalRate, MininqApi } from '../mininq-api.js';
import { startMininq, startProgram } from '../processes.js';

const QUEUE = 'healthy';
/** What the manual gives a queue. The slots are the default as well: 10. */
const MAX_CONCURRENCY = 5;
const WARM_UP = 2000;
const PAYLOAD = { to: 'user@example.com', template: 'welcome' };

export const benchCase: Case = {
  title: 'delivering from one queue beside two whose receiver never answers',
  yardstick: 'mininq with that queue alone',
  async run(setting) {
    const figures = await inTurn(
      setting.quick ? 2 : 7,
      () => healthyRate(setting, ['hanging-1', 'hanging-2']),
      () => healthyRate(setting, []),
    );
    return [{ measure: 'healthy', unit: 'requests/s', ...figures, goal: { of: 'ratio', atLeast: 0.5 } }];
  },
};

/** @param hanging queues that have taken what slots they can before the measured one begins */
async function healthyRate(
  { quick, directory: parent, say }: Setting,
  hanging: readonly string[],
): Promise<number> {
  const directory = mkdtempSync(join(parent, 'round-'));
  try {
    await using receiver = await startProgram('receiver');
    await using mininq = await startMininq(join(directory, 'mininq.db'));
    const api = new MininqApi(mininq.url);
    for (const queue of hanging) {
      await api.createQueue(queue, MAX_CONCURRENCY);
      await api.enqueue({ queue_name: queue, callback_url: `${receiver.url}/hang`, payload: PAYLOAD }, 1000);
    }
    await api.createQueue(QUEUE, MAX_CONCURRENCY);
    const deliver = (path: string, jobs: number) =>
      api.release({ queue_name: QUEUE, callback_url: `${receiver.url}/${path}`, payload: PAYLOAD }, jobs);
    await deliver('warm-up', WARM_UP);
    await api.untilCompleted(WARM_UP);
    const jobs = quick ? 4000 : 20_000;
    const rate = await arrivalRate(receiver.url, jobs, () => deliver('hook', jobs));
    say(`beside ${hanging.length} that hang: ${Math.round(rate)} requests/s`);
    return rate;
  } finally {
    rmSync(directory, { recursive: true, force: true });
  }
}
