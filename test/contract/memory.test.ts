import { MemoryData } from '../../src/infrastructure/memory/memory-data.js';
import { MemoryJobQueries } from '../../src/infrastructure/memory/memory-job-queries.js';
import { MemoryJobStore } from '../../src/infrastructure/memory/memory-job-store.js';
import { MemoryQueueStore } from '../../src/infrastructure/memory/memory-queue-store.js';
import { MemoryScheduleStore } from '../../src/infrastructure/memory/memory-schedule-store.js';
import { MemoryWorkerStore } from '../../src/infrastructure/memory/memory-worker-store.js';
import { describeStore } from './store.contract.js';

describeStore({
  name: 'memory',
  forgets: 'memory ends with the process',
  place: (maxQueues, maxJobs) => {
    const data = new MemoryData(maxQueues, maxJobs);
    const connect = () =>
      Promise.resolve({
        jobs: new MemoryJobStore(data),
        queries: new MemoryJobQueries(data),
        queues: new MemoryQueueStore(data),
        schedules: new MemoryScheduleStore(data),
        workers: new MemoryWorkerStore(data),
      });
    return Promise.resolve({ connect, destroy: () => Promise.resolve() });
  },
});
