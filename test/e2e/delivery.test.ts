import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { afterEach, describe, expect, test } from 'vitest';
import { z } from 'zod';
import { startBlackHole } from '../support/black-hole.js';
import { eventually } from '../support/eventually.js';
import { programs } from '../support/program.js';
import { receivers } from '../support/receiver.js';

const { folder, serve } = programs();
const receiver = receivers();
const servers: Server[] = [];
const sockets = new Set<Socket>();

afterEach(() => {
  for (const socket of sockets) socket.destroy();
  sockets.clear();
  for (const server of servers.splice(0)) server.close();
});

/** A target that does to each connection what it likes. */
async function target(behave: (socket: Socket) => void): Promise<string> {
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    behave(socket);
  });
  servers.push(server);
  return `http://127.0.0.1:${await listen(server)}/hook`;
}

async function listen(server: Server): Promise<number> {
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address: AddressInfo | string | null = server.address();
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

test('a delivery is the documented request', async () => {
  const { api } = await serve(await folder());
  const hooks = await receiver();
  const payload = { to: 'user@example.com', ключ: 'значение', n: [1, 2.5, null, true] };
  const job = await api.enqueue({
    callback_url: `${hooks.url}/a/b?c=d`,
    queue_name: 'e mails/é'.replace('é', '~'),
    payload,
  });
  const done = await api.until(job.id, 'completed');
  expect(done).toMatchObject({ result: 'ok', attempt: 1, result_truncated: false });
  expect(hooks.requests).toHaveLength(1);
  expect(hooks.requests[0]).toMatchObject({
    method: 'POST',
    path: '/a/b?c=d',
    body: JSON.stringify(payload),
  });
  expect(hooks.requests[0]?.headers).toMatchObject({
    'content-type': 'application/json',
    'x-mininq-job-id': job.id,
    'x-mininq-attempt': '1',
    'x-mininq-queue': 'e mails/~',
    host: new URL(hooks.url).host,
  });
});

test('a payload arrives byte for byte', async () => {
  const { api } = await serve(await folder());
  const hooks = await receiver();
  const payload = String.raw`{"10":12345678901234567890,"2":[1.10, 1e-400],"\u0041":"\u00e9\/", "2":{}}`;
  const response = await fetch(`${api.url}/jobs`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    body: `{"callback_url": "${hooks.url}", "payload": ${payload} }`,
  });
  expect(response.status).toBe(201);
  await eventually('the delivery', () => hooks.requests.length === 1);
  expect(hooks.requests[0]?.body).toBe(payload);
});

test('at rest, a delivery does not wait for the poll', async () => {
  const { api } = await serve(await folder('[worker]\npoll_interval_ms = 3600000\n'));
  const hooks = await receiver();
  for (let n = 1; n <= 20; n += 1) {
    await api.enqueue({ callback_url: hooks.url });
    await eventually(`delivery ${n}`, () => hooks.requests.length === n);
  }
  await api.enqueue({ callback_url: hooks.url, delay_ms: 200 });
  await eventually('the delayed delivery', () => hooks.requests.length === 21);
});

test('5xx is retried up to max_retries, with the attempt counted', async () => {
  const { api } = await serve(await folder());
  const hooks = await receiver();
  hooks.answer((response, { attempt }) => {
    response.statusCode = attempt < 3 ? 503 : 200;
    response.end('answer');
  });
  const lucky = await api.enqueue({ callback_url: hooks.url, base_delay_ms: 5 });
  const unlucky = await api.enqueue({ callback_url: hooks.url, base_delay_ms: 5, max_retries: 1 });
  expect(await api.until(lucky.id, 'completed')).toMatchObject({ attempt: 3, result: 'answer' });
  expect(await api.until(unlucky.id, 'dead')).toMatchObject({ attempt: 2, last_error: 'HTTP 503' });
  expect(hooks.deliveries).toEqual(
    new Map([
      [lucky.id, 3],
      [unlucky.id, 2],
    ]),
  );
});

test('4xx is permanent; a retry by hand starts anew', async () => {
  const { api } = await serve(await folder());
  const hooks = await receiver();
  hooks.answer((response) => {
    response.statusCode = 404;
    response.end();
  });
  const job = await api.enqueue({ callback_url: hooks.url });
  expect(await api.until(job.id, 'dead')).toMatchObject({ attempt: 1, last_error: 'HTTP 404' });
  hooks.answer((response) => response.end('now'));
  const retried = await api.request('POST', `/jobs/${job.id}/retry`);
  expect(retried).toMatchObject({ status: 200, body: { status: 'pending', attempt: 0, last_error: null } });
  expect(await api.until(job.id, 'completed')).toMatchObject({ attempt: 1, result: 'now' });
});

