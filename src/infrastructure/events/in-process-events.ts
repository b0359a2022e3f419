import type { Event, Events } from '../../application/ports/events.js';
import type { Logger } from '../../application/ports/logger.js';

type Listener = (event: Event) => void;

/** Calls every listener before `publish` returns. What a listener throws is logged, and stops nobody else. */
export class InProcessEvents implements Events {
  // Each subscription is an object of its own: the same function may listen twice, and ends each by itself.
  readonly #subscriptions = new Set<{ readonly listener: Listener }>();
  readonly #logger: Logger;

  constructor(logger: Logger) {
    this.#logger = logger;
  }

  publish(event: Event): void {
    // A copy: whoever subscribes meanwhile hears from the next event on.
    for (const subscription of [...this.#subscriptions]) {
      if (!this.#subscriptions.has(subscription)) continue;
      try {
        subscription.listener(event);
      } catch (error) {
        this.#logger.error('a listener failed', { event: event.type }, error);
      }
    }
  }

  subscribe(listener: Listener): () => void {
    const subscription = { listener };
    this.#subscriptions.add(subscription);
    return () => {
      this.#subscriptions.delete(subscription);
    };
  }
}
