import { z } from 'zod';

const instant = z.string().transform((text) => Date.parse(`${text}Z`));
const job = z.object({
  id: z.string(),
  queue_name: z.string(),
  status: z.enum(['pending', 'running', 'completed', 'dead']),
  attempt: z.int(),
  visible_at: instant,
  updated_at: instant,
  last_error: z.string().nullable(),
});
const schedule = z.object({ id: z.string() });
const metrics = z.object({
  version: z.string(),
  jobs: z.object({
    total: z.int(),
    pending: z.int(),
    running: z.int(),
    completed: z.int(),
    dead: z.int(),
  }),
});
const anything = z.unknown();

export type Job = z.infer<typeof job>;
export type Metrics = z.infer<typeof metrics>;
type Fields = Readonly<Record<string, unknown>>;

interface Answer<T> {
  readonly status: number;
  readonly body: T;
}

/** The HTTP API of the server, as any client would call it. */
export class Api {
  readonly url: string;
  readonly #signal: AbortSignal;

  /** @param signal ends the requests under way */
  constructor(url: string, signal: AbortSignal) {
    this.url = url;
    this.#signal = signal;
  }

  enqueue(fields: Fields): Promise<Answer<Job>> {
    return this.#request('POST', '/jobs', job, fields);
  }

  async enqueueAll(jobs: readonly Fields[]): Promise<readonly Job[]> {
    const answer = await this.#request('POST', '/jobs/batch', z.object({ jobs: z.array(job) }), { jobs });
    return answer.body.jobs;
  }

  async job(id: string): Promise<Job> {
    return (await this.#request('GET', `/jobs/${id}`, job)).body;
  }

  /** All jobs, the oldest first. */
  async jobs(): Promise<readonly Job[]> {
    return (await this.#request('GET', '/jobs?limit=1000', z.array(job))).body.reverse();
  }

  async retry(id: string): Promise<void> {
    await this.#request('POST', `/jobs/${id}/retry`, anything);
  }

  async createQueue(fields: Fields): Promise<void> {
    await this.#request('POST', '/queues', anything, fields);
  }

  /** @returns its id */
  async createSchedule(fields: Fields): Promise<string> {
    return (await this.#request('POST', '/schedules', schedule, fields)).body.id;
  }

  async deleteSchedule(id: string): Promise<void> {
    await this.#request('DELETE', `/schedules/${id}`, anything);
  }

  async metrics(): Promise<Metrics> {
    return (await this.#request('GET', '/metrics', metrics)).body;
  }

  async #request<T>(method: string, path: string, shape: z.ZodType<T>, fields?: Fields): Promise<Answer<T>> {
    const response = await fetch(this.url + path, {
      method,
      signal: this.#signal,
      ...(fields && { body: JSON.stringify(fields), headers: { 'Content-Type': 'application/json' } }),
    });
    const text = await response.text();
    if (!response.ok) throw new Error(`${method} ${path} was answered with ${response.status}: ${text}`);
    return { status: response.status, body: shape.parse(JSON.parse(text)) };
  }
}
