import { describe, expect, test } from 'vitest';
import { SELECT_WAITING_AFTER } from '../../../src/infrastructure/sqlite/claimable-queues.js';
import {
  DELAYED_QUEUES_AFTER,
  NEXT_DELAYED,
  PROMOTE_DUE,
  PROMOTE_DUE_OF_QUEUE,
} from '../../../src/infrastructure/sqlite/delayed-jobs.js';
import { PRUNE, SELECT_EXPIRED, SELECT_READY } from '../../../src/infrastructure/sqlite/sqlite-job-store.js';
import { connectSqlite } from '../../support/sqlite.js';

/*
 * Neither a claim nor a sweep may scan or sort: its cost must not grow with the backlog.
 */
describe.each([
  ['a claim', SELECT_READY, ['SEARCH jobs USING INDEX idx_jobs_ready (queue_name=?)']],
  [
    'finding the queues of a claim',
    SELECT_WAITING_AFTER,
    [
      'SEARCH c USING INDEX idx_job_counts_ready (queue_name>?)',
      'SEARCH q USING INDEX sqlite_autoindex_queues_1 (name=?)',
    ],
  ],
  [
    'promoting due jobs',
    PROMOTE_DUE,
    [
      'SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)',
      'SEARCH jobs USING INDEX idx_jobs_delayed (visible_at<?)',
    ],
  ],
  [
    'promoting due jobs of a queue',
    PROMOTE_DUE_OF_QUEUE,
    [
      'SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)',
      'SEARCH jobs USING INDEX idx_jobs_delayed_queue (queue_name=? AND visible_at<?)',
    ],
  ],
  [
    'finding the queues of delayed jobs',
    DELAYED_QUEUES_AFTER,
    ['SEARCH job_counts USING INDEX idx_job_counts_delayed (queue_name>?)'],
  ],
  ['the next instant', NEXT_DELAYED, ['SCAN jobs USING INDEX idx_jobs_delayed']],
  ['the reaper', SELECT_EXPIRED, ['SEARCH jobs USING INDEX idx_jobs_reaper (visible_at<?)']],
  [
    'the cleanup',
    PRUNE,
    [
      'SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id=?)',
      'SEARCH jobs USING INDEX idx_jobs_finished (completed_at>? AND completed_at<?)',
      'SEARCH failed_attempts USING INDEX idx_failed_attempts_job (job_id=?)',
    ],
  ],
])('%s', (_, sql, expected) => {
  test('reads a prefix of its index, in order', () => {
    const { database } = connectSqlite(':memory:');
    const steps = database.connection
      .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
      .all(...(sql.match(/\?/g) ?? []).map(() => 0))
      .map(({ detail }) => detail.replace('COVERING ', ''));
    database.close();
    expect(steps.filter((step) => /SEARCH|SCAN/.test(step))).toEqual(expected);
    expect(steps.filter((step) => step.includes('ORDER BY'))).toEqual([]);
  });
});
