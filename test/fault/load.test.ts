import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.js';
import { idOf } from '../support/program.js';
import { allFinished, deliveredFigures } from './harness/figures.js';
import { amount } from './harness/form.js';
import { scenario } from './harness/scenario.js';
import { DEADLINE_MS, type Server, type Site } from './harness/site.js';
import { readStored } from './harness/stored.js';

scenario('F52 a burst over 200 connections', { long: 1 }, async (site) => {
  const jobs = amount(2000, 10_000);
  const receiver = await site.receiver();
  const server = await site.serve();
  await server.api.request('POST', '/queues', { name: 'default', max_concurrency: 20 });
  const job = { callback_url: `${receiver}/` };
  const producer = site.producer({ url: server.api.url, connections: 200, batch: 1, total: jobs, job });
  await producer.exited;
  // Each is either accepted or told to come again; nothing breaks off.
  const { '503': _, ...others } = JSON.parse(producer.stdout) as Record<string, number>;
  expect(others).toEqual({ '201': jobs });
  await allFinished(server);
  return deliveredFigures(site);
});

scenario('F55 a rate limit over restarts', {}, async (site, random) => {
  const [jobs, rate] = [amount(80, 600), 20];
  const receiver = await site.receiver();
  let server = await site.serve();
  await server.api.request('POST', '/queues', { name: 'default', max_concurrency: 20, rate_limit_rps: rate });
  const job = { callback_url: `${receiver}/`, max_retries: 100 };
  await site.producer({ url: server.api.url, connections: 1, batch: 40, total: jobs, job }).exited;
  for (let restart = 0; restart < amount(3, 20); restart += 1) {
    const target = Math.min(jobs, site.ledger.deliveries.length + random.between(5, 20));
    await eventually(`${target} deliveries`, () => site.ledger.deliveries.length >= target, DEADLINE_MS);
    server.program.signal('SIGTERM');
    await server.program.exited;
    server = await site.serve();
  }
  await allFinished(server);
  const startedAt = readStored(site.database, (db) =>
    db.prepare<[], number>('SELECT started_at FROM jobs ORDER BY started_at').pluck().all(),
  );
  // In any stretch of time no more start than the bucket holds, and what flows into it meanwhile.
  startedAt.forEach((first, from) => {
    startedAt.slice(from).forEach((last, n) => {
      expect(n + 1).toBeLessThanOrEqual(rate + (rate * (last - first)) / 1000 + 1);
    });
  });
  return deliveredFigures(site);
});

scenario('F65 one idempotency key at the same time, over kills', {}, async (site, random) => {
  const job = { callback_url: 'http://127.0.0.1:9/', idempotency_key: 'once', delay_ms: 3_600_000 };
  const ids = new Set<string>();
  let created = 0;
  for (let kill = 0; kill < amount(2, 10); kill += 1) {
    const [a, b] = await Promise.all([site.serve(), site.serve()]);
    let answers = 0;
    const posts = Array.from({ length: 100 }, async (_, n) => {
      const { status, body } = await (n % 2 === 0 ? a : b).api.request('POST', '/jobs', job);
      answers += 1;
      if (status === 201) created += 1;
      else expect(status).toBe(200);
      ids.add(idOf(body));
    });
    const all = Promise.allSettled(posts);
    const enough = random.between(0, 60);
    await eventually(`${enough} answers`, () => answers >= enough, DEADLINE_MS);
    await Promise.all([a.program.kill(), b.program.kill()]);
    for (const result of await all) {
      // Whose connection broke off has no answer; any other was right.
      if (result.status === 'rejected') expect(String(result.reason)).toMatch(/fetch failed|terminated/);
    }
  }
  expect(ids.size).toBeLessThanOrEqual(1);
  expect(created).toBeLessThanOrEqual(1);
  const { api } = await site.serve();
  const last = await api.request('POST', '/jobs', job);
  ids.add(idOf(last.body));
  expect(ids.size).toBe(1);
  expect((await api.counts()).total).toBe(1);
  return { acknowledged: 1, lost: 0, duplicates: 0, allowed: 0 };
});

/** Connections that the test holds open, without a request on them. */
async function holdConnections(site: Site, { api }: Server, count: number): Promise<Set<Socket>> {
  const { hostname, port } = new URL(api.url);
  const open = new Set<Socket>();
  site.onClose(() => {
    for (const socket of open) socket.destroy();
  });
  for (let n = 0; n < count; n += 1) {
    const socket = connect(Number(port), hostname).on('error', () => undefined);
    socket.on('close', () => open.delete(socket)).resume();
    open.add(socket);
    await once(socket, 'connect');
  }
  return open;
}

scenario('F67 no descriptors left', {}, async (site) => {
  const receiver = await site.receiver();
  const server = await site.serve();
  await server.api.request('POST', '/queues', { name: 'default', max_concurrency: 20 });
  const job = { callback_url: `${receiver}/?delay=20`, max_retries: 1000 };
  await site.producer({ url: server.api.url, connections: 2, batch: 50, total: 200, job }).exited;
  // Only now: to load its modules, Node itself wants more.
  execFileSync('prlimit', ['--pid', String(server.program.pid), '--nofile=60:60']);
  const held = await holdConnections(site, server, 150);
  const descriptors = `/proc/${server.program.pid}/fd`;
  await eventually('all are taken', () => readdirSync(descriptors).length >= 59, DEADLINE_MS);
  for (const socket of held) socket.destroy();
  await allFinished(server);
  expect(server.program.stderr).toBe('');
  return deliveredFigures(site);
});

scenario('F68 clients that send their request byte by byte', {}, async (site) => {
  const receiver = await site.receiver();
  const server = await site.serve();
  const slow = await holdConnections(site, server, 500);
  const answers = new Map<Socket, string>();
  for (const socket of slow) {
    answers.set(socket, '');
    socket.on('data', (chunk) => answers.set(socket, (answers.get(socket) ?? '') + String(chunk)));
    socket.write('GET / HTTP/1.1\r\nX: ');
  }
  const trickle = setInterval(() => {
    for (const socket of slow) socket.write('x');
  }, 1000);
  site.onClose(() => clearInterval(trickle));
  // The others are served meanwhile.
  const job = { callback_url: `${receiver}/` };
  await site.producer({ url: server.api.url, connections: 4, batch: 1, total: 300, job }).exited;
  await allFinished(server);
  await eventually('the server has closed them all', () => slow.size === 0, DEADLINE_MS);
  const statuses = new Set([...answers.values()].map((answer) => answer.split('\r\n', 1)[0]));
  expect([...statuses]).toEqual(['HTTP/1.1 408 Request Timeout']);
  return deliveredFigures(site);
});
