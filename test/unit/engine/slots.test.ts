import { expect, test } from 'vitest';
import { Slots } from '../../../src/application/engine/slots.js';
import { FakeClock } from '../../support/fake-clock.js';
import { NOW, runningJob } from '../../support/jobs.js';

const TIMEOUT_MS = 1000;

function job(queueName: string, host: string) {
  return runningJob({ queueName, callbackUrl: `http://${host}.test/`, timeoutMs: TIMEOUT_MS });
}

test('an attempt that ended in time counts as such, however long the store took for its outcome', () => {
  const clock = new FakeClock(NOW);
  const slots = new Slots(10, clock);
  for (let n = 0; n < 3; n += 1) {
    const release = slots.take(job('a', 'a'));
    clock.advance(TIMEOUT_MS * 2);
    release(TIMEOUT_MS / 2);
  }
  expect(slots.toShare(10).leftBy('a'), 'a queue that moves leaves one of ten').toBe(1);
  for (let n = 0; n < 2; n += 1) slots.take(job('a', 'a'))(TIMEOUT_MS);
  expect(slots.toShare(10).leftBy('a'), 'one that ran out of time twice leaves eight').toBe(8);
});

test('a job refused in the claim that admitted another of its queue is remembered', () => {
  const slots = new Slots(10, new FakeClock(NOW));
  for (let n = 0; n < 6; n += 1) slots.take(job(`hanging-${n}`, 'full'));
  const pass = slots.admission();
  pass.begin();
  const [admitted, refused] = [job('mixed', 'other'), job('mixed', 'full')];
  expect([pass.job(admitted), pass.job(refused)]).toEqual([true, false]);
  slots.take(admitted);
  expect(slots.admission().queue('mixed'), 'nothing to claim from it now').toBe(false);
});
