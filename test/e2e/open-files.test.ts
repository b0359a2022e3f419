import { once } from 'node:events';
import { Agent, request, type IncomingMessage, type ServerResponse } from 'node:http';
import { connect } from 'node:net';
import { text } from 'node:stream/consumers';
import { expect, onTestFinished, test } from 'vitest';
import { z } from 'zod';
import { eventually } from '../support/eventually.js';
import { answer, startHostileServer } from '../support/hostile-server.js';
import { Api, MAIN, programs } from '../support/program.js';
import { receivers } from '../support/receiver.js';

const JOBS = 600;

const { folder, run } = programs();
const receiver = receivers();

/** A server that may have so many files and sockets open. */
async function serveWithin(openFiles: number, config: string) {
  const program = run({
    cwd: await folder(config),
    command: ['sh', '-c', `ulimit -n ${openFiles}; exec "$0" "$@"`, process.execPath, MAIN],
    args: ['--host', '127.0.0.1', '--port', '0'],
  });
  return { program, api: new Api(await program.url()) };
}

test('out of descriptors, no attempt is used up without its request', async () => {
  const hooks = await receiver();
  const held: ServerResponse[] = [];
  hooks.answer((response) => held.push(response));
  const { program, api } = await serveWithin(256, '[worker]\nconcurrency = 400\n');
  await api.request('POST', '/queues', { name: 'default', max_concurrency: 400 });
  await api.enqueueAll(
    Array.from({ length: JOBS }, (_, n) => ({
      callback_url: n % 2 === 0 ? hooks.url : hooks.url.replace('127.0.0.1', 'localhost'),
      payload: { n },
      max_retries: 0,
    })),
  );
  // The second time, the name is looked up without one as well.
  await eventually(
    'descriptors have run out twice',
    () => program.log.filter(({ msg }) => msg === 'attempts cannot be made and are given back').length >= 2,
  );
  expect(held.length).toBeGreaterThan(0);

  hooks.answer((response) => response.end('ok'));
  for (const response of held) response.end('ok');
  await eventually(
    'all jobs have ended',
    async () => {
      // While there are no descriptors, the server cannot accept a connection either.
      const counts = await api.counts().catch(() => null);
      return counts !== null && counts.completed + counts.dead === JOBS;
    },
    40_000,
  );
  expect(await api.counts()).toMatchObject({ completed: JOBS, dead: 0 });
  expect(hooks.requests).toHaveLength(JOBS);
  expect(hooks.deliveries.size).toBe(JOBS);
  expect(new Set(hooks.requests.map(({ attempt }) => attempt))).toEqual(new Set([1]));
  expect(new Set(hooks.requests.map(({ headers }) => headers.host))).toHaveProperty('size', 2);
  program.signal('SIGTERM');
  expect((await program.exited).code).toBe(0);
});

test('however many clients connect, jobs are taken and delivered, and all is well again afterwards', async () => {
  const hooks = await receiver();
  const { program, api } = await serveWithin(256, '');
  const { port } = new URL(api.url);
  // Its connection is there before the crowd is.
  const client = clientOf(api.url);
  await client('GET', '/metrics');
  const crowd = await crowdAt(Number(port), 400);
  await eventually('the server refuses connections', () => crowd.refused >= 200);

  const jobs = Array.from({ length: 50 }, (_, n) => ({
    callback_url: hooks.url,
    payload: { n },
    max_retries: 0,
  }));
  await client('POST', '/jobs/batch', { jobs });
  await eventually('all are delivered', async () => {
    const { body } = await client('GET', '/jobs?status=completed&limit=100');
    return completedJobs.parse(JSON.parse(body)).length === 50;
  });
  expect(hooks.requests).toHaveLength(50);
  expect(hooks.deliveries.size).toBe(50);

  crowd.leave();
  await eventually('a new client is served', () =>
    exchange(Number(port)).then((answer) => answer.startsWith('HTTP/1.1 200')),
  );
  const trouble = program.log.filter(({ level }) => level !== 'info');
  expect(new Set(trouble.map(({ msg }) => msg))).toEqual(
    new Set(['connections are refused: there are as many as there may be']),
  );
  program.signal('SIGTERM');
  expect((await program.exited).code).toBe(0);
});

test('5,000 origins take no more descriptors than few do', async () => {
  const hooks = await startHostileServer((socket) => socket.write(answer('200 OK', 'ok')), {
    host: '0.0.0.0',
  });
  const { program, api } = await serveWithin(256, '[worker]\nconcurrency = 50\n');
  await api.request('POST', '/queues', { name: 'default', max_concurrency: 50 });
  for (let batch = 0; batch < 5; batch += 1) {
    const jobs = Array.from({ length: 1000 }, (_, n) => ({
      callback_url: `http://127.${batch + 1}.${Math.floor(n / 250)}.${(n % 250) + 1}:${hooks.port}/`,
      max_retries: 0,
    }));
    await api.enqueueAll(jobs);
  }
  await eventually(
    'all have ended',
    async () => {
      const { completed, dead } = await api.counts();
      return completed + dead === 5000;
    },
    50_000,
  );
  expect(await api.counts()).toMatchObject({ completed: 5000, dead: 0 });
  expect(hooks.requests).toHaveLength(5000);
  expect(hooks.accepted()).toBe(5000);
  // Were they not ended, descriptors would have run out, and the log would say so.
  expect(program.log.filter(({ level }) => level !== 'info')).toEqual([]);
});

const completedJobs = z.array(z.looseObject({ attempt: z.literal(1) }));

/** A client with one connection, which it keeps. */
function clientOf(url: string) {
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  return async (method: string, path: string, body?: unknown): Promise<{ status: number; body: string }> => {
    const headers = { 'Content-Type': 'application/json' };
    const sent = request(url + path, { agent, method, headers });
    sent.end(body === undefined ? undefined : JSON.stringify(body));
    const response = await new Promise<IncomingMessage>((resolve, reject) =>
      sent.once('response', resolve).once('error', reject),
    );
    return { status: response.statusCode ?? 0, body: await text(response) };
  };
}

/** Clients that connect and say nothing. */
async function crowdAt(port: number, size: number) {
  const crowd = { refused: 0, leave: () => sockets.forEach((socket) => socket.destroy()) };
  const sockets = Array.from({ length: size }, () =>
    connect(port, '127.0.0.1')
      .on('error', () => undefined)
      .on('close', () => (crowd.refused += 1))
      .resume(),
  );
  onTestFinished(crowd.leave);
  await Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => undefined)));
  return crowd;
}

/** What the server answers on a new connection; '' when it closes it. */
async function exchange(port: number): Promise<string> {
  const socket = connect(port, '127.0.0.1').on('error', () => undefined);
  socket.end('GET /health HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n');
  let received = '';
  socket.on('data', (piece: Buffer) => (received += piece.toString()));
  await new Promise((resolve) => socket.once('close', resolve));
  return received;
}
