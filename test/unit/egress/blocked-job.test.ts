import { expect, onTestFinished, test, vi } from 'vitest';
import { DEFAULT_CONFIG, type Config } from '../../../src/application/config.js';
import { Secret } from '../../../src/application/secret.js';
import { createMininq, T, useMemoryStore } from '../../../src/index.js';
import { request } from '../../support/engine-harness.js';
import { startForwardProxy } from '../../support/forward-proxy.js';
import { answer, startHostileServer } from '../../support/hostile-server.js';
import { silentLogger } from '../../support/silent-logger.js';
import { valueOf } from '../../support/value-of.js';

/** The whole program over memory. @returns what it stores of a job that came in before the settings were so */
async function start(egress: Partial<Config['egress']>) {
  const config: Config = {
    ...DEFAULT_CONFIG,
    server: { ...DEFAULT_CONFIG.server, host: '127.0.0.1', port: 0 },
    egress: { ...DEFAULT_CONFIG.egress, ...egress },
  };
  const mininq = createMininq(config, (container) => {
    useMemoryStore(container);
    container.rebind(T.Logger).toConstantValue(silentLogger);
  });
  await mininq.start();
  onTestFinished(() => mininq.stop());
  return async (callbackUrl: string) => {
    const { enqueueCheckedJobs } = mininq.container.get(T.UseCases);
    const [outcome] = valueOf(await enqueueCheckedJobs([request({ callbackUrl, maxRetries: 5 })]));
    const id = outcome?.job.id ?? '';
    const queries = mininq.container.get(T.JobQueries);
    return vi.waitUntil(async () => {
      const job = await queries.get(id);
      return job?.status === 'dead' || job?.status === 'completed' ? job : null;
    });
  };
}

test('a job whose delivery is blocked is dead at its first attempt, and says which setting blocked it', async () => {
  const target = await startHostileServer((socket) => socket.write(answer('200 OK')));
  const deliver = await start({ private: false });
  expect(await deliver(target.origin)).toMatchObject({
    status: 'dead',
    attempt: 1,
    lastError: `blocked: 127.0.0.1:${target.port}: egress.private = false refuses loopback addresses that egress.allow does not list`,
  });
  expect(target.accepted()).toBe(0);
});

test('a job goes through the proxy of the configuration', async () => {
  const target = await startHostileServer((socket) => socket.write(answer('200 OK', 'done')));
  const proxy = await startForwardProxy();
  const deliver = await start({ proxy: new Secret(proxy.url) });
  expect(await deliver(target.origin)).toMatchObject({ status: 'completed', attempt: 1, result: 'done' });
  expect(proxy.asked).toEqual([`127.0.0.1:${target.port}`]);
});
