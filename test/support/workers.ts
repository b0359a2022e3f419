import type { Processes } from '../../src/application/ports/processes.js';
import type { ClaimOutcome } from '../../src/application/ports/job-store.js';
import type { WorkerStore } from '../../src/application/ports/worker-store.js';
import type { Job } from '../../src/domain/job/job.js';
import type { ProcessIdentity, Worker } from '../../src/domain/worker/worker.js';
import { NOW } from './jobs.js';

/** A worker of another machine, registered at NOW. */
export function newWorker(id: string, change: Partial<Worker> = {}): Worker {
  return {
    id,
    host: 'elsewhere',
    process: { pid: 4711, space: 'another machine', birth: '1' },
    version: '1.2.3',
    slots: 10,
    queues: [],
    inFlight: 0,
    draining: false,
    stopping: false,
    beats: 1,
    lastBeatAt: NOW,
    startedAt: NOW,
    ...change,
  };
}

/** Registers workers, so that claims can be made in their names. */
export async function hire(workers: WorkerStore, ...ids: string[]): Promise<void> {
  for (const id of ids) {
    if ((await workers.get(id)) === null) await workers.register(newWorker(id), null);
  }
}

/** The jobs of a claim that was not refused. */
export function claimed(outcome: ClaimOutcome): readonly Job[] {
  if (outcome.kind !== 'claimed') throw new Error(`the claim was refused: ${outcome.kind}`);
  return outcome.jobs;
}

/** A machine on which processes end when the test says so. */
export class FakeMachine {
  readonly #space: string;
  readonly #ended = new Set<number>();
  #pids = 100;

  constructor(name: string) {
    this.#space = name;
  }

  /** A new process, as it sees itself and the others. */
  start(host: string): Processes {
    this.#pids += 1;
    return {
      self: { host, pid: this.#pids, space: this.#space, birth: String(this.#pids) },
      hasEnded: ({ pid, space }: ProcessIdentity) => space === this.#space && this.#ended.has(pid),
    };
  }

  end({ self }: Processes): void {
    this.#ended.add(self.pid);
  }
}
