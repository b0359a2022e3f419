import { describe, expect, test } from 'vitest';
import type { Job } from '../../../src/domain/job/job.js';
import type { KeptAttempt } from '../../../src/application/ports/job-queries.js';
import type { FailedAttempt } from '../../../src/domain/job/outcome.js';
import { NOW, pendingJob } from '../../support/jobs.js';
import { startDashboard, type Page } from './pages.js';

/** The page of a job that has failed so. */
async function pageOf(
  state: Partial<Job>,
  failures: readonly (FailedAttempt & Partial<KeptAttempt>)[] = [],
): Promise<Page> {
  const dashboard = await startDashboard();
  const job = pendingJob(state);
  dashboard.data.jobs.set(job.id, job);
  const kept = failures.map((attempt) => ({ omittedBefore: 0, ...attempt }));
  dashboard.data.failedAttempts.set(job.id, kept);
  return dashboard.shown(`/dashboard/jobs/${job.id}`);
}

/** The steps of the time line. */
function steps(page: Page): string[] {
  return page.texts('li');
}

function failure(number: number, change: Partial<FailedAttempt> = {}): FailedAttempt {
  const startedAt = NOW + number * 10_000;
  return {
    number,
    startedAt,
    finishedAt: startedAt + 1500,
    statusCode: 500,
    error: 'HTTP 500',
    responseExcerpt: `answer ${number}`,
    ...change,
  };
}

describe('the attempts of a job', () => {
  test('that was never tried: the first is to come', async () => {
    expect(steps(await pageOf({ visibleAt: NOW + 5000 }))).toEqual(['First attempt 2024-01-15 10:00:05']);
  });

  test('that has failed: each, with its answer, and when the next comes', async () => {
    const page = await pageOf({ attempt: 2, visibleAt: NOW + 60_000 }, [
      failure(1),
      failure(2, { statusCode: null, error: 'connection refused', responseExcerpt: null }),
    ]);
    expect(steps(page)).toEqual([
      'Attempt 1 failed 2024-01-15 10:00:10 UTC took 1.5 s HTTP 500 answer 1',
      'Attempt 2 failed 2024-01-15 10:00:20 UTC took 1.5 s connection refused',
      'Next attempt 2024-01-15 10:01:00',
    ]);
    expect(page.group('Response to attempt 1')).toBe('answer 1');
  });

  test('of which some in the middle are not kept: how many', async () => {
    const page = await pageOf({ status: 'dead', attempt: 900 }, [
      failure(50),
      { ...failure(851), omittedBefore: 800 },
      { ...failure(3), omittedBefore: 1 },
    ]);
    expect(steps(page).filter((step) => !step.startsWith('Attempt'))).toEqual([
      '800 failed attempts in between are not kept.',
      '1 failed attempt in between is not kept.',
    ]);
  });

  test('that runs: the one under way', async () => {
    const page = await pageOf({ status: 'running', attempt: 2, startedAt: NOW + 30_000 }, [failure(1)]);
    expect(steps(page).slice(1)).toEqual(['Attempt 2 running 2024-01-15 10:00:30 UTC']);
  });

  test('that is completed: the last one succeeded, and its answer is the result', async () => {
    const page = await pageOf(
      { status: 'completed', attempt: 2, startedAt: NOW + 30_000, completedAt: NOW + 30_250, result: 'done' },
      [failure(1)],
    );
    expect(steps(page).slice(1)).toEqual(['Attempt 2 succeeded 2024-01-15 10:00:30 UTC took 250 ms']);
    expect(page.group('Result')).toBe('done');
  });

  test('that is dead: all of them, and none to come', async () => {
    const page = await pageOf(
      { status: 'dead', attempt: 3, startedAt: NOW + 30_000, completedAt: NOW + 31_500 },
      [failure(1), failure(2), failure(3)],
    );
    expect(steps(page)).toHaveLength(3);
    expect(page.html).not.toContain('attempt next');
  });

  test('that was retried by hand: where the count starts anew', async () => {
    const page = await pageOf({ status: 'running', attempt: 1, startedAt: NOW + 90_000 }, [
      failure(1),
      failure(2),
      failure(1),
    ]);
    expect(steps(page).map((step) => /^(?:Attempt \d|.*\.$)/.exec(step)?.[0])).toEqual([
      'Attempt 1',
      'Attempt 2',
      'Retried by hand: the count starts anew.',
      'Attempt 1',
      'Retried by hand: the count starts anew.',
      'Attempt 1',
    ]);
  });

  test('that nobody knows of any more', async () => {
    const page = await pageOf({ status: 'dead', attempt: 3 });
    expect(page.text).toContain('None is on record.');
    expect(steps(page)).toEqual([]);
  });

  test('that has very many: the last fifty, and it says so', async () => {
    const failures = Array.from({ length: 60 }, (_, index) => failure(index + 1));
    const page = await pageOf({ attempt: 60 }, failures);
    expect(steps(page)[0]).toBe('The last 50 are shown.');
    expect(steps(page)[1]).toMatch(/^Attempt 11 /);
    expect(steps(page)).toHaveLength(52);
  });

  test('are text, whatever the receiver answered', async () => {
    const page = await pageOf({ attempt: 1 }, [
      failure(1, { error: '<img src=x>', responseExcerpt: '</pre><script>alert(1)</script>\u0007' }),
    ]);
    expect(page.html).not.toMatch(/<img|<script>/);
    expect(page.group('Response to attempt 1')).toBe('</pre><script>alert(1)</script>\u2407');
  });

  test('that took no time at all took 0 ms, and an empty answer is none to show', async () => {
    const page = await pageOf({ attempt: 1 }, [
      failure(1, { finishedAt: NOW + 10_000, responseExcerpt: null, statusCode: 404, error: 'HTTP 404' }),
    ]);
    expect(steps(page)[0]).toBe('Attempt 1 failed 2024-01-15 10:00:10 UTC took 0 ms HTTP 404');
    expect(page.elements('pre')).toHaveLength(1);
  });
});
