/**
 * A client in a process of its own: enqueues jobs over a number of connections, and appends the id of each to the
 * ledger once it has read the 2xx. A 503 is tried again after a moment, as its Retry-After says. It ends when all
 * are enqueued, at the first connection that breaks, and on SIGTERM; its last line says what it saw.
 */
import { openSync, writeSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { Agent, request } from 'undici';
import { z } from 'zod';

export interface ProducerPlan {
  /** Of the server. */
  readonly url: string;
  readonly ledger: string;
  readonly connections: number;
  /** Jobs a request; 1: POST /jobs. */
  readonly batch: number;
  /** Jobs to enqueue; null: without end. */
  readonly total: number | null;
  /** What each job is like; it gets a payload of its own. */
  readonly job: Readonly<Record<string, unknown>>;
  /** With it, each job has an idempotency key of its own that begins so. */
  readonly keyPrefix?: string;
  /** Between the requests of a connection; default: none. */
  readonly pauseMs?: number;
}

/** What a producer saw: how often each status, 0 standing for a connection that broke. */
export type ProducerReport = Record<string, number>;

const PLAN = z.object({
  url: z.string(),
  ledger: z.string(),
  connections: z.number(),
  batch: z.number(),
  total: z.number().nullable(),
  job: z.record(z.string(), z.unknown()),
  keyPrefix: z.string().optional(),
  pauseMs: z.number().default(0),
});
const ENQUEUED = z.object({ id: z.string() });
const BATCH = z.object({ jobs: z.array(ENQUEUED) });
/** A polite client would wait the second that it is told to; this one is to be a nuisance. */
const RETRY_MS = 50;

const plan = PLAN.parse(JSON.parse(process.argv[2] ?? ''));
const ledger = openSync(plan.ledger, 'a');
const dispatcher = new Agent({ connections: plan.connections, pipelining: 1 });
const report: ProducerReport = {};
let next = 0;
let stopped = false;
process.on('SIGTERM', () => (stopped = true));

async function post(path: string, body: unknown): Promise<unknown> {
  for (;;) {
    const answer = await request(plan.url + path, {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(body),
      dispatcher,
    });
    const parsed: unknown = await answer.body.json();
    report[answer.statusCode] = (report[answer.statusCode] ?? 0) + 1;
    if (answer.statusCode === 200 || answer.statusCode === 201) return parsed;
    if (answer.statusCode !== 503) throw new Error(`status ${answer.statusCode}: ${JSON.stringify(parsed)}`);
    if (stopped) return null;
    await delay(RETRY_MS);
  }
}

function acknowledge(jobs: readonly { readonly id: string }[]): void {
  writeSync(ledger, jobs.map(({ id }) => `${id}\n`).join(''));
}

async function work(): Promise<void> {
  while (!stopped && (plan.total === null || next < plan.total)) {
    const count = Math.min(plan.batch, (plan.total ?? Infinity) - next);
    const jobs = Array.from({ length: count }, () => {
      const n = next++;
      const key = plan.keyPrefix === undefined ? {} : { idempotency_key: `${plan.keyPrefix}-${n}` };
      return { ...plan.job, ...key, payload: { n } };
    });
    const answer = plan.batch === 1 ? await post('/jobs', jobs[0]) : await post('/jobs/batch', { jobs });
    if (answer === null) return;
    acknowledge(plan.batch === 1 ? [ENQUEUED.parse(answer)] : BATCH.parse(answer).jobs);
    if (plan.pauseMs > 0) await delay(plan.pauseMs);
  }
}

const ends = await Promise.allSettled(
  Array.from({ length: plan.connections }, async () => {
    try {
      await work();
    } catch (error) {
      stopped = true;
      throw error;
    }
  }),
);
for (const end of ends) {
  if (end.status === 'fulfilled') continue;
  report['0'] = (report['0'] ?? 0) + 1;
  process.stderr.write(`${String(end.reason)}\n`);
}
process.stdout.write(`${JSON.stringify(report)}\n`);
await dispatcher.destroy();
