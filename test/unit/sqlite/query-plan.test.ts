import { describe, expect, test } from 'vitest';
import {
  NEXT_TOKEN,
  SELECT_WAITING_AFTER,
  SELECT_WAITING_FOR_TOKENS,
  UNMARK_DUE,
} from '../../../src/infrastructure/sqlite/claimable-queues.js';
import {
  DELAYED_QUEUES_AFTER,
  NEXT_DELAYED,
  PROMOTE_DUE,
  PROMOTE_DUE_OF_QUEUE,
} from '../../../src/infrastructure/sqlite/delayed-jobs.js';
import {
  COUNT_OMITTED,
  DELETE_SURPLUS,
  SELECT_SURPLUS,
} from '../../../src/infrastructure/sqlite/failed-attempts.js';
import { SELECT_COUNTED } from '../../../src/infrastructure/sqlite/job-recount.js';
import { UPDATE_RUNNING } from '../../../src/infrastructure/sqlite/job-writer.js';
import { searchStep } from '../../../src/infrastructure/sqlite/job-search.js';
import { FIRST_OF_RUNS, NEXT_OF_RUN } from '../../../src/infrastructure/sqlite/oldest-ready.js';
import { SELECT_FINISHED, SELECT_RETENTIONS } from '../../../src/infrastructure/sqlite/finished-jobs.js';
import {
  SELECT_ABANDONED,
  SELECT_DRAINING,
  SELECT_READY,
  SELECT_RUNNING_OF,
} from '../../../src/infrastructure/sqlite/sqlite-job-store.js';
import { BURY } from '../../../src/infrastructure/sqlite/sqlite-worker-store.js';
import { RUNNING_OF } from '../../../src/infrastructure/sqlite/sqlite-job-queries.js';
import { connectSqlite } from '../../support/sqlite.js';

/*
 * Neither a claim nor a sweep may scan or sort: its cost must not grow with the backlog.
 */
