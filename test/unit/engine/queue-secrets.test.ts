import { expect, test } from 'vitest';
import { QueueSecrets } from '../../../src/application/engine/queue-secrets.js';
import { StoreUnavailableError } from '../../../src/application/errors.js';
import { newQueue, type Queue } from '../../../src/domain/queue/queue.js';
import { attempting } from '../../support/attempting.js';
import { engineHarness } from '../../support/engine-harness.js';
import { FakeClock } from '../../support/fake-clock.js';
import { NOW, QUEUE_DEFAULTS } from '../../support/jobs.js';
import { memoryStores } from '../../support/memory-stores.js';

const SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';

function queueOf(signingSecrets: Queue['signingSecrets']): Queue {
  return newQueue('mail', { ...QUEUE_DEFAULTS, signingSecrets }, NOW);
}

/** Secrets over a queue store that counts how often it is asked. */
function reading(fail: () => boolean = () => false) {
  const clock = new FakeClock(NOW);
  const stores = memoryStores();
  const reads: string[] = [];
  const { queues } = stores;
  const get = queues.get.bind(queues);
  queues.get = (name) => {
    reads.push(name);
    return fail() ? Promise.reject(new StoreUnavailableError('locked')) : get(name);
  };
  return { clock, stores, queues, reads, secrets: new QueueSecrets({ queues, clock }) };
}

test('secrets are read once for all attempts of two seconds', async () => {
  const { secrets, stores, reads, clock } = reading();
  await stores.queues.create(queueOf([SECRET]));
  expect(await Promise.all([secrets.of('mail'), secrets.of('mail')])).toEqual([[SECRET], [SECRET]]);
  clock.advance(1999);
  await secrets.of('mail');
  expect(reads).toEqual(['mail']);
});

test('what another process changed is seen two seconds later', async () => {
  const { secrets, stores, clock } = reading();
  await stores.queues.create(queueOf(null));
  expect(await secrets.of('mail')).toBeNull();
  await stores.queues.update('mail', { signingSecrets: [SECRET] }, NOW);
  clock.advance(2000);
  expect(await secrets.of('mail')).toEqual([SECRET]);
});

test('a queue that is gone has none of its own', async () => {
  expect(await reading().secrets.of('mail')).toBeNull();
});

test('a failure is not remembered', async () => {
  let fails = true;
  const { secrets, stores } = reading(() => fails);
  await stores.queues.create(queueOf([SECRET]));
  await expect(secrets.of('mail')).rejects.toThrow('locked');
  fails = false;
  expect(await secrets.of('mail')).toEqual([SECRET]);
});

test('an attempt whose secrets cannot be read is given back, unsent', async () => {
  const { queues } = reading(() => true);
  const { claimed, run, dispatcher, stores } = attempting({ queues });
  const job = await claimed();
  await run(job);
  expect(dispatcher.attempts).toEqual([]);
  expect(await stores.queries.get(job.id)).toMatchObject({ status: 'pending', attempt: 0 });
});

test('what this process changed is seen at once', async () => {
  const { engine, enqueue, queue, settle, dispatcher } = engineHarness();
  await queue('default', {});
  engine.start();
  await enqueue();
  await settle();
  await queue('default', { signingSecrets: [SECRET] });
  await enqueue();
  await settle();
  expect(dispatcher.attempts.map(({ signingSecrets }) => signingSecrets)).toEqual([null, [SECRET]]);
});
