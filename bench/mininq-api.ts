import { setTimeout as delay } from 'node:timers/promises';
import { z } from 'zod';
import { loadSeconds } from './http-load.js';

/** As POST /jobs takes it. */
export interface JobFields {
  readonly queue_name: string;
  readonly callback_url: string;
  readonly payload: Readonly<Record<string, unknown>>;
}

const metrics = z.object({
  jobs: z.object({ total: z.int(), pending: z.int(), completed: z.int(), dead: z.int() }),
});

/** How many jobs there are, and how many of them are in some statuses. */
export type Counts = z.infer<typeof metrics>['jobs'];

const arrivals = z.object({ count: z.int(), seconds: z.number() });

const BATCH = 1000;
const CONNECTIONS = 4;
const POLL_INTERVAL_MS = 100;

/** The HTTP API of a server, as far as the cases need it. */
export class MininqApi {
  readonly #url: string;

  /** @param url of the server, without a slash at the end */
  constructor(url: string) {
    this.#url = url;
  }

  async createQueue(name: string, maxConcurrency: number): Promise<void> {
    await this.#ask('POST', '/queues', { name, max_concurrency: maxConcurrency });
  }

  async pause(queue: string): Promise<void> {
    await this.#ask('POST', `/queues/${queue}/pause`);
  }

  async resume(queue: string): Promise<void> {
    await this.#ask('POST', `/queues/${queue}/resume`);
  }

  /** Enqueues the job so many times, a multiple of 1000, by POST /jobs/batch. @returns how many seconds it took */
  enqueue(job: JobFields, count: number): Promise<number> {
    return loadSeconds({
      url: this.#url,
      path: '/jobs/batch',
      body: JSON.stringify({ jobs: Array<JobFields>(BATCH).fill(job) }),
      connections: CONNECTIONS,
      requests: count / BATCH,
      status: 201,
    });
  }

  /** Enqueues the job so many times while its queue is paused, and then lets them go. */
  async release(job: JobFields, count: number): Promise<void> {
    await this.pause(job.queue_name);
    await this.enqueue(job, count);
    await this.resume(job.queue_name);
  }

  async counts(): Promise<Counts> {
    return metrics.parse(await this.#ask('GET', '/metrics')).jobs;
  }

  /** @throws when a job dies meanwhile, or none is completed for a minute */
  async untilCompleted(jobs: number): Promise<void> {
    let latest = await this.counts();
    let movedAt = performance.now();
    while (latest.completed < jobs) {
      await delay(POLL_INTERVAL_MS);
      const now = await this.counts();
      if (now.completed > latest.completed) movedAt = performance.now();
      if (now.dead > 0 || performance.now() - movedAt > 60_000)
        throw new Error(`${jobs} jobs were to be completed, but there are ${JSON.stringify(now)}`);
      latest = now;
    }
  }

  async #ask(method: string, path: string, fields?: Readonly<Record<string, unknown>>): Promise<unknown> {
    const response = await fetch(this.#url + path, {
      method,
      ...(fields && { body: JSON.stringify(fields), headers: { 'content-type': 'application/json' } }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
    return JSON.parse(text) as unknown;
  }
}

/**
 * Requests a second, from the first to the last that arrives at the hook of programs/receiver.
 * @param send begins so many requests, or makes them
 */
export async function arrivalRate(
  receiver: string,
  requests: number,
  send: () => Promise<void>,
): Promise<number> {
  await fetch(`${receiver}/arrivals`, { method: 'DELETE' });
  await send();
  const response = await fetch(`${receiver}/arrivals/${requests}`);
  const { count, seconds } = arrivals.parse(await response.json());
  if (count !== requests) throw new Error(`${count} requests arrived, not ${requests}`);
  return requests / seconds;
}
