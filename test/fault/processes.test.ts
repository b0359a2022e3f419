import { expect } from 'vitest';
import { idOf } from '../support/program.js';
import { eventually } from '../support/eventually.js';
import { allFinished, deliveredFigures } from './harness/figures.js';
import { amount } from './harness/form.js';
import { scenario } from './harness/scenario.js';
import { DEADLINE_MS } from './harness/site.js';
import { readStored, storedJobs } from './harness/stored.js';

scenario('F13 restarted again and again while delivering', {}, async (site, random) => {
  const [jobs, restarts] = [amount(40, 70), amount(4, 30)];
  const receiver = await site.receiver();
  let server = await site.serve();
  await server.api.request('POST', '/queues', { name: 'default', max_concurrency: 20 });
  const job = { callback_url: `${receiver}/?delay=50` };
  const produce = () =>
    site.producer({ url: server.api.url, connections: 2, batch: 10, total: jobs, job }).exited;
  await produce();
  for (let restart = 0; restart < restarts; restart += 1) {
    const { ledger } = site;
    const target = Math.min(ledger.acknowledged.length, ledger.deliveries.length + random.between(1, jobs));
    await eventually(`${target} deliveries`, () => ledger.deliveries.length >= target, DEADLINE_MS);
    server.program.signal('SIGTERM');
    expect(await server.program.exited).toEqual({ code: 0, signal: null });
    server = await site.serve();
    await produce();
  }
  await allFinished(server);
  const stored = [...storedJobs(site.database).values()];
  // A restart costs no job an attempt, and is a worker of its own.
  for (const { attempt } of stored) expect(attempt).toBe(1);
  expect(new Set(stored.map(({ workerId }) => workerId)).size).toBeGreaterThan(1);
  return deliveredFigures(site);
});

scenario('F14 two processes on one file', {}, async (site) => {
  const jobs = amount(500, 5000);
  const receiver = await site.receiver();
  const servers = await Promise.all([site.serve(), site.serve()]);
  const job = { callback_url: `${receiver}/` };
  const producers = servers.map(({ api }) =>
    site.producer({ url: api.url, connections: 4, batch: 5, total: jobs, job }),
  );
  await Promise.all(producers.map(({ exited }) => exited));
  await allFinished(servers[0]);
  const workers = new Set([...storedJobs(site.database).values()].map(({ workerId }) => workerId));
  expect(workers.size).toBe(2);
  // Neither ever met the other's writes in the middle of its own.
  for (const { program } of servers) expect(program.log.filter(({ level }) => level === 'error')).toEqual([]);
  return deliveredFigures(site);
});

scenario('F64 a schedule of every second, two processes', {}, async (site) => {
  const ticks = amount(4, 120);
  const receiver = await site.receiver();
  const [{ api }] = await Promise.all([site.serve(), site.serve()]);
  const schedule = { cron_expression: '* * * * * *', callback_url: `${receiver}/` };
  const { body } = await api.request('POST', '/schedules', schedule);
  await eventually(
    `${ticks} ticks`,
    () => site.ledger.deliveries.length >= ticks,
    DEADLINE_MS + ticks * 1000,
  );
  await api.request('DELETE', `/schedules/${idOf(body)}`);
  await allFinished({ api });
  // A tick that is missed because the machine is busy falls together with the next one; none may come twice.
  const seconds = readStored(site.database, (db) =>
    db.prepare<[], number>('SELECT created_at / 1000 FROM jobs').pluck().all(),
  );
  expect(new Set(seconds).size).toBe(seconds.length);
  return { ...deliveredFigures(site), acknowledged: null, lost: null };
});
