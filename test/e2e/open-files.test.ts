import type { ServerResponse } from 'node:http';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
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
    Array.from({ length: JOBS }, (_, n) => ({ callback_url: hooks.url, payload: { n }, max_retries: 0 })),
  );
  await eventually('descriptors run out', () =>
    program.log.some(({ msg }) => msg === 'attempts cannot be made and are given back'),
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
  program.signal('SIGTERM');
  expect((await program.exited).code).toBe(0);
});
