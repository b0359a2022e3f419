import type { Job } from '../../domain/job/job.js';
import { originOf } from '../../domain/job/origin.js';
import type { FreeSlots } from '../../domain/queue/claim-plan.js';
import { leftByOrigin, leftByQueue, movementOf, type Movement } from '../../domain/queue/slot-share.js';
import type { Clock } from '../ports/clock.js';
import type { Admission } from '../ports/job-store.js';

/** A queue or an origin: the slots that it holds here, and how its attempts end. */
interface Holder {
  held: number;
  /** On the monotonic clock. */
  movedAt: number;
  timeouts: number;
}

/** One pass of claiming. */
interface Pass extends Admission {
  /** Forgets what was admitted: the store's step begins, maybe for another time. */
  readonly begin: () => void;
}

/** Names that each of the maps below holds at most, beside those that hold a slot: more than there are queues. */
const REMEMBERED = 20_000;

/** The slots of this process: who holds them, and who may take one. The rules are in domain/queue/slot-share.ts. */
export class Slots {
  readonly #total: number;
  readonly #clock: Clock;
  readonly #queues = new Map<string, Holder>();
  readonly #origins = new Map<string, Holder>();
  /** Queue -> origin of the job that it was refused; until one of its jobs is admitted. */
  readonly #refused = new Map<string, string>();
  #taken = 0;

  constructor(total: number, clock: Clock) {
    this.#total = total;
    this.#clock = clock;
  }

  get free(): number {
    return this.#total - this.#taken;
  }

  /** @returns gives the slot back; to be called with the milliseconds that the attempt took */
  take({ queueName, callbackUrl, timeoutMs }: Job): (tookMs: number) => void {
    const queue = holderOf(this.#queues, queueName);
    const origin = holderOf(this.#origins, originOf(callbackUrl));
    queue.held += 1;
    origin.held += 1;
    this.#taken += 1;
    return (tookMs) => {
      const now = this.#clock.monotonic();
      // A timer may be early by a part of a millisecond.
      const timedOut = Math.ceil(tookMs) >= timeoutMs;
      release(queue, timedOut, now);
      release(origin, timedOut, now);
      this.#taken -= 1;
    };
  }

  /** @param most how many may be given out now */
  toShare(most: number): FreeSlots {
    const now = this.#clock.monotonic();
    return {
      free: this.free,
      most,
      holds: (name) => this.#holds(name),
      leftBy: (name) => leftByQueue(this.#queueMovement(name, now), this.#total),
    };
  }

  /** For one pass: it counts what it admits, until that is taken. */
  admission(): Pass {
    const now = this.#clock.monotonic();
    const atOrigin = new Map<string, number>();
    let admitted = 0;
    let last = '';
    return {
      begin: () => {
        atOrigin.clear();
        admitted = 0;
        last = '';
      },
      queue: (name) => {
        const left = this.free - 1;
        const first = !this.#holds(name);
        if (!first && left < leftByQueue(this.#queueMovement(name, now), this.#total)) return false;
        const origin = this.#refused.get(name);
        return origin === undefined || left >= this.#leftByOrigin(origin, 0, () => first, now);
      },
      job: ({ queueName, callbackUrl }) => {
        const origin = originOf(callbackUrl);
        const more = atOrigin.get(origin) ?? 0;
        // The jobs of a queue come together.
        const isFirst = () => queueName !== last && !this.#holds(queueName);
        if (this.free - admitted - 1 < this.#leftByOrigin(origin, more, isFirst, now)) {
          remember(this.#refused, queueName, origin);
          return false;
        }
        this.#refused.delete(queueName);
        atOrigin.set(origin, more + 1);
        admitted += 1;
        last = queueName;
        return true;
      },
    };
  }

  /** @param more jobs at the origin that are admitted, and have not taken their slots yet */
  #leftByOrigin(origin: string, more: number, isFirst: () => boolean, now: number): number {
    const holder = this.#origins.get(origin);
    if ((holder?.held ?? 0) + more === 0) return 0;
    const movement = holder ? movementOf(holder, now) : 'standing';
    // Most origins move, and then it makes no difference.
    return leftByOrigin(movement, movement !== 'moving' && isFirst(), this.#total);
  }

  #holds(queueName: string): boolean {
    return (this.#queues.get(queueName)?.held ?? 0) > 0;
  }

  #queueMovement(name: string, now: number): Movement {
    const holder = this.#queues.get(name);
    return holder ? movementOf(holder, now) : 'standing';
  }
}

function holderOf(holders: Map<string, Holder>, name: string): Holder {
  const known = holders.get(name);
  if (known) return known;
  const holder: Holder = { held: 0, movedAt: Number.NEGATIVE_INFINITY, timeouts: 0 };
  if (holders.size >= REMEMBERED) {
    for (const [each, { held }] of holders) if (held === 0) holders.delete(each);
  }
  holders.set(name, holder);
  return holder;
}

function remember(refused: Map<string, string>, queueName: string, origin: string): void {
  if (refused.size >= REMEMBERED) refused.clear();
  refused.set(queueName, origin);
}

function release(holder: Holder, timedOut: boolean, now: number): void {
  holder.held -= 1;
  if (timedOut) {
    holder.timeouts += 1;
  } else {
    holder.timeouts = 0;
    holder.movedAt = now;
  }
}
