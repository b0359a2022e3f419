import { expect } from 'vitest';
import { allFinished, deliveredFigures } from './harness/figures.js';
import { scenario, type Figures } from './harness/scenario.js';
import { suiteProgram, type Site } from './harness/site.js';
import { runningJobs } from './harness/stored.js';

const DEATHS = 3;
const ONE_BY_ONE = { MININQ_WORKER_CONCURRENCY: '1' };

/**
 * Delivers twelve jobs one by one with a server that dies whenever it comes to a step for the second time, and in the
 * end with one that does not.
 */
async function dieAt(step: string, site: Site): Promise<Figures> {
  const receiver = await site.receiver();
  const idle = await site.serve({ env: { MININQ_WORKER_QUEUES: 'none' } });
  const job = { callback_url: `${receiver}/`, timeout_ms: 500 };
  await site.producer({ url: idle.api.url, connections: 1, batch: 12, total: 12, job }).exited;
  await idle.program.kill();

  const inFlight: Set<string>[] = [];
  while (inFlight.length < DEATHS) {
    const command = suiteProgram('crashing-server');
    const crashing = site.run({ command, args: [step, '2'], env: ONE_BY_ONE });
    expect(await crashing.exited).toMatchObject({ signal: 'SIGKILL' });
    inFlight.push(runningJobs(site.database));
  }
  await allFinished(await site.serve({ env: ONE_BY_ONE }));
  return deliveredFigures(site, inFlight);
}

scenario('F3 killed between a claim and its request', {}, async (site) => {
  return { ...(await dieAt('after-claim', site)), allowed: 0 };
});

scenario('F4 killed between the answer and its being stored', {}, async (site) => {
  const figures = await dieAt('before-settle', site);
  // One each, neither more nor less: that is what "at least once" costs.
  expect(figures.duplicates).toBe(DEATHS);
  return { ...figures, allowed: DEATHS };
});

scenario('F5 killed right after a result was stored', {}, async (site) => {
  return { ...(await dieAt('after-settle', site)), allowed: 0 };
});
