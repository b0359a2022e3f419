import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { programs } from '../support/program.js';
import { receivers, type Receiver } from '../support/receiver.js';
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

const DAY_MS = 86_400_000;

/** A job that may take a day, under way in a queue that runs one at a time; what it answers is up to the test. */
async function longDelivery(cwd: string, hooks: Receiver) {
  const server = await serve(cwd);
  await server.api.request('POST', '/queues', { name: 'one', max_concurrency: 1 });
  hooks.answer(() => undefined);
  const long = { callback_url: hooks.url, queue_name: 'one', timeout_ms: DAY_MS, max_retries: 0 };
  const job = await server.api.enqueue(long);
  await eventually('it is under way', () => hooks.requests.length === 1);
  hooks.answer((response) => response.end('done'));
  return { ...server, job };
}

test('kill -9 amid a delivery that may take a day: started again, mininq delivers it at once', async () => {
  const cwd = await folder();
  const hooks = await receiver();
  const { program, job } = await longDelivery(cwd, hooks);
  await program.kill();
  const { api } = await serve(cwd);
  const done = await api.until(job.id, 'completed');
  expect(done).toMatchObject({ attempt: 1, crashes: 1, result: 'done', last_error: null });
  expect(hooks.requests.map(({ attempt }) => attempt)).toEqual([1, 1]);
});

test('the same with another server that stays up, which drops the dead one from its list', async () => {
  const cwd = await folder();
  const hooks = await receiver();
  const { program, job } = await longDelivery(cwd, hooks);
  const { api } = await serve(cwd);
  expect((await api.request('GET', '/workers')).body).toMatchObject([{ self: false }, { self: true }]);
  await program.kill();
  expect(await api.until(job.id, 'completed')).toMatchObject({ attempt: 1, crashes: 1 });
  expect((await api.request('GET', '/workers')).body).toMatchObject([{ self: true }]);
});

test('a server that stands still is taken its job by another, and finds out when it goes on', async () => {
  const cwd = await folder();
  const hooks = await receiver();
  const { program, job } = await longDelivery(cwd, hooks);
  const { api } = await serve(cwd);
  program.signal('SIGSTOP');
  // 15 s of silence, and time for a machine with much else to do.
  const done = await api.until(job.id, 'completed', 60_000);
  expect(done).toMatchObject({ attempt: 1, crashes: 1 });
  program.signal('SIGCONT');
  await eventually('it goes on', () => program.log.some(({ msg }) => msg.startsWith('declared dead')));
  await eventually('both are there', async () => {
    const { body } = await api.request('GET', '/workers');
    return Array.isArray(body) && body.length === 2;
  });
  expect(await api.job(job.id)).toEqual(done);
}, 90_000);

test('a job that always kills its worker ends dead', async () => {
  const cwd = await folder(QUICK);
  const hooks = await receiver();
  let victim = await serve(cwd);
  hooks.answer(() => victim.program.signal('SIGKILL'));
  const job = await victim.api.enqueue({ callback_url: hooks.url, max_retries: 9 });

  for (let delivery = 1; delivery <= 3; delivery += 1) {
    await eventually(`delivery ${delivery}`, () => hooks.requests.length === delivery);
    await victim.program.exited;
    victim = await serve(cwd);
  }
  const dead = await victim.api.until(job.id, 'dead');
  expect(dead).toMatchObject({ attempt: 0, crashes: 3 });
  expect(dead.last_error).toMatch(/^worker lost: this job seems to take its workers down/);
  expect(hooks.requests.map(({ attempt }) => attempt)).toEqual([1, 1, 1]);
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
