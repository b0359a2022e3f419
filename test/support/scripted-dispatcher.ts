import type { Clock } from '../../src/application/ports/clock.js';
import type { Attempt, Dispatcher } from '../../src/application/ports/dispatcher.js';
import type { Outcome } from '../../src/domain/job/outcome.js';
import { succeeded } from './outcomes.js';

type Script = (attempt: Attempt, signal: AbortSignal) => Outcome | Promise<Outcome>;

/** Carries out nothing: its script says how each attempt ends, or the test does while it holds them open. */
export class ScriptedDispatcher implements Dispatcher {
  /** Every attempt that began, in order. */
  readonly attempts: Attempt[] = [];
  /** When each of them began, epoch milliseconds. */
  readonly startedAt: number[] = [];
  readonly #clock: Clock;
  readonly #open = new Map<Attempt, (outcome: Outcome) => void>();
  #script: Script = () => succeeded();

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /** From now on attempts end so. */
  answer(script: Outcome | Script): void {
    this.#script = typeof script === 'function' ? script : () => script;
  }

  /** From now on attempts stay open until they are told to end, or are aborted. */
  hold(): void {
    this.answer((attempt, signal) => {
      return new Promise<Outcome>((resolve) => {
        this.#open.set(attempt, resolve);
        const abort = () => this.#end(attempt, { kind: 'interrupted' });
        if (signal.aborted) abort();
        else signal.addEventListener('abort', abort, { once: true });
      });
    });
  }

  /** The attempts held open, the oldest first. */
  get open(): readonly Attempt[] {
    return [...this.#open.keys()];
  }

  /** Ends the oldest attempt that is held open, or that of the given job. */
  end(outcome: Outcome = succeeded(), jobId?: string): void {
    const attempt = this.open.find((each) => jobId === undefined || each.jobId === jobId);
    if (!attempt) throw new Error(`no attempt is open${jobId === undefined ? '' : ` for ${jobId}`}`);
    this.#end(attempt, outcome);
  }

  async dispatch(attempt: Attempt, signal: AbortSignal): Promise<Outcome> {
    this.attempts.push(attempt);
    this.startedAt.push(this.#clock.now());
    return this.#script(attempt, signal);
  }

  close(): Promise<void> {
    return Promise.resolve();
  }

  #end(attempt: Attempt, outcome: Outcome): void {
    this.#open.get(attempt)?.(outcome);
    this.#open.delete(attempt);
  }
}
