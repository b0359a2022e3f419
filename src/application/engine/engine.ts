import type { Clock } from '../ports/clock.js';
import { queueDefaults, retentionOf, type Config } from '../config.js';
import type { Dispatchers } from '../ports/dispatcher.js';
import type { Event, Events } from '../ports/events.js';
import type { Ids } from '../ports/ids.js';
import type { JobStore } from '../ports/job-store.js';
import type { Logger } from '../ports/logger.js';
import type { Processes } from '../ports/processes.js';
import type { QueueStore } from '../ports/queue-store.js';
import type { Random } from '../ports/random.js';
import type { ScheduleStore } from '../ports/schedule-store.js';
import type { Scheduler } from '../ports/scheduler.js';
import type { WorkerStore } from '../ports/worker-store.js';
import { DispatchDueJobs } from './dispatch-due-jobs.js';
import { FireDueSchedules } from './fire-due-schedules.js';
import { Loop, type LoopReport, type LoopState } from './loop.js';
import { BEAT_INTERVAL_MS, Presence } from './presence.js';
import { PruneFinishedJobs } from './prune-finished-jobs.js';
import { QueueSecrets } from './queue-secrets.js';
import { RecountJobs } from './recount-jobs.js';
import { ReapStaleJobs } from './reap-stale-jobs.js';
import { RecoverAbandonedJobs } from './recover-abandoned-jobs.js';
import { RunAttempt } from './run-attempt.js';
import { Shortage } from './shortage.js';
import { WATCH_INTERVAL_MS, WatchWorkers } from './watch-workers.js';

export interface EnginePorts {
  readonly jobs: JobStore;
  readonly queues: QueueStore;
  readonly schedules: ScheduleStore;
  readonly workers: WorkerStore;
  readonly processes: Processes;
  readonly dispatchers: Dispatchers;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly ids: Ids;
  readonly random: Random;
  readonly events: Events;
  readonly logger: Logger;
}

export interface EngineStatus {
  /**
   * pausing: the last claim failed, or the attempts could not be made; nothing is claimed until the next try. draining:
   * an operator wants nothing to be claimed. stopped: not started yet, or stopping.
   */
  readonly state: 'claiming' | 'pausing' | 'draining' | 'stopped';
  /** How long no claim has gone well, or no attempt could be made, milliseconds; 0: the last one did. */
  readonly failingForMs: number;
  /** The id of this worker; null while it has none. */
  readonly workerId: string | null;
  /** Slots that are taken. */
  readonly inFlight: number;
  readonly slots: number;
  /** Whose jobs are claimed; empty: all. */
  readonly queues: readonly string[];
}

const RECOUNT_INTERVAL_MS = 60_000;

const STATES = {
  running: 'claiming',
  failing: 'pausing',
  stopped: 'stopped',
} as const satisfies Record<LoopState, EngineStatus['state']>;

/**
 * The loops that make jobs move, and the order in which they start and stop.
 *
 *   start:   beat, watch, recovery, reaper, cleanup, scheduler, dispatch
 *   stop:    dispatch claims no more, and the worker says that it ends; attempts in flight end and are settled; the
 *            other loops end; the worker is removed
 *   abort:   attempts in flight are interrupted and given back
 */
export class Engine {
  readonly #ports: EnginePorts;
  readonly #worker: Config['worker'];
  readonly #shortage: Shortage;
  readonly #secrets: QueueSecrets;
  readonly #presence: Presence;
  readonly #dispatch: DispatchDueJobs;
  readonly #dispatchLoop: Loop;
  readonly #scheduleLoop: Loop;
  readonly #watchLoop: Loop;
  readonly #otherLoops: readonly Loop[];
  #unsubscribe: (() => void) | undefined;

