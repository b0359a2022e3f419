import type { ServerResponse } from 'node:http';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { eventually } from '../support/eventually.js';
import { programs, type Program } from '../support/program.js';
import { receivers } from '../support/receiver.js';
import { connectSqlite } from '../support/sqlite.js';

const { folder, run, serve } = programs();
const receiver = receivers();

async function stored(cwd: string, id: string) {
  const { queries, jobs } = connectSqlite(join(cwd, 'mininq.db'));
  const job = await queries.get(id);
  await jobs.close();
  return job;
}

/** A receiver that answers only when it is told to. */
async function holding() {
  const hooks = await receiver();
  const held: ServerResponse[] = [];
  hooks.answer((response) => held.push(response));
  return { hooks, held };
}

const stopping = (program: Program) => program.log.find(({ msg }) => msg === 'stopping');

test.each(['SIGTERM', 'SIGINT'] as const)('a job in flight survives %s', async (signal) => {
  const cwd = await folder();
  const { hooks, held } = await holding();
  const { program, api } = await serve(cwd);
  const [inFlight, waiting] = [
    await api.enqueue({ callback_url: hooks.url, queue_name: 'one' }),
    await api.enqueue({ callback_url: hooks.url, queue_name: 'one', delay_ms: 300 }),
  ];
  await eventually('the job is in flight', () => held.length === 1);

  program.signal(signal);
  await eventually('the server refuses connections', () =>
    fetch(`${api.url}/health`).then(
      () => false,
      () => true,
    ),
  );
  held[0]?.end('late, but there');
  expect(await program.exited).toEqual({ code: 0, signal: null });
  expect(program.stderr).toBe('');
  expect(await stored(cwd, inFlight.id)).toMatchObject({ status: 'completed', result: 'late, but there' });
  expect(await stored(cwd, waiting.id)).toMatchObject({ status: 'pending', attempt: 0 });
  expect(hooks.requests).toHaveLength(1);
});

test('a second signal gives the attempt back and ends at once', async () => {
  const cwd = await folder();
  const { hooks, held } = await holding();
  const { program, api } = await serve(cwd);
  const job = await api.enqueue({ callback_url: hooks.url, timeout_ms: 600_000 });
  await eventually('the job is in flight', () => held.length === 1);

  program.signal('SIGTERM');
  const heard = await eventually('the first signal is heard', () => stopping(program));
  // Within a second of the first it would be the same one.
  await eventually('a second has passed', () => Date.now() - Date.parse(String(heard['time'])) > 1100);
  program.signal('SIGTERM');
  expect((await program.exited).code).toBe(143);
  expect(await stored(cwd, job.id)).toMatchObject({ status: 'pending', attempt: 0, workerId: null });

  hooks.answer((response) => response.end());
  const again = await serve(cwd);
  await again.api.until(job.id, 'completed');
  expect(hooks.requests.map(({ attempt }) => attempt)).toEqual([1, 1]);
});

test('two signals at a time, as a terminal and npm send them, are one', async () => {
  const cwd = await folder();
  const { hooks, held } = await holding();
  const { program, api } = await serve(cwd);
  const job = await api.enqueue({ callback_url: hooks.url, timeout_ms: 600_000 });
  await eventually('the job is in flight', () => held.length === 1);

  // Two of a kind could become one on their way, and a process that stands still hears both of these at once.
  program.signal('SIGSTOP');
  program.signal('SIGINT');
  program.signal('SIGTERM');
  program.signal('SIGCONT');
  await eventually('the first signal is heard', () => stopping(program));
  held[0]?.end('done');
  expect(await program.exited).toEqual({ code: 0, signal: null });
  expect(await stored(cwd, job.id)).toMatchObject({ status: 'completed', attempt: 1, result: 'done' });
});

test('what still holds the event loop when all is stopped does not hold the process', async () => {
  const program = run({
    cwd: await folder(),
    args: ['--host', '127.0.0.1', '--port', '0'],
    env: { NODE_OPTIONS: '--import data:text/javascript,setInterval(()=>{},1000000)' },
  });
  await program.url();
  program.signal('SIGTERM');
  expect(await program.exited).toEqual({ code: 0, signal: null });
  expect(program.log.at(-1)).toMatchObject({ msg: 'stopped' });
});
