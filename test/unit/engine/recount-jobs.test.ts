import { expect, test } from 'vitest';
import { RECOUNT_DELAY_MS, RecountJobs } from '../../../src/application/engine/recount-jobs.js';
import { FakeClock } from '../../support/fake-clock.js';

test('nothing is counted until what waited at the start has had its time', async () => {
  const clock = new FakeClock(1000);
  let steps = 0;
  const recount = () => {
    steps += 1;
    return Promise.resolve(steps < 2);
  };
  const pass = new RecountJobs({ jobs: { recount }, clock });
  const beginsAt = 1000 + RECOUNT_DELAY_MS;
  expect([await pass.runOnce(), steps]).toEqual([{ nextRunAt: beginsAt }, 0]);
  clock.advance(RECOUNT_DELAY_MS - 1);
  expect([await pass.runOnce(), steps]).toEqual([{ nextRunAt: beginsAt }, 0]);
  clock.advance(1);
  expect([await pass.runOnce(), steps]).toEqual([{ nextRunAt: beginsAt }, 1]);
  expect([await pass.runOnce(), steps]).toEqual([{ nextRunAt: null }, 2]);
});