describe.each([
  ['a claim', SELECT_READY, ['SEARCH jobs USING INDEX idx_jobs_ready (queue_name=?)']],
  ['a settlement', UPDATE_RUNNING, ['SEARCH jobs USING INTEGER PRIMARY KEY (rowid=?)']],
  [
    'finding the queues of a claim',
    SELECT_WAITING_AFTER,
    [
      'SEARCH c USING INDEX idx_job_counts_ready (next_token_at=? AND queue_name>?)',
      'SEARCH q USING INDEX sqlite_autoindex_queues_1 (name=?)',
    ],
  ],
  [
    'finding the queues that wait for a token',
    SELECT_WAITING_FOR_TOKENS,
    [
      'SEARCH c USING INDEX idx_job_counts_ready (next_token_at>?)',
      'SEARCH q USING INDEX sqlite_autoindex_queues_1 (name=?)',
    ],
  ],
  ['the next token', NEXT_TOKEN, ['SEARCH job_counts USING INDEX idx_job_counts_ready (next_token_at>?)']],
  [
    'looking again at queues that gained a token',
    UNMARK_DUE,
    [
      'SEARCH job_counts USING INDEX sqlite_autoindex_job_counts_1 (queue_name=?)',
      'SEARCH job_counts USING INDEX idx_job_counts_ready (next_token_at<?)',
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
  [
    'counting the ready jobs of a queue',
    SELECT_COUNTED.ready,
    ['SEARCH jobs USING INDEX idx_jobs_ready (queue_name=?)'],
  ],
  [
    'counting the delayed jobs of a queue',
    SELECT_COUNTED.delayed,
    ['SEARCH jobs USING INDEX idx_jobs_delayed_queue (queue_name=?)'],
  ],
  [
    'counting the dead jobs of a queue',
    SELECT_COUNTED.dead,
    ['SEARCH jobs USING INDEX idx_jobs_queue_status (queue_name=? AND status=?)'],
  ],
  ['the next instant', NEXT_DELAYED, ['SCAN jobs USING INDEX idx_jobs_delayed']],
  [
    'checking the worker of a claim',
    SELECT_DRAINING,
    ['SEARCH workers USING INDEX sqlite_autoindex_workers_1 (id=?)'],
  ],
  [
    'finding abandoned jobs',
    SELECT_ABANDONED,
    [
      'SCAN jobs USING INDEX idx_jobs_reaper',
      'SEARCH w USING INDEX sqlite_autoindex_workers_1 (id=?) LEFT-JOIN',
    ],
  ],
  ['finding what a worker runs', RUNNING_OF, ['SCAN jobs USING INDEX idx_jobs_reaper']],
  ['the reaper', SELECT_RUNNING_OF, ['SCAN jobs USING INDEX idx_jobs_reaper']],
  ['forgetting the dead', BURY, ['SCAN workers', 'SCAN jobs USING INDEX idx_jobs_reaper']],
  [
    'the cleanup',
    SELECT_FINISHED,
    [
      'SEARCH jobs USING INDEX idx_jobs_finished (queue_name=? AND status=? AND completed_at>? AND completed_at<?)',
    ],
  ],
  [
    'finding the queues of the cleanup',
    SELECT_RETENTIONS,
    [
      'SEARCH c USING INDEX sqlite_autoindex_job_counts_1 (queue_name>?)',
      'SEARCH q USING INDEX sqlite_autoindex_queues_1 (name=?) LEFT-JOIN',
    ],
  ],
  [
    'finding the failed attempts that a job need not keep',
    SELECT_SURPLUS,
    [
      'SEARCH failed_attempts USING INDEX idx_failed_attempts_job (job_id=? AND rowid<?)',
      'SEARCH failed_attempts USING INDEX idx_failed_attempts_job (job_id=?)',
    ],
  ],
  [
    'deleting them',
    DELETE_SURPLUS,
    ['SEARCH failed_attempts USING INDEX idx_failed_attempts_job (job_id=? AND rowid>? AND rowid<?)'],
  ],
  [
    'counting them',
    COUNT_OMITTED,
    [
      'SEARCH failed_attempts USING INTEGER PRIMARY KEY (rowid=?)',
      'SEARCH failed_attempts USING INDEX idx_failed_attempts_job (job_id=? AND rowid>?)',
    ],
  ],
  [
    'the first jobs of each queue and priority',
    FIRST_OF_RUNS,
    [
      'SCAN c USING INDEX idx_job_counts_ready',
      'SEARCH jobs USING INDEX idx_jobs_ready (queue_name=?)',
      'SCAN runs',
      'SEARCH j USING INTEGER PRIMARY KEY (rowid=?)',
      'SEARCH jobs USING INDEX idx_jobs_ready (queue_name=? AND priority<?)',
      'SCAN runs',
      'SEARCH j USING INTEGER PRIMARY KEY (rowid=?)',
    ],
  ],
  [
    'the next jobs of a queue and priority',
    NEXT_OF_RUN,
    ['SEARCH jobs USING INDEX idx_jobs_ready (queue_name=? AND priority=? AND rowid>?)', 'SCAN (subquery-1)'],
  ],
])('%s', (_, sql, expected) => {
  test('reads a prefix of its index, in order', () => {
    const steps = explain(
      sql,
      (sql.match(/\?/g) ?? []).map(() => 0),
    );
    expect(steps.filter((step) => /SEARCH|SCAN/.test(step))).toEqual(expected);
    expect(steps.filter((step) => step.includes('ORDER BY'))).toEqual([]);
  });
});

/*
 * A step of a search reads its candidates from an index alone and in order, and then the rows of those only.
 */
describe.each([
  [{ queue: 'q', status: 'dead' }, 'idx_jobs_queue_status (queue_name=? AND status=?'],
  [{ status: 'dead', urlPart: 'x' }, 'idx_jobs_status (status=?'],
  [{ scheduleId: 's', queue: 'q', status: 'dead' }, 'idx_jobs_schedule (schedule_id=?'],
  [{ idempotencyKey: 'k', scheduleId: 's', status: 'dead' }, 'idx_jobs_idempotency (idempotency_key=?'],
] as const)('a search by %j', (search, index) => {
  test.each([undefined, 'an id'])(
    'reads its index and the rows found there, in order (before: %j)',
    (before) => {
      const { jobs, lastLooked } = searchStep(search, { limit: 50, ...(before !== undefined && { before }) });
      for (const select of [
        { ...jobs, parameters: [...jobs.parameters, 50] },
        ...(lastLooked ? [lastLooked] : []),
      ]) {
        const steps = explain(select.sql, select.parameters);
        expect(steps.filter((step) => /SEARCH|SCAN/.test(step)).slice(0, 2)).toEqual([
          'SEARCH jobs USING INTEGER PRIMARY KEY (rowid=?)',
          `SEARCH jobs USING INDEX ${index}${before === undefined ? '' : ' AND rowid<?'})`,
        ]);
        expect(steps.filter((step) => step.includes('ORDER BY'))).toEqual([]);
      }
    },
  );
});

test('a search of all jobs reads the index on their ids, and the rows found there', () => {
  const { jobs } = searchStep({ urlPart: 'x' }, { limit: 50, before: 'an id' });
  expect(explain(jobs.sql, [...jobs.parameters, 50])).toEqual([
    'SEARCH jobs USING INTEGER PRIMARY KEY (rowid=?)',
    'LIST SUBQUERY 1',
    'SEARCH jobs USING INDEX sqlite_autoindex_jobs_1 (id<?)',
    'USE TEMP B-TREE FOR ORDER BY',
  ]);
});

function explain(sql: string, parameters: readonly unknown[]): string[] {
  const { database } = connectSqlite(':memory:');
  const steps = database.connection
    .prepare<unknown[], { detail: string }>(`EXPLAIN QUERY PLAN ${sql}`)
    .all(...parameters)
    .map(({ detail }) => detail.replace('COVERING ', ''));
  database.connection.close();
  return steps;
}
