import { MemoryData } from '../../src/infrastructure/memory/memory-data.js';
import { MemoryJobQueries } from '../../src/infrastructure/memory/memory-job-queries.js';
import { MemoryJobStore } from '../../src/infrastructure/memory/memory-job-store.js';
import { MemoryQueueStore } from '../../src/infrastructure/memory/memory-queue-store.js';
import { MemoryWorkerStore } from '../../src/infrastructure/memory/memory-worker-store.js';
import { MemoryScheduleStore } from '../../src/infrastructure/memory/memory-schedule-store.js';
import { StoreUnavailableError } from '../../src/application/errors.js';
import type {
  ClaimOutcome,
  ClaimRequest,
  ExpectedState,
  SettleOutcome,
  Settlement,
} from '../../src/application/ports/job-store.js';
import type { Beat } from '../../src/application/ports/worker-store.js';
import type { Queue } from '../../src/domain/queue/queue.js';
import type { Worker } from '../../src/domain/worker/worker.js';

/** The stores over one memory; those of jobs, queues and workers have outages at will. */
export function memoryStores() {
  const data = new MemoryData();
  return {
    workers: new FlakyWorkerStore(data),
    jobs: new FlakyJobStore(data),
    queries: new MemoryJobQueries(data),
    queues: new FlakyQueueStore(data),
    schedules: new MemoryScheduleStore(data),
  };
}

export type MemoryStores = ReturnType<typeof memoryStores>;

/** What a store that is locked by somebody else says. */
export const UNAVAILABLE = new StoreUnavailableError('the database is locked');

/** A store that fails on demand, and in which somebody else can come first. */
export class FlakyJobStore extends MemoryJobStore {
  /** Thrown by as many of the next calls as it has elements. */
  readonly failures = {
    claim: new Array<Error>(),
    settle: new Array<Error>(),
    nextDueAt: new Array<Error>(),
  };
  readonly calls = { claim: 0, settle: 0, nextDueAt: 0 };
  /** Happens once, before the next settle, replace or remove: another process comes first. */
  race: (() => Promise<unknown>) | undefined;

  override async claim(request: ClaimRequest): Promise<ClaimOutcome> {
    this.#call('claim');
    return super.claim(request);
  }

  override async settle(settlements: readonly Settlement[]): Promise<SettleOutcome[]> {
    this.#call('settle');
    await this.#raceOnce();
    return super.settle(settlements);
  }

  override async nextDueAt(...parameters: Parameters<MemoryJobStore['nextDueAt']>): Promise<number | null> {
    this.#call('nextDueAt');
    return super.nextDueAt(...parameters);
  }

  override async replace(...parameters: Parameters<MemoryJobStore['replace']>): Promise<SettleOutcome> {
    await this.#raceOnce();
    return super.replace(...parameters);
  }

  override async remove(jobId: string, expected: ExpectedState): Promise<SettleOutcome> {
    await this.#raceOnce();
    return super.remove(jobId, expected);
  }

  #call(method: keyof FlakyJobStore['calls']): void {
    this.calls[method] += 1;
    const failure = this.failures[method].shift();
    if (failure) throw failure;
  }

  async #raceOnce(): Promise<void> {
    const race = this.race;
    this.race = undefined;
    await race?.();
  }
}

export class FlakyQueueStore extends MemoryQueueStore {
  /** Thrown by as many of the next calls of `get` as it has elements. */
  readonly failures: Error[] = [];

  override async get(name: string): Promise<Queue | null> {
    const failure = this.failures.shift();
    if (failure) throw failure;
    return super.get(name);
  }
}

export class FlakyWorkerStore extends MemoryWorkerStore {
  /** Thrown by as many of the next calls as it has elements. */
  readonly failures = { register: new Array<Error>(), beat: new Array<Error>(), remove: new Array<Error>() };

  override async register(worker: Worker, formerId: string | null): Promise<Worker> {
    this.#fail('register');
    return super.register(worker, formerId);
  }

  override async beat(beat: Beat): Promise<'alive' | 'lost'> {
    this.#fail('beat');
    return super.beat(beat);
  }

  override async remove(id: string): Promise<void> {
    this.#fail('remove');
    return super.remove(id);
  }

  #fail(method: keyof FlakyWorkerStore['failures']): void {
    const failure = this.failures[method].shift();
    if (failure) throw failure;
  }
}
