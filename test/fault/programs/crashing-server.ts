/**
 * The server, with a job store that kills its process with SIGKILL at a named step. Arguments: the step, and at which
 * time that it comes.
 *
 *   after-claim      jobs are claimed, their deliveries have not begun
 *   before-settle    a job was delivered, its result is not stored
 *   after-settle     ... is stored, and nobody knows it yet
 */
import type { Settlement } from '../../../src/index.js';
import { config, createMininq, T } from './built.js';
import { watchedStore } from './watched-store.js';

const [, , step = '', nth = '1'] = process.argv;
let times = 0;

function dieAt(reached: string, happens: boolean): void {
  if (reached !== step || !happens) return;
  times += 1;
  if (times === Number(nth)) process.kill(process.pid, 'SIGKILL');
}

// The reaper settles as well, but never so.
const completes = (settlements: readonly Settlement[]): boolean =>
  settlements.some(({ state }) => state.status === 'completed');

const mininq = createMininq(config, (container) => {
  const store = watchedStore(container.get(T.JobStore), {
    claimed: (jobs) => dieAt('after-claim', jobs.length > 0),
    settling: (settlements) => dieAt('before-settle', completes(settlements)),
    settled: (settlements) => dieAt('after-settle', completes(settlements)),
  });
  container.rebind(T.JobStore).toConstantValue(store);
});
await mininq.start();
