import { describe, expect, test } from 'vitest';
import { PruneFinishedJobs } from '../../../src/application/engine/prune-finished-jobs.js';
import { MemoryData } from '../../../src/infrastructure/memory/memory-data.js';
import { MemoryJobStore } from '../../../src/infrastructure/memory/memory-job-store.js';
import { FakeClock } from '../../support/fake-clock.js';
import { NOW, pendingJob, runningJob } from '../../support/jobs.js';
import { recordedEvents } from '../../support/recorded-events.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import type { Job } from '../../../src/domain/job/job.js';

const DAY_MS = 86_400_000;
const RETENTION_DAYS = 30;
const STEP = 200;
const EDGE = NOW - RETENTION_DAYS * DAY_MS;

function finished(completedAt: number, status: 'completed' | 'dead' = 'completed'): Job {
  return pendingJob({ status, completedAt, attempt: 1, leaseToken: 1 });
}

function pruning(jobs: readonly Job[]) {
  const data = new MemoryData();
  for (const job of jobs) data.jobs.set(job.id, job);
  const logger = new RecordingLogger();
  const { events, published } = recordedEvents();
  const prune = new PruneFinishedJobs(
    { jobs: new MemoryJobStore(data), clock: new FakeClock(NOW), events, logger },
    { completed: RETENTION_DAYS * DAY_MS, dead: RETENTION_DAYS * DAY_MS },
  );
  return { data, logger, published, runOnce: () => prune.runOnce() };
}

describe('the retention period', () => {
  test.each([
    ['completed before it', finished(EDGE - 1), true],
    ['dead before it', finished(EDGE - 1, 'dead'), true],
    ['completed at its very beginning', finished(EDGE), false],
    ['dead within it', finished(NOW, 'dead'), false],
    ['pending for ever so long', pendingJob({ createdAt: 0, updatedAt: 0, visibleAt: 0 }), false],
    ['running for ever so long', runningJob({ createdAt: 0, startedAt: 0, visibleAt: 0 }), false],
  ])('%s', async (_case, job, goes) => {
    const { data, runOnce } = pruning([job]);
    expect(await runOnce()).toEqual({ deleted: goes ? 1 : 0, nextRunAt: null });
    expect(data.jobs.has(job.id)).toBe(!goes);
  });
});

test.each([
  [0, [0]],
  [STEP - 1, [STEP - 1]],
  [STEP, [STEP, 0]],
  [2 * STEP + 50, [STEP, STEP, 50]],
])('%d old jobs go in steps of %j, the next one at once until one is not full', async (count, steps) => {
  const { data, runOnce } = pruning(Array.from({ length: count }, () => finished(0)));
  const reports = [];
  do reports.push(await runOnce());
  while (reports.at(-1)?.nextRunAt === NOW);
  const expected = steps.map((deleted) => ({ deleted, nextRunAt: deleted === STEP ? NOW : null }));
  expect(reports).toEqual(expected);
  expect(data.jobs.size).toBe(0);
});

test('what was deleted is logged and told, nothing is not', async () => {
  const { logger, published, runOnce } = pruning([finished(0), finished(1)]);
  await runOnce();
  await runOnce();
  expect(logger.lines).toEqual([{ level: 'debug', message: 'finished jobs deleted', fields: { count: 2 } }]);
  expect(published).toEqual(['jobs_changed']);
});
