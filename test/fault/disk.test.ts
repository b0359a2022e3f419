import { execFileSync } from 'node:child_process';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.js';
import { MAIN, type Api } from '../support/program.js';
import { allFinished, deliveredFigures } from './harness/figures.js';
import { amount } from './harness/form.js';
import { scenario } from './harness/scenario.js';
import { DEADLINE_MS } from './harness/site.js';
import { smallDisk } from './harness/small-disk.js';

const FAT = { payload: { text: 'x'.repeat(20_000) } };

async function post(api: Api, job: object): Promise<Response> {
  const headers = { 'Content-Type': 'application/json' };
  return fetch(`${api.url}/jobs`, { method: 'POST', headers, body: JSON.stringify(job) });
}

/** What the API does while nothing can be written: it says so, and lives. */
async function expectUnwritable(api: Api, callbackUrl: string): Promise<void> {
  const answer = await eventually(
    'an enqueue is refused',
    async () => {
      const response = await post(api, { callback_url: callbackUrl, ...FAT });
      const body: unknown = await response.json();
      return response.ok ? null : { response, body };
    },
    DEADLINE_MS,
  );
  expect(answer.body).toMatchObject({ status: 503, code: 'store_unavailable' });
  expect(Number(answer.response.headers.get('Retry-After'))).toBeGreaterThan(0);
  expect((await api.request('GET', '/jobs')).status).toBe(200);
}

/** Enqueues go well again, without a restart. */
async function expectWritable(api: Api, callbackUrl: string): Promise<void> {
  await eventually(
    'an enqueue is stored',
    async () => {
      const response = await post(api, { callback_url: callbackUrl, ...FAT });
      await response.body?.cancel();
      return response.status === 201;
    },
    DEADLINE_MS,
  );
  expect((await api.request('GET', '/health')).status).toBe(200);
}

scenario('F16 disk full while enqueueing', {}, async (site) => {
  const disk = smallDisk(site);
  const receiver = await site.receiver();
  const server = await disk.serve();
  const job = { callback_url: `${receiver}/` };
  const plan = { url: server.api.url, connections: 8, batch: 1, total: null, job };
  const producer = site.producer({ ...plan, keyPrefix: 'job' });
  for (let time = 1; time <= amount(2, 10); time += 1) {
    const some = site.ledger.acknowledged.length + 100;
    await eventually('some acknowledged', () => site.ledger.acknowledged.length > some, DEADLINE_MS);
    await disk.fill();
    await expectUnwritable(server.api, `${receiver}/`);
    await disk.free();
    await expectWritable(server.api, `${receiver}/`);
  }
  producer.signal('SIGTERM');
  await producer.exited;
  await allFinished(server);
  return deliveredFigures(site);
});

scenario('F17 disk full while results are to be stored', {}, async (site) => {
  const disk = smallDisk(site);
  const receiver = await site.receiver();
  const server = await disk.serve();
  await server.api.request('POST', '/queues', { name: 'default', max_concurrency: 20 });
  const job = { callback_url: `${receiver}/?delay=1500&size=60000` };
  await site.producer({ url: server.api.url, connections: 1, batch: 60, total: 60, job }).exited;
  await eventually('some deliveries', () => site.ledger.deliveries.length >= 5, DEADLINE_MS);
  await disk.fill();
  await eventually(
    'the server says that it cannot store',
    () => server.program.log.some(({ msg }) => msg.startsWith('store unavailable')),
    DEADLINE_MS,
  );
  const { ledger } = site;
  await eventually('their answers', () => ledger.answered.length === ledger.deliveries.length, DEADLINE_MS);
  await disk.free();
  await allFinished(server);
  // Nobody died: each result waited until it could be stored.
  return deliveredFigures(site);
});

scenario('F18 file size limit while enqueueing', {}, async (site) => {
  const receiver = await site.receiver();
  // In blocks of 512 bytes, for the file and its log each.
  const command = ['sh', '-c', 'ulimit -S -f 10000; exec "$0" "$@"', process.execPath, MAIN] as const;
  const server = await site.serve({ command: [...command] });
  const job = { callback_url: `${receiver}/` };
  const plan = { url: server.api.url, connections: 8, batch: 1, total: null, job, keyPrefix: 'job' };
  const producer = site.producer(plan);
  await eventually('some acknowledged', () => site.ledger.acknowledged.length > 100, DEADLINE_MS);
  await expectUnwritable(server.api, `${receiver}/`);
  execFileSync('prlimit', ['--pid', String(server.program.pid), '--fsize=unlimited:unlimited']);
  await expectWritable(server.api, `${receiver}/`);
  producer.signal('SIGTERM');
  await producer.exited;
  await allFinished(server);
  return deliveredFigures(site);
});
