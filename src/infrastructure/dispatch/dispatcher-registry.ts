import type { Dispatcher, Dispatchers } from '../../application/ports/dispatcher.js';

/** RFC 3986, 3.1. */
const SCHEME = /^[a-z][a-z0-9+.-]*$/;

export class DispatcherRegistry implements Dispatchers {
  readonly #byScheme: ReadonlyMap<string, Dispatcher>;

  /**
   * @param byScheme scheme (lower case, no colon) -> its dispatcher; several schemes may share one
   * @throws RangeError for a key that no URL could have as its scheme
   */
  constructor(byScheme: Readonly<Record<string, Dispatcher>> | ReadonlyMap<string, Dispatcher>) {
    this.#byScheme = new Map(byScheme instanceof Map ? byScheme : Object.entries(byScheme));
    for (const scheme of this.#byScheme.keys()) {
      if (!SCHEME.test(scheme)) {
        throw new RangeError(`"${scheme}" is no URL scheme: use lower case, without the colon`);
      }
    }
  }

  get schemes(): readonly string[] {
    return [...this.#byScheme.keys()];
  }

  forUrl(url: string): Dispatcher | undefined {
    const colon = url.indexOf(':');
    return colon < 1 ? undefined : this.#byScheme.get(url.slice(0, colon).toLowerCase());
  }

  /** Closes every dispatcher, also when one fails to; then rejects with what failed. */
  async close(): Promise<void> {
    const distinct = [...new Set(this.#byScheme.values())];
    const closed = await Promise.allSettled(distinct.map(async (each) => each.close()));
    const reasons = closed.flatMap((each) => (each.status === 'rejected' ? [each.reason as unknown] : []));
    if (reasons.length > 0) throw new AggregateError(reasons, 'a dispatcher failed to close');
  }
}
