import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { programs } from '../support/program.js';
import { receivers } from '../support/receiver.js';
import { connectSqlite } from '../support/sqlite.js';

const { folder, run, serve } = programs();
const receiver = receivers();

const QUICK = `
[worker]
concurrency = 20
poll_interval_ms = 100
reaper_interval_secs = 1
[defaults]
base_delay_ms = 10
`;

/** Jobs that a killed server left running, read from its file. */
async function leftRunning(cwd: string): Promise<Set<string>> {
  const { queries, jobs } = connectSqlite(join(cwd, 'mininq.db'));
  const running = (await queries.list({ status: 'running' }, { limit: 1000, offset: 0 })).jobs;
  await jobs.close();
  return new Set(running.map(({ id }) => id));
}

test('after kill -9 amid 200 deliveries every job completes, and only jobs in flight come twice', async () => {
  const cwd = await folder(QUICK);
  const hooks = await receiver();
  hooks.answer((response) => setTimeout(() => response.end('ok'), 20));
  const first = await serve(cwd);
  await first.api.request('POST', '/queues', { name: 'default', max_concurrency: 20 });
  const acknowledged = await first.api.enqueueAll(
    Array.from({ length: 200 }, (_, n) => ({ callback_url: hooks.url, payload: { n }, timeout_ms: 1000 })),
  );
  await eventually('60 deliveries', () => hooks.requests.length >= 60);
  await first.program.kill();
  const inFlight = await leftRunning(cwd);
  expect(inFlight.size).toBeGreaterThan(0);

  const second = await serve(cwd);
  await eventually('all completed', async () => (await second.api.counts()).completed === 200);
  const { deliveries } = hooks;
  expect(acknowledged.filter(({ id }) => !deliveries.has(id))).toEqual([]);
  const twice = [...deliveries].filter(([, count]) => count > 1);
  expect(twice.filter(([id]) => !inFlight.has(id))).toEqual([]);
  expect(twice.filter(([, count]) => count > 2)).toEqual([]);
});

test('what is acknowledged when the server is killed is there afterwards', async () => {
  const cwd = await folder(QUICK);
  const { program, api } = await serve(cwd);
  await api.request('POST', '/queues', { name: 'waiting' });
  await api.request('POST', '/queues/waiting/pause');
  const acknowledged: string[] = [];
  const client = async (): Promise<void> => {
    for (;;) {
      const job = await api
        .enqueue({ callback_url: 'http://127.0.0.1:9/', queue_name: 'waiting' })
        .catch(() => null);
      if (job === null) return;
      acknowledged.push(job.id);
    }
  };
  const clients = Array.from({ length: 8 }, client);
  await eventually('300 acknowledged', () => acknowledged.length >= 300);
  await program.kill();
  await Promise.all(clients);

  const { queries, jobs } = connectSqlite(join(cwd, 'mininq.db'));
  for (const id of acknowledged) expect((await queries.get(id))?.status).toBe('pending');
  expect((await queries.countsOf('waiting')).pending).toBeGreaterThanOrEqual(acknowledged.length);
  await jobs.close();
});

test('a job that always kills its worker ends dead', async () => {
  const cwd = await folder(QUICK);
  const hooks = await receiver();
  let victim = await serve(cwd);
  hooks.answer(() => victim.program.signal('SIGKILL'));
  const job = await victim.api.enqueue({ callback_url: hooks.url, timeout_ms: 200, max_retries: 2 });

  for (let delivery = 1; delivery <= 3; delivery += 1) {
    await eventually(`delivery ${delivery}`, () => hooks.requests.length === delivery);
    await victim.program.exited;
    victim = await serve(cwd);
  }
  const dead = await victim.api.until(job.id, 'dead');
  expect(dead.last_error).toBe('lease expired: the worker did not report within timeout_ms');
  expect(hooks.requests.map(({ attempt }) => attempt)).toEqual([1, 2, 3]);
});

test('two servers on one file deliver 2,000 jobs once each', async () => {
  const cwd = await folder(QUICK);
  const hooks = await receiver();
  const [a, b] = await Promise.all([serve(cwd), serve(cwd)]);
  await a.api.request('POST', '/queues', { name: 'default', max_concurrency: 100 });
  await Promise.all(
    [a, b].map(({ api }) =>
      api.enqueueAll(Array.from({ length: 1000 }, (_, n) => ({ callback_url: hooks.url, payload: { n } }))),
    ),
  );
  await eventually('all completed', async () => (await a.api.counts()).completed === 2000, 25_000);
  expect(hooks.requests).toHaveLength(2000);
  expect(hooks.deliveries.size).toBe(2000);
  // Both took part.
  const workers = connectSqlite(join(cwd, 'mininq.db'));
  const jobs = (await workers.queries.list({}, { limit: 1000, offset: 0 })).jobs;
  await workers.jobs.close();
  expect(new Set(jobs.map(({ workerId }) => workerId)).size).toBe(2);
});

test('start, kill and start again on an empty file', async () => {
  const cwd = await folder();
  for (let i = 0; i < 3; i += 1) {
    const program = run({ cwd, args: ['--port', '0', '--host', '127.0.0.1'] });
    await program.url();
    await program.kill();
  }
});