describe('a hostile target costs its own job one attempt, and nobody else anything', () => {
  const hostile: [string, (socket: Socket) => void, RegExp][] = [
    ['never answers', () => undefined, /^timeout/],
    [
      'trickles for ever',
      (socket) => {
        socket.write('HTTP/1.1 200 OK\r\nX-Slow: ');
        const drip = setInterval(() => socket.write('x'), 20);
        socket.on('close', () => clearInterval(drip));
      },
      /^timeout/,
    ],
    ['resets', (socket) => socket.once('data', () => socket.resetAndDestroy()), /^reset/],
    [
      'redirects',
      (socket) =>
        socket.once('data', () => socket.end('HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\n\r\n')),
      /^HTTP 302: redirects are not followed$/,
    ],
    ['talks rubbish', (socket) => socket.end('SSH-2.0-OpenSSH_9.2\r\n'), /^(protocol|aborted)/],
  ];

  test.each(hostile)('it %s', async (_, behave, expected) => {
    const { api, program } = await serve(await folder());
    const hooks = await receiver();
    const callbackUrl = await target(behave);
    const job = await api.enqueue({
      callback_url: callbackUrl,
      queue_name: 'bad',
      timeout_ms: 300,
      max_retries: 0,
    });
    const healthy = await api.enqueueAll(Array.from({ length: 20 }, () => ({ callback_url: hooks.url })));
    for (const { id } of healthy) await api.until(id, 'completed');
    const dead = await api.until(job.id, 'dead');
    expect(dead.attempt).toBe(1);
    expect(dead.last_error).toMatch(expected);
    expect(program.stderr).toBe('');
  });

  test('it cannot be reached or resolved', async () => {
    const { api } = await serve(await folder());
    const closed = createServer();
    const port = await listen(closed);
    await new Promise((resolve) => closed.close(resolve));
    const refused = await api.enqueue({ callback_url: `http://127.0.0.1:${port}/`, max_retries: 0 });
    const unknown = await api.enqueue({ callback_url: 'http://no-such-host.invalid/', max_retries: 0 });
    expect((await api.until(refused.id, 'dead')).last_error).toMatch(/^refused/);
    expect((await api.until(unknown.id, 'dead')).last_error).toMatch(/^dns/);
  });

  test('it swallows every attempt to connect', async () => {
    const hooks = await receiver();
    const port = await startBlackHole();
    const { api } = await serve(await folder());
    const [swallowed, ...others] = await api.enqueueAll([
      { callback_url: `http://127.0.0.1:${port}/`, timeout_ms: 1000, max_retries: 0 },
      ...Array.from({ length: 20 }, () => ({ callback_url: hooks.url })),
    ]);
    for (const { id } of others) await api.until(id, 'completed');
    expect(await api.until(swallowed?.id ?? '', 'dead')).toMatchObject({
      attempt: 1,
      last_error: 'timeout: no complete answer within 1000 ms (connecting)',
    });
    expect(hooks.requests).toHaveLength(20);
  });

  test('it sends 200 MB: what fits is kept, the rest is cut', async () => {
    const { api } = await serve(await folder('[defaults]\nmax_result_bytes = 1000\n'));
    let sent = 0;
    const flood = createHttpServer((_, response) => {
      const piece = Buffer.alloc(1_000_000, 'x');
      const push = (): void => {
        while (sent < 200_000_000 && !response.destroyed) {
          sent += piece.length;
          if (!response.write(piece)) {
            response.once('drain', push);
            return;
          }
        }
        response.end();
      };
      push();
    });
    servers.push(flood);
    const job = await api.enqueue({ callback_url: `http://127.0.0.1:${await listen(flood)}/` });
    const done = await api.until(job.id, 'completed');
    expect(done).toMatchObject({ attempt: 1, result: 'x'.repeat(1000), result_truncated: true });
    expect(sent).toBeLessThan(50_000_000);
  });
});

test('a schedule makes a job at each tick, in one of two servers', async () => {
  const cwd = await folder();
  const hooks = await receiver();
  const [a] = await Promise.all([serve(cwd), serve(cwd)]);
  const { status, body } = await a.api.request('POST', '/schedules', {
    cron_expression: '* * * * * *',
    callback_url: hooks.url,
    payload: { task: 'tick' },
  });
  expect(status).toBe(201);
  expect(body).toMatchObject({ enabled: 1, payload: '{"task":"tick"}' });
  await eventually('three ticks', () => hooks.requests.length >= 3);
  // One a tick: no two were made within the same second.
  const jobs = z.array(z.looseObject({ created_at: z.string() }));
  const seconds = jobs
    .parse((await a.api.request('GET', '/jobs')).body)
    .map((job) => job.created_at.slice(0, 19));
  expect(seconds.length).toBeGreaterThanOrEqual(3);
  expect(new Set(seconds).size).toBe(seconds.length);
});

test('a rate limit holds over a restart', async () => {
  const cwd = await folder();
  const hooks = await receiver();
  const first = await serve(cwd);
  await first.api.request('POST', '/queues', { name: 'slow', rate_limit_rps: 0.01 });
  await first.api.enqueueAll(
    [1, 2].map((n) => ({ callback_url: hooks.url, queue_name: 'slow', payload: { n } })),
  );
  await eventually('the first delivery', () => hooks.requests.length === 1);
  first.program.signal('SIGTERM');
  await first.program.exited;

  const second = await serve(cwd);
  const other = await second.api.enqueue({ callback_url: hooks.url });
  await second.api.until(other.id, 'completed');
  expect(await second.api.counts()).toMatchObject({ completed: 2, pending: 1 });
});

test('log lines about a job carry its id and queue, and no password', async () => {
  const { api, program } = await serve(await folder(), ['--log-level', 'debug']);
  const hooks = await receiver();
  hooks.answer((response) => {
    response.statusCode = 500;
    response.end();
  });
  const url = new URL(hooks.url);
  url.username = 'user';
  url.password = 'hunter2';
  const job = await api.enqueue({ callback_url: url.href, queue_name: 'q', max_retries: 0 });
  await api.until(job.id, 'dead');
  expect(hooks.requests[0]?.headers.authorization).toBe(
    `Basic ${Buffer.from('user:hunter2').toString('base64')}`,
  );
  const lines = await eventually('the line', () => {
    const about = program.log.filter((line) => line['job_id'] === job.id);
    return about.length > 0 ? about : null;
  });
  expect(lines.every((line) => line['queue'] === 'q')).toBe(true);
  expect(program.stdout).not.toContain('hunter2');
});
