import { setTimeout as delay } from 'node:timers/promises';
import type { Api, Job } from './api.js';
import type { Delivery, Receiver } from './receiver.js';

/** One thing that mininq does, shown. */
export interface Act {
  readonly name: string;
  readonly caption: string;
  /** @returns what came out, as measured */
  readonly play: (stage: Stage) => Promise<string>;
}

export interface Stage {
  readonly api: Api;
  readonly receiver: Receiver;
  readonly signal: AbortSignal;
  readonly tell: (event: string, mood?: Mood) => void;
}

export type Mood = 'neutral' | 'bad';

const DEADLINE_MS = 15_000;
const LOOK_EVERY_MS = 10;

/**
 * Waits until `look` finds something.
 * @param what is waited for, to say so when it does not come
 */
export async function until<T>(
  { signal }: Stage,
  what: string,
  look: () => T | undefined | Promise<T | undefined>,
): Promise<T> {
  const end = performance.now() + DEADLINE_MS;
  for (;;) {
    const found = await look();
    if (found !== undefined) return found;
    if (performance.now() > end) throw new Error(`${what}: not within ${DEADLINE_MS / 1000} s`);
    await delay(LOOK_EVERY_MS, undefined, { signal });
  }
}

/** The job's nth delivery, once it arrived. */
export function delivered(stage: Stage, { id }: Job, n = 1): Promise<Delivery> {
  return until(stage, `delivery ${n} of job ${id}`, () => stage.receiver.of(id)[n - 1]);
}

/** The job, once it is in the status. */
export function reached(stage: Stage, { id }: Job, status: Job['status']): Promise<Job> {
  return until(stage, `job ${id} ${status}`, async () => {
    const job = await stage.api.job(id);
    return job.status === status ? job : undefined;
  });
}

export async function pause({ signal }: Stage, forMs: number): Promise<void> {
  await delay(forMs, undefined, { signal });
}

export function seconds(ms: number): string {
  return `${(ms / 1000).toFixed(2)} s`;
}
