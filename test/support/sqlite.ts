import { JobWriter } from '../../src/infrastructure/sqlite/job-writer.js';
import { SqliteDatabase } from '../../src/infrastructure/sqlite/sqlite-database.js';
import { SqliteJobQueries } from '../../src/infrastructure/sqlite/sqlite-job-queries.js';
import { SqliteJobStore } from '../../src/infrastructure/sqlite/sqlite-job-store.js';
import { SqliteQueueStore } from '../../src/infrastructure/sqlite/sqlite-queue-store.js';
import { SqliteScheduleStore } from '../../src/infrastructure/sqlite/sqlite-schedule-store.js';

/** The four stores over one connection of their own. */
export function connectSqlite(path: string) {
  const database = new SqliteDatabase(path, 'normal');
  const writer = new JobWriter(database);
  return {
    database,
    jobs: new SqliteJobStore(database, writer),
    queries: new SqliteJobQueries(database),
    queues: new SqliteQueueStore(database),
    schedules: new SqliteScheduleStore(database, writer),
  };
}