  /** @param version of the program */
  constructor(
    ports: EnginePorts,
    { worker, defaults }: Pick<Config, 'worker' | 'defaults'>,
    version: string,
  ) {
    this.#ports = ports;
    this.#worker = worker;
    this.#shortage = new Shortage(ports);
    this.#presence = new Presence(ports, {
      version,
      slots: worker.concurrency,
      queues: worker.queues,
      inFlight: () => this.inFlight,
      onLost: () => {
        this.#dispatch.interrupt();
        this.#dispatchLoop.wake();
      },
      onResumed: () => this.#dispatchLoop.wake(),
    });
    this.#secrets = new QueueSecrets(ports);
    const attempts = new RunAttempt(ports, defaults, this.#shortage, this.#secrets);
    this.#dispatch = new DispatchDueJobs({
      ...ports,
      presence: this.#presence,
      concurrency: worker.concurrency,
      queues: worker.queues,
      run: (job, signal) => attempts.run(job, signal),
      shortage: this.#shortage,
      onFree: () => this.#dispatchLoop.wake(),
    });
    this.#dispatchLoop = this.#loop('dispatch', this.#dispatch, worker.pollIntervalMs);

    const fire = new FireDueSchedules(ports, queueDefaults(defaults));
    this.#scheduleLoop = this.#loop('scheduler', fire, worker.schedulerIntervalSecs * 1000);

    const reaperMs = worker.reaperIntervalSecs * 1000;
    const recover = new RecoverAbandonedJobs(ports, defaults.maxCrashes, this.#dispatch);
    const recoveryLoop = this.#loop('recovery', recover, reaperMs);
    const watch = new WatchWorkers(ports, this.#presence, () => recoveryLoop.wake());
    this.#watchLoop = this.#loop('watch', watch, WATCH_INTERVAL_MS);
    const reap = new ReapStaleJobs(ports, defaults, this.#dispatch, this.#presence);
    // Whatever the configuration says: a queue may have a retention of its own.
    const prune = new PruneFinishedJobs(ports, retentionOf(worker));
    this.#otherLoops = [
      this.#loop('beat', this.#presence, BEAT_INTERVAL_MS),
      this.#watchLoop,
      recoveryLoop,
      this.#loop('reaper', reap, reaperMs),
      this.#loop('recount', new RecountJobs(ports), RECOUNT_INTERVAL_MS),
      this.#loop('cleanup', prune, worker.cleanupIntervalSecs * 1000),
    ];
  }

  start(): void {
    this.#unsubscribe = this.#ports.events.subscribe((event) => this.#wakeFor(event));
    for (const loop of [...this.#otherLoops, this.#scheduleLoop, this.#dispatchLoop]) loop.start();
  }

  /** Resolves when every attempt in flight has ended and is stored. */
  async stop(): Promise<void> {
    this.#unsubscribe?.();
    // Nothing waits for it: a store that is locked must not hold up the attempts that end.
    const announced = this.#presence.announceStop();
    await this.#dispatchLoop.stop();
    await this.#dispatch.drain();
    await Promise.all([this.#scheduleLoop, ...this.#otherLoops].map((loop) => loop.stop()));
    await announced;
    await this.#presence.leave();
  }

  /** Makes a stop in progress end soon. */
  abort(): void {
    this.#dispatch.abort();
  }

  get inFlight(): number {
    return this.#dispatch.inFlight;
  }

  get status(): EngineStatus {
    const { concurrency, queues } = this.#worker;
    const { id: workerId } = this.#presence;
    return {
      state: this.#state,
      failingForMs: Math.max(this.#dispatchLoop.failingForMs, this.#shortage.lastsMs),
      workerId,
      inFlight: this.inFlight,
      slots: concurrency,
      queues,
    };
  }

  get #state(): EngineStatus['state'] {
    const state = STATES[this.#dispatchLoop.state];
    if (state !== 'claiming') return state;
    if (this.#presence.isDraining) return 'draining';
    return this.#shortage.pauseMs > 0 ? 'pausing' : state;
  }

  #wakeFor(event: Event): void {
    switch (event.type) {
      case 'queue_changed':
        this.#secrets.forget();
        this.#dispatchLoop.wake();
        break;
      case 'jobs_pending':
        this.#dispatchLoop.wake();
        break;
      case 'schedule_changed':
        this.#scheduleLoop.wake();
        break;
      case 'workers_changed':
        this.#watchLoop.wake();
        break;
      case 'jobs_changed':
      case 'schedule_fired':
        break;
    }
  }

  #loop(name: string, pass: { runOnce(): Promise<LoopReport> }, maxSleepMs: number): Loop {
    const { clock, scheduler, logger } = this.#ports;
    return new Loop({ name, runOnce: () => pass.runOnce(), maxSleepMs, clock, scheduler, logger });
  }
}
