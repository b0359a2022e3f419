import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../application/ports/clock.js';
import type { LiveUpdates } from './live-updates.js';

/** A live region as it is sent. */
export interface RenderedRegion {
  readonly status: number;
  readonly text: string;
}

interface Entry {
  readonly rendered: Promise<RenderedRegion>;
  readonly begunAt: number;
}

/** How old a region may be while nothing is announced, milliseconds: some of what it shows depends on time alone. */
const FRESH_MS = 1000;

/**
 * All tabs that show the same page to the same visitor ask for its live region when a change is announced: it is made
 * once for them, and kept until the next announcement.
 */
export class LiveRegions {
  readonly #liveUpdates: Pick<LiveUpdates, 'announcements'>;
  readonly #clock: Clock;
  readonly #entries = new Map<string, Entry>();
  #announcements = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(liveUpdates: Pick<LiveUpdates, 'announcements'>, clock: Clock) {
    this.#liveUpdates = liveUpdates;
    this.#clock = clock;
  }

  /** @param key the visitor, and the path and the query of the page */
  get(key: string, render: () => Promise<RenderedRegion>): Promise<RenderedRegion> {
    this.#forget();
    const known = this.#entries.get(key);
    if (known) return known.rendered;
    const rendered = this.#inTurn(render);
    const entry = { rendered, begunAt: this.#clock.monotonic() };
    this.#entries.set(key, entry);
    rendered.catch(() => {
      if (this.#entries.get(key) === entry) this.#entries.delete(key);
    });
    return rendered;
  }

  /** When many tabs ask at once, other requests and deliveries go on between two regions. */
  #inTurn(render: () => Promise<RenderedRegion>): Promise<RenderedRegion> {
    const rendered = this.#last.then(() => setImmediate()).then(render);
    this.#last = rendered.catch(() => undefined);
    return rendered;
  }

  #forget(): void {
    if (this.#announcements !== this.#liveUpdates.announcements) {
      this.#announcements = this.#liveUpdates.announcements;
      this.#entries.clear();
    }
    const now = this.#clock.monotonic();
    for (const [key, { begunAt }] of this.#entries) {
      if (now - begunAt < FRESH_MS) break;
      this.#entries.delete(key);
    }
  }
}
