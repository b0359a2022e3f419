import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.js';
import { Api } from '../support/program.js';
import { scenario, type Figures } from './harness/scenario.js';
import { DEADLINE_MS, suiteProgram, type Site } from './harness/site.js';
import { expectSound, storedJobs } from './harness/stored.js';

const OTHERS = 40;
const MOST_DEATHS = 3;
const SERVER = {
  command: suiteProgram('handlers-server'),
  env: { NODE_OPTIONS: '--max-old-space-size=64', MININQ_DEFAULTS_MAX_CRASHES: String(MOST_DEATHS) },
};

/** A job whose handler ends the process is given up after a while, and the other jobs are not held up. */
async function survive(deadly: string, site: Site): Promise<Figures> {
  const first = await site.serve({ ...SERVER, env: { ...SERVER.env, MININQ_WORKER_QUEUES: 'none' } });
  const { id } = await first.api.enqueue({
    callback_url: `do:${deadly}`,
    timeout_ms: 1000,
    max_retries: 0,
  });
  const others = await first.api.enqueueAll(
    Array.from({ length: OTHERS }, () => ({ callback_url: 'do:well', max_retries: 0 })),
  );
  await first.program.kill();

  let deaths = 0;
  for (;;) {
    const program = site.run(SERVER);
    const ended = await Promise.race([program.exited.then(() => true), settled(program.url(), id)]);
    if (!ended) break;
    deaths += 1;
    expect(deaths).toBeLessThanOrEqual(MOST_DEATHS);
  }
  expect(deaths).toBe(MOST_DEATHS);
  expectSound(site.database);
  const stored = storedJobs(site.database);
  expect(stored.get(id)?.status).toBe('dead');
  const lost = others.filter((other) => stored.get(other.id)?.status !== 'completed').length;
  return { acknowledged: OTHERS + 1, lost, duplicates: null, allowed: null };
}

/** @returns false once the job is dead and no other is left; never, when the server dies before */
async function settled(url: Promise<string>, id: string): Promise<false> {
  try {
    const api = new Api(await url);
    await api.until(id, 'dead', DEADLINE_MS);
    await eventually(
      'the others are done',
      async () => (await api.counts()).completed === OTHERS,
      DEADLINE_MS,
    );
    return false;
  } catch (error) {
    // The server died; whoever waits for its end hears of it.
    if (error instanceof Error && error.message.startsWith('not within')) throw error;
    return new Promise<never>(() => undefined);
  }
}

scenario('F9 an event loop that is blocked for longer than a worker may be silent', {}, async (site) => {
  const blocked = await site.serve(SERVER);
  // Not at once, or the event loop would be blocked before the answer is sent.
  const spin = { callback_url: 'do:spin', timeout_ms: 300, delay_ms: 1000 };
  const { id } = await blocked.api.enqueue(spin);
  await eventually('it is claimed', () => storedJobs(site.database).get(id)?.attempt === 1, DEADLINE_MS);
  const other = await site.serve(SERVER);
  const done = await other.api.until(id, 'completed', DEADLINE_MS);
  expect(done).toMatchObject({ attempt: 1, crashes: 1 });
  writeFileSync(join(site.folder, 'go'), '');
  await eventually(
    'the late result is dropped',
    () => blocked.program.log.some(({ msg }) => msg.startsWith('result dropped')),
    DEADLINE_MS,
  );
  expect(storedJobs(site.database).get(id)).toMatchObject({ status: 'completed', attempt: 1 });
  // It goes on as if nothing had been.
  const { id: next } = await blocked.api.enqueue({ callback_url: 'do:well' });
  await blocked.api.until(next, 'completed', DEADLINE_MS);
  expectSound(site.database);
  return null;
});

scenario('F10 a handler that takes all memory', {}, (site) => survive('exhaust', site));

scenario('F11 a handler that aborts the process', {}, (site) => survive('abort', site));

scenario('F12 a handler whose rejection nobody handles', {}, (site) => survive('reject', site));

scenario('F12 a handler that throws from a timer', {}, (site) => survive('throw', site));
