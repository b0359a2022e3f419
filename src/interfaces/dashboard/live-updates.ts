import type { Clock } from '../../application/ports/clock.js';
import type { Event, Events } from '../../application/ports/events.js';
import type { JobQueries } from '../../application/ports/job-queries.js';
import type { Logger } from '../../application/ports/logger.js';
import type { Scheduler } from '../../application/ports/scheduler.js';
import type { HttpResponse } from '../http/http-types.js';

/** What a view shows, and may have to show anew. */
export const TOPICS = ['jobs', 'queues', 'schedules', 'workers'] as const;
export type Topic = (typeof TOPICS)[number];

export interface LiveUpdatesDependencies {
  readonly events: Events;
  readonly queries: Pick<JobQueries, 'foreignChanges'>;
  readonly clock: Clock;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
  /** Tells the pages of one build of the dashboard from those of another. */
  readonly build: string;
}

/** A change waits this long for others that come with it, milliseconds. */
const GATHER_MS = 50;
/** Changes are announced at most this often. */
const THROTTLE_MS = 500;
/** How often the store is asked for changes by other processes. */
const FOREIGN_POLL_MS = 500;
/** A comment goes out this often, so that proxies keep the stream, and one whose client is gone is found out. */
const HEARTBEAT_MS = 15_000;
const STREAMS_MAX = 256;

const TOPIC_OF: Readonly<Record<Event['type'], Topic>> = {
  jobs_pending: 'jobs',
  jobs_changed: 'jobs',
  queue_changed: 'queues',
  schedule_changed: 'schedules',
  schedule_fired: 'schedules',
  workers_changed: 'workers',
};

/**
 * Tells the open pages what has changed: server-sent events that name topics, not data, so that each page asks for
 * what it shows. While no page is open, this does nothing at all.
 */
export class LiveUpdates {
  readonly #dependencies: LiveUpdatesDependencies;
  readonly #streams = new Set<HttpResponse>();
  readonly #changed = new Set<Topic>();
  /** Ends what runs while there are streams. */
  readonly #cancels = new Map<'events' | 'foreign' | 'heartbeat' | 'announcement', () => void>();
  #foreignChanges: number | undefined;
  #announcements = 0;
  #announcedAt = Number.NEGATIVE_INFINITY;
  #closed = false;

  constructor(dependencies: LiveUpdatesDependencies) {
    this.#dependencies = dependencies;
  }

  get streams(): number {
    return this.#streams.size;
  }

  /** How often changes were announced: whoever asks for what is new after one wants what was made after it. */
  get announcements(): number {
    return this.#announcements;
  }

  /** Makes the answer a stream. @returns false when there are too many, and nothing was sent */
  open(response: HttpResponse): boolean {
    if (this.#closed || this.#streams.size >= STREAMS_MAX) return false;
    response.statusCode = 200;
    response.setHeader('Content-Type', 'text/event-stream');
    // nginx would hold the events back.
    response.setHeader('X-Accel-Buffering', 'no');
    response.write(`retry: 1000\n\nevent: hello\ndata: ${this.#dependencies.build}\n\n`);
    this.#streams.add(response);
    response.once('close', () => this.#drop(response));
    if (this.#streams.size === 1) this.#start();
    return true;
  }

  /** Ends all streams, and takes no more. The server could not stop while one is open. */
  close(): void {
    this.#closed = true;
    for (const response of this.#streams) response.end();
    this.#streams.clear();
    this.#stop();
  }

  #start(): void {
    const { events } = this.#dependencies;
    this.#cancels.set(
      'events',
      events.subscribe(({ type }) => this.#change(TOPIC_OF[type])),
    );
    this.#foreignChanges = undefined;
    this.#pollForeign();
    this.#beat();
  }

  #stop(): void {
    for (const cancel of this.#cancels.values()) cancel();
    this.#cancels.clear();
    this.#changed.clear();
  }

  #drop(response: HttpResponse): void {
    if (this.#streams.delete(response) && this.#streams.size === 0) this.#stop();
  }

  #change(topic: Topic): void {
    this.#changed.add(topic);
    if (this.#cancels.has('announcement')) return;
    const restMs = this.#announcedAt + THROTTLE_MS - this.#dependencies.clock.monotonic();
    this.#after('announcement', Math.max(GATHER_MS, restMs), () => this.#announce());
  }

  #announce(): void {
    this.#cancels.delete('announcement');
    this.#announcements += 1;
    this.#announcedAt = this.#dependencies.clock.monotonic();
    this.#send(`event: changed\ndata: ${[...this.#changed].join(' ')}\n\n`);
    this.#changed.clear();
  }

  #beat(): void {
    this.#after('heartbeat', HEARTBEAT_MS, () => {
      this.#send(':\n\n');
      this.#beat();
    });
  }

  #send(text: string): void {
    for (const response of this.#streams) {
      // Whoever does not read what is so short is as good as gone.
      if (response.writableNeedDrain) response.destroy();
      else response.write(text);
    }
  }

  #pollForeign(): void {
    this.#after('foreign', FOREIGN_POLL_MS, () => {
      this.#lookForForeignChanges()
        .catch((error: unknown) => this.#dependencies.logger.debug('live updates', { reason: String(error) }))
        .finally(() => {
          if (this.#streams.size > 0) this.#pollForeign();
        });
    });
  }

  async #lookForForeignChanges(): Promise<void> {
    const changes = await this.#dependencies.queries.foreignChanges();
    if (this.#foreignChanges !== undefined && changes !== this.#foreignChanges) {
      for (const topic of TOPICS) this.#change(topic);
    }
    this.#foreignChanges = changes;
  }

  #after(name: 'foreign' | 'heartbeat' | 'announcement', delayMs: number, callback: () => void): void {
    this.#cancels.set(name, this.#dependencies.scheduler.after(delayMs, callback));
  }
}
