import { Secret } from '../../src/application/secret.js';
import { EncryptedJobQueries } from '../../src/infrastructure/encryption/encrypted-job-queries.js';
import { EncryptedJobStore } from '../../src/infrastructure/encryption/encrypted-job-store.js';
import { EncryptedScheduleStore } from '../../src/infrastructure/encryption/encrypted-schedule-store.js';
import { JobCipher } from '../../src/infrastructure/encryption/job-cipher.js';
import { ValueCipher } from '../../src/infrastructure/encryption/value-cipher.js';
import { QueueLimit } from '../../src/infrastructure/sqlite/queue-limit.js';
import { JobLimit } from '../../src/infrastructure/sqlite/job-limit.js';
import { JobWriter } from '../../src/infrastructure/sqlite/job-writer.js';
import { SqliteDatabase, type Surroundings } from '../../src/infrastructure/sqlite/sqlite-database.js';
import { SqliteJobQueries } from '../../src/infrastructure/sqlite/sqlite-job-queries.js';
import { SqliteJobStore } from '../../src/infrastructure/sqlite/sqlite-job-store.js';
import { SqliteQueueStore } from '../../src/infrastructure/sqlite/sqlite-queue-store.js';
import { SqliteScheduleStore } from '../../src/infrastructure/sqlite/sqlite-schedule-store.js';
import { SqliteWorkerStore } from '../../src/infrastructure/sqlite/sqlite-worker-store.js';
import { FakeClock } from './fake-clock.js';
import { ManualScheduler } from './manual-scheduler.js';
import { silentLogger } from './silent-logger.js';

/**
 * The stores over one connection of their own.
 * @param surroundings unless given, no timer runs and nothing is logged
 */
export function connectSqlite(
  path: string,
  surroundings: Partial<Surroundings> = {},
  maxQueues = Number.POSITIVE_INFINITY,
  maxJobs = Number.POSITIVE_INFINITY,
) {
  const scheduler = surroundings.scheduler ?? new ManualScheduler(new FakeClock());
  const logger = surroundings.logger ?? silentLogger;
  const database = new SqliteDatabase(path, 'normal', { scheduler, logger });
  const writer = new JobWriter(database);
  const limits = {
    queues: new QueueLimit(database.connection, maxQueues),
    jobs: new JobLimit(database, maxJobs),
  };
  return {
    database,
    jobs: new SqliteJobStore(database, writer, limits),
    queries: new SqliteJobQueries(database),
    queues: new SqliteQueueStore(database, limits.queues),
    schedules: new SqliteScheduleStore(database, writer, limits),
    workers: new SqliteWorkerStore(database),
  };
}

/** The same, behind the encryption that a server has. @param keys none: nothing new is encrypted */
export function connectEncrypted(
  path: string,
  keys: readonly string[],
  surroundings: Partial<Surroundings> = {},
  maxQueues = Number.POSITIVE_INFINITY,
  maxJobs = Number.POSITIVE_INFINITY,
) {
  const stores = connectSqlite(path, surroundings, maxQueues, maxJobs);
  const values = new ValueCipher(
    keys.map((key) => new Secret(key)),
    surroundings.logger ?? silentLogger,
  );
  const cipher = new JobCipher(values);
  return {
    database: stores.database,
    jobs: new EncryptedJobStore(stores.jobs, cipher),
    queries: new EncryptedJobQueries(stores.queries, cipher),
    queues: stores.queues,
    schedules: new EncryptedScheduleStore(stores.schedules, values, cipher),
    workers: stores.workers,
  };
}
