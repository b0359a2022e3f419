/**
 * How attempts of a queue (or at an origin) end in this process:
 *
 *   moving    one ended lately, other than by running out of time
 *   standing  none did: they have just begun, take long, or hang
 *   stuck     the last two or more ran out of time
 */
export type Movement = 'moving' | 'standing' | 'stuck';

export interface Ends {
  /** When one last ended other than by running out of time; milliseconds on the same clock as `now` below. */
  readonly movedAt: number;
  /** How many have run out of time since. */
  readonly timeouts: number;
}

/** For how long an attempt that ended shows that its queue moves. */
export const MOVING_MS = 5000;

/** One attempt that runs out of time says little of a queue whose jobs go to many receivers. */
const STUCK_AFTER = 2;

export function movementOf({ movedAt, timeouts }: Ends, now: number): Movement {
  if (timeouts >= STUCK_AFTER) return 'stuck';
  return now - movedAt <= MOVING_MS ? 'moving' : 'standing';
}

/**
 * How many slots must stay free when a queue that holds some takes one more. So queues that hang one after another
 * leave a part to those that come later, as the buffers of a switch do with a dynamic threshold. A queue's first slot
 * asks for none.
 * @param slots of this worker, taken or free
 */
export function leftByQueue(movement: Movement, slots: number): number {
  switch (movement) {
    case 'moving':
      return slots < 10 ? 0 : Math.max(1, Math.floor(slots / 20));
    case 'standing':
      return atLeastOne((slots * 4) / 10, slots);
    case 'stuck':
      return atLeastOne((slots * 8) / 10, slots);
  }
}

/**
 * The same for one more job at an origin that has some in flight, whatever their queues: any number of queues that
 * point to one origin that hangs leave slots to the others. The first job of a queue may go further, as the other jobs
 * of its origin need not be like it.
 * @param first the queue holds no slot yet
 */
export function leftByOrigin(movement: Movement, first: boolean, slots: number): number {
  if (movement === 'moving') return 0;
  return first ? Math.floor((slots * 2) / 10) : leftByQueue('standing', slots);
}

/** With a single slot there is nothing to leave. */
function atLeastOne(part: number, slots: number): number {
  return slots === 1 ? 0 : Math.max(1, Math.floor(part));
}
