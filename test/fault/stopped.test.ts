import { expect } from 'vitest';
import { eventually } from '../support/eventually.js';
import { allFinished, deliveredFigures } from './harness/figures.js';
import { amount } from './harness/form.js';
import { scenario } from './harness/scenario.js';
import { DEADLINE_MS } from './harness/site.js';
import { runningJobs, storedJobs } from './harness/stored.js';

scenario('F8 stopped longer than its leases, with a second process', {}, async (site) => {
  const jobs = amount(20, 200);
  const receiver = await site.receiver();
  const stopped = await site.serve();
  const job = { callback_url: `${receiver}/?delay=300`, timeout_ms: 1000, queue_name: 'one' };
  await stopped.api.request('POST', '/queues', { name: 'one', max_concurrency: 20 });
  await site.producer({ url: stopped.api.url, connections: 1, batch: 50, total: jobs, job }).exited;
  await eventually('a delivery', () => site.ledger.deliveries.length > 0, DEADLINE_MS);
  stopped.program.signal('SIGSTOP');
  const inFlight = runningJobs(site.database);
  expect(inFlight.size).toBeGreaterThan(0);

  const other = await site.serve();
  await allFinished(other);
  const finished = storedJobs(site.database);
  stopped.program.signal('SIGCONT');
  await eventually(
    'it has its late results dropped',
    () => stopped.program.log.filter(({ msg }) => msg.startsWith('result dropped')).length === inFlight.size,
    DEADLINE_MS,
  );
  // It is well again, and takes part.
  await site.producer({ url: stopped.api.url, connections: 1, batch: 5, total: 5, job }).exited;
  await allFinished(stopped);
  for (const [id, before] of finished) expect(storedJobs(site.database).get(id)).toEqual(before);
  return deliveredFigures(site, [inFlight]);
});
