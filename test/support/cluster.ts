import { DEFAULT_CONFIG, type Config } from '../../src/application/config.js';
import { Engine } from '../../src/application/engine/engine.js';
import { createUseCases, type UseCases } from '../../src/application/use-cases/use-cases.js';
import type { Job } from '../../src/domain/job/job.js';
import type { Worker } from '../../src/domain/worker/worker.js';
import { DispatcherRegistry } from '../../src/infrastructure/dispatch/dispatcher-registry.js';
import { InProcessEvents } from '../../src/infrastructure/events/in-process-events.js';
import { request } from './engine-harness.js';
import type { EnqueueJob } from '../../src/application/use-cases/enqueue-jobs.js';
import { callbackRules } from './egress.js';
import { FakeClock } from './fake-clock.js';
import { NOW } from './jobs.js';
import { ManualScheduler } from './manual-scheduler.js';
import { memoryStores } from './memory-stores.js';
import { RecordingLogger } from './recording-logger.js';
import { ScriptedDispatcher } from './scripted-dispatcher.js';
import { SequentialIds } from './sequential-ids.js';
import { FakeMachine } from './workers.js';
import { valueOf } from './value-of.js';

const STEP_MS = 100;

/** A process of its own: an engine with clocks, timers and events that no other has. Its attempts stay open. */
export interface ClusterProcess {
  readonly engine: Engine;
  readonly clock: FakeClock;
  readonly logger: RecordingLogger;
  readonly dispatcher: ScriptedDispatcher;
  readonly useCases: UseCases;
  /** It is gone, and its machine knows it. */
  kill(): void;
  /** Its timers stand still, while time passes. */
  stop(): void;
  resume(): void;
}

/** Several processes on one store. */
export class Cluster {
  readonly stores = memoryStores();
  readonly #machines = new Map<string, FakeMachine>();
  readonly #ids = new SequentialIds();
  #drawn = 0.5;
  /** Numbers that are far from each other, the same at each run. */
  readonly #random = { next: () => (this.#drawn = (this.#drawn + 0.618034) % 1) };
  readonly #running = new Map<ManualScheduler, FakeClock>();
  readonly #stopped = new Map<ManualScheduler, FakeClock>();
  readonly #defaults: Config['defaults'];

  constructor(defaults: Partial<Config['defaults']> = {}) {
    this.#defaults = { ...DEFAULT_CONFIG.defaults, ...defaults };
  }

  /**
   * Starts a process.
   * @param on the machine, whose processes see each other end
   */
  start(on: string, worker: Partial<Config['worker']> = {}): ClusterProcess {
    const machine = this.#machines.get(on) ?? new FakeMachine(on);
    this.#machines.set(on, machine);
    const processes = machine.start(on);
    const clock = new FakeClock(NOW);
    const scheduler = new ManualScheduler(clock);
    const logger = new RecordingLogger();
    const events = new InProcessEvents(logger);
    const dispatcher = new ScriptedDispatcher(clock);
    dispatcher.hold();
    const ports = { ...this.stores, clock, scheduler, ids: this.#ids, events, logger };
    const dispatchers = new DispatcherRegistry({ http: dispatcher });
    const engine = new Engine(
      { ...ports, processes, dispatchers, random: this.#random },
      { worker: { ...DEFAULT_CONFIG.worker, ...worker }, defaults: this.#defaults },
      '1.2.3',
    );
    engine.start();
    this.#running.set(scheduler, clock);
    return {
      ...{ engine, clock, logger, dispatcher },
      useCases: createUseCases(ports, this.#defaults, '1.2.3', callbackRules(['http'])),
      kill: () => {
        this.#running.delete(scheduler);
        machine.end(processes);
      },
      stop: () => {
        this.#running.delete(scheduler);
        this.#stopped.set(scheduler, clock);
      },
      resume: () => {
        this.#stopped.delete(scheduler);
        this.#running.set(scheduler, clock);
      },
    };
  }

  /** Time passes for all processes alike; what is due in those that run, happens. */
  async pass(ms: number): Promise<void> {
    for (let passed = 0; passed < ms; passed += STEP_MS) {
      const step = Math.min(STEP_MS, ms - passed);
      for (const clock of this.#stopped.values()) clock.advance(step);
      for (const scheduler of this.#running.keys()) await scheduler.advanceAsync(step);
    }
    for (const scheduler of this.#running.keys()) await scheduler.advanceAsync(0);
  }

  async enqueue({ useCases }: ClusterProcess, change: Partial<EnqueueJob> = {}): Promise<string> {
    const [outcome] = valueOf(await useCases.enqueueCheckedJobs([request(change)]));
    if (!outcome) throw new Error('a job was enqueued');
    return outcome.job.id;
  }

  async job(id: string): Promise<Job> {
    const job = await this.stores.queries.get(id);
    if (!job) throw new Error(`no job ${id}`);
    return job;
  }

  workers(): Promise<Worker[]> {
    return this.stores.workers.list();
  }
}
