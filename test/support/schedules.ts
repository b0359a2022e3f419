import type { Schedule } from '../../src/domain/schedule/schedule.js';
import { NOW } from './jobs.js';
import { SequentialIds } from './sequential-ids.js';

const ids = new SequentialIds();

/** An enabled schedule of every five minutes, UTC, that is due at NOW. */
export function newSchedule(change: Partial<Schedule> = {}): Schedule {
  return {
    id: ids.next(),
    queueName: 'reports',
    cronExpression: '0 */5 * * * *',
    timezone: 'UTC',
    cronDialect: 'crontab',
    callbackUrl: 'http://receiver.test/report',
    payload: '{"report":"daily"}',
    maxRetries: 2,
    timeoutMs: 10_000,
    enabled: true,
    lastRunAt: null,
    nextRunAt: NOW,
    stoppedAt: null,
    stoppedError: null,
    createdAt: NOW - 3_600_000,
    updatedAt: NOW - 3_600_000,
    ...change,
  };
}
