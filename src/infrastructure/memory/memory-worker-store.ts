import type { Beat, WorkerStore } from '../../application/ports/worker-store.js';
import type { Worker } from '../../domain/worker/worker.js';
import type { MemoryData } from './memory-data.js';

export class MemoryWorkerStore implements WorkerStore {
  readonly #data: MemoryData;

  constructor(data: MemoryData) {
    this.#data = data;
  }

  register(worker: Worker, formerId: string | null): Promise<Worker> {
    if (this.#data.workers.has(worker.id)) throw new Error(`worker ${worker.id} was registered before`);
    const former = formerId === null ? undefined : this.#data.deadWorkers.get(formerId);
    const registered = { ...worker, draining: former?.draining ?? worker.draining };
    this.#data.workers.set(worker.id, registered);
    return Promise.resolve(registered);
  }

  beat({ id, stopping, inFlight, now }: Beat): Promise<'alive' | 'lost'> {
    const worker = this.#data.workers.get(id);
    if (!worker) return Promise.resolve('lost');
    this.#data.workers.set(id, { ...worker, stopping, inFlight, lastBeatAt: now, beats: worker.beats + 1 });
    return Promise.resolve('alive');
  }

  list(): Promise<Worker[]> {
    return Promise.resolve(
      [...this.#data.workers.values()].sort((a, b) => a.startedAt - b.startedAt || (a.id < b.id ? -1 : 1)),
    );
  }

  get(id: string): Promise<Worker | null> {
    return Promise.resolve(this.#data.workers.get(id) ?? null);
  }

  setDraining(id: string, draining: boolean): Promise<Worker | null> {
    const worker = this.#data.workers.get(id);
    if (!worker) return Promise.resolve(null);
    const changed = { ...worker, draining };
    this.#data.workers.set(id, changed);
    return Promise.resolve(changed);
  }

  declareDead(id: string, beats: number): Promise<'declared' | 'alive' | 'missing'> {
    const worker = this.#data.workers.get(id);
    if (!worker) return Promise.resolve('missing');
    if (worker.beats !== beats) return Promise.resolve('alive');
    this.#data.workers.delete(id);
    this.#data.deadWorkers.set(id, worker);
    return Promise.resolve('declared');
  }

  bury(): Promise<void> {
    const left = new Set([...this.#data.jobs.values()].map((job) => job.workerId));
    for (const id of this.#data.deadWorkers.keys()) if (!left.has(id)) this.#data.deadWorkers.delete(id);
    return Promise.resolve();
  }

  remove(id: string): Promise<void> {
    this.#data.workers.delete(id);
    return Promise.resolve();
  }
}
