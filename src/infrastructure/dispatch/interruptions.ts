export interface Interruptible {
  interrupt(): void;
}

/**
 * One listener a signal, however many attempts run under it: a listener each would cost every attempt, and a signal
 * with many draws warnings.
 */
export class Interruptions {
  readonly #bySignal = new Map<AbortSignal, Watch>();

  add(signal: AbortSignal, running: Interruptible): void {
    let watch = this.#bySignal.get(signal);
    if (watch === undefined) {
      const created: Watch = { running: new Set(), onAbort: () => interruptAll(created.running) };
      this.#bySignal.set(signal, created);
      signal.addEventListener('abort', created.onAbort, { once: true });
      watch = created;
    }
    watch.running.add(running);
  }

  remove(signal: AbortSignal, ended: Interruptible): void {
    const watch = this.#bySignal.get(signal);
    if (watch === undefined || !watch.running.delete(ended) || watch.running.size > 0) return;
    signal.removeEventListener('abort', watch.onAbort);
    this.#bySignal.delete(signal);
  }

  /** Interrupts everything under every signal. */
  interruptAll(): void {
    for (const { running } of [...this.#bySignal.values()]) interruptAll(running);
  }
}

interface Watch {
  readonly running: Set<Interruptible>;
  readonly onAbort: () => void;
}

/** The last first: those that wait for a connection are gone before one becomes free. */
function interruptAll(running: ReadonlySet<Interruptible>): void {
  for (const each of [...running].reverse()) each.interrupt();
}
