import { afterEach } from 'vitest';
import type { JobQueries } from '../../src/application/ports/job-queries.js';
import type { JobStore } from '../../src/application/ports/job-store.js';
import type { QueueStore } from '../../src/application/ports/queue-store.js';
import type { ScheduleStore } from '../../src/application/ports/schedule-store.js';
import type { WorkerStore } from '../../src/application/ports/worker-store.js';
import { hire } from '../support/workers.js';

export interface Stores {
  readonly jobs: JobStore;
  readonly queries: JobQueries;
  readonly queues: QueueStore;
  readonly schedules: ScheduleStore;
  readonly workers: WorkerStore;
}

/** The workers that every place has. */
export const WORKERS = ['worker-0', 'worker-1', 'me', 'other'] as const;

/** An adapter under test: what the contract suites need of it. */
export interface StoreHarness {
  readonly name: string;
  /** A fresh, empty place for data. @param maxQueues absent: any number; so of `maxJobs` */
  place(maxQueues?: number, maxJobs?: number): Promise<StorePlace>;
  /** Why the adapter cannot keep data over a close; absent when it does. */
  readonly forgets?: string;
}

export interface StorePlace {
  /** Connects as a process of its own would. Every connection sees the same data. */
  connect(): Promise<Stores>;
  destroy(): Promise<void>;
}

/** Gives each test a place of its own, with workers that may claim, and cleans up after it. */
export function freshPlaces(
  harness: StoreHarness,
): (maxQueues?: number, maxJobs?: number) => Promise<StorePlace> {
  const places: StorePlace[] = [];
  afterEach(async () => {
    await Promise.all(places.splice(0).map((place) => place.destroy()));
  });
  return async (maxQueues, maxJobs) => {
    const place = await harness.place(maxQueues, maxJobs);
    places.push(place);
    const stores = await place.connect();
    await hire(stores.workers, ...WORKERS);
    await stores.jobs.close();
    return place;
  };
}
