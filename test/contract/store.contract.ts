import { describeJobFigures } from './job-figures.contract.js';
import { describeJobQueries } from './job-queries.contract.js';
import { describeJobSearch } from './job-search.contract.js';
import { describeJobStore } from './job-store.contract.js';
import { describeJobLimit } from './job-limit.contract.js';
import { describeQueueLimit } from './queue-limit.contract.js';
import { describeQueueStore } from './queue-store.contract.js';
import { describeScheduleStore } from './schedule-store.contract.js';
import { describeWorkerStore } from './worker-store.contract.js';
import type { StoreHarness } from './store-harness.js';

/** The whole contract of a store: run it against every adapter. */
export function describeStore(harness: StoreHarness): void {
  describeJobStore(harness);
  describeJobQueries(harness);
  describeJobSearch(harness);
  describeJobFigures(harness);
  describeQueueStore(harness);
  describeQueueLimit(harness);
  describeJobLimit(harness);
  describeScheduleStore(harness);
  describeWorkerStore(harness);
}
