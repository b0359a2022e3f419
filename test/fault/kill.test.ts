import { eventually } from '../support/eventually.js';
import { allFinished, deliveredFigures, lostJobs } from './harness/figures.js';
import { amount } from './harness/form.js';
import { scenario } from './harness/scenario.js';
import { DEADLINE_MS } from './harness/site.js';
import { expectSound, runningJobs } from './harness/stored.js';

const NOBODY = 'http://127.0.0.1:9/';

scenario('F1 kill -9 while enqueueing', { long: 1, limitMs: 900_000 }, async (site, random) => {
  const kills = amount(4, 50);
  const setUp = await site.serve();
  await setUp.api.request('POST', '/queues', { name: 'waiting' });
  await setUp.api.request('POST', '/queues/waiting/pause');
  await setUp.program.kill();
  let target = 0;
  let lost = 0;
  for (let kill = 0; kill < kills; kill += 1) {
    const { program, api } = await site.serve();
    const job = { callback_url: NOBODY, queue_name: 'waiting' };
    const plan = { url: api.url, connections: 32, batch: kill % 3 === 0 ? 7 : 1, total: null, job };
    const producer = site.producer(plan);
    target += random.between(amount(300, 2000), amount(500, 2500));
    await eventually(`${target} acknowledged`, () => site.ledger.acknowledged.length >= target, DEADLINE_MS);
    await program.kill();
    await producer.exited;
    expectSound(site.database);
    lost += lostJobs(site).length;
  }
  return { acknowledged: site.ledger.acknowledged.length, lost, duplicates: 0, allowed: 0 };
});

scenario('F2 kill -9 while delivering', { long: 1, limitMs: 900_000 }, async (site, random) => {
  const [jobs, kills] = [amount(200, 1000), amount(3, 20)];
  const receiver = await site.receiver();
  const inFlight: Set<string>[] = [];
  let server = await site.serve();
  await server.api.request('POST', '/queues', { name: 'default', max_concurrency: 20 });
  const job = { callback_url: `${receiver}/?delay=200`, timeout_ms: 1000, max_retries: 100 };
  await site.producer({ url: server.api.url, connections: 4, batch: 50, total: jobs, job }).exited;
  for (let kill = 0; kill < kills; kill += 1) {
    const target = site.ledger.deliveries.length + random.between(25, 45);
    await eventually(`${target} deliveries`, () => site.ledger.deliveries.length >= target, DEADLINE_MS);
    await server.program.kill();
    inFlight.push(runningJobs(site.database));
    expectSound(site.database);
    server = await site.serve();
  }
  await allFinished(server);
  return deliveredFigures(site, inFlight);
});
