import { readdirSync, readFileSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import Database from 'better-sqlite3';
import { expect } from 'vitest';
import { eventually } from '../support/eventually.js';
import { allFinished } from './harness/figures.js';
import { LONG, SOAK_MINUTES } from './harness/form.js';
import type { SeededRandom } from './harness/random.js';
import { scenario } from './harness/scenario.js';
import { DEADLINE_MS, type Server, type Site } from './harness/site.js';
import { expectSound, runningJobs, storedJobs } from './harness/stored.js';

/** What a process holds, as Linux tells it. */
interface Held {
  readonly residentKiB: number;
  readonly descriptors: number;
}

function heldBy({ program }: Server): Held {
  const status = readFileSync(`/proc/${program.pid}/status`, 'utf8');
  return {
    residentKiB: Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]),
    descriptors: readdirSync(`/proc/${program.pid}/fd`).length,
  };
}

function median(figures: readonly number[]): number {
  return [...figures].sort((a, b) => a - b)[Math.floor(figures.length / 2)] ?? 0;
}

/** No more at the end than in the second quarter, but for what comes and goes. */
function expectFlat(samples: readonly Held[]): void {
  const quarter = Math.floor(samples.length / 4);
  const [early, late] = [samples.slice(quarter, 2 * quarter), samples.slice(-quarter)];
  const of = (part: readonly Held[], figure: keyof Held) => median(part.map((held) => held[figure]));
  expect(of(late, 'descriptors')).toBeLessThanOrEqual(of(early, 'descriptors') + 20);
  expect(of(late, 'residentKiB')).toBeLessThanOrEqual(of(early, 'residentKiB') + 64 * 1024);
}

/** Faults that befall the second of two servers, or the file that both share. */
class Faults {
  readonly #site: Site;
  readonly #random: SeededRandom;
  #victim: Server;
  /** Deliveries that were under way when the victim was killed or stopped. */
  interrupted = 0;

  constructor(site: Site, random: SeededRandom, victim: Server) {
    this.#site = site;
    this.#random = random;
    this.#victim = victim;
  }

  async next(): Promise<void> {
    const { program } = this.#victim;
    switch (this.#random.between(1, 4)) {
      case 1:
        await program.kill();
        this.interrupted += runningJobs(this.#site.database, program.pid).size;
        this.#victim = await this.#site.serve();
        break;
      case 2:
        program.signal('SIGTERM');
        expect(await program.exited).toEqual({ code: 0, signal: null });
        this.#victim = await this.#site.serve();
        break;
      case 3:
        program.signal('SIGSTOP');
        this.interrupted += runningJobs(this.#site.database, program.pid).size;
        await delay(this.#random.between(100, 4000));
        program.signal('SIGCONT');
        break;
      case 4:
        await this.#holdLock(this.#random.between(10, 1000));
        break;
    }
  }

  async #holdLock(ms: number): Promise<void> {
    const db = new Database(this.#site.database, { timeout: 30_000 });
    db.exec('BEGIN IMMEDIATE');
    await delay(ms);
    db.exec('COMMIT');
    db.close();
  }
}

const limitMs = DEADLINE_MS * 4 + (LONG ? SOAK_MINUTES * 60_000 : 0);

scenario('F74 soak of mixed faults', { long: 1, limitMs }, async (site, random) => {
  const receiver = await site.receiver();
  const [steady, victim] = await Promise.all([site.serve(), site.serve()]);
  await steady.api.request('POST', '/queues', { name: 'default', max_concurrency: 20 });
  const kinds = ['?delay=5', '?delay=200', '?status=503&fails=1', '?status=429&fails=2&delay=20'];
  const producers = kinds.map((query) => {
    const job = { callback_url: `${receiver}/${query}`, timeout_ms: 2000, max_retries: 1000 };
    return site.producer({ url: steady.api.url, connections: 1, batch: 1, total: null, job, pauseMs: 100 });
  });
  const faults = new Faults(site, random, victim);
  const samples: Held[] = [];
  const until = performance.now() + SOAK_MINUTES * 60_000;
  for (let round = 0; LONG ? performance.now() < until : round < 6; round += 1) {
    await faults.next();
    const target = site.ledger.answered.length + 25;
    await eventually('deliveries go on', () => site.ledger.answered.length >= target, DEADLINE_MS);
    samples.push(heldBy(steady));
  }
  for (const producer of producers) producer.signal('SIGTERM');
  await Promise.all(producers.map(({ exited }) => exited));
  await allFinished(steady);
  if (LONG) expectFlat(samples);

  expectSound(site.database);
  const stored = storedJobs(site.database);
  const times = site.ledger.timesDelivered;
  const { acknowledged } = site.ledger;
  let duplicates = 0;
  for (const { id, status, attempt } of stored.values()) {
    expect({ id, status }).toEqual({ id, status: 'completed' });
    // One attempt is one request, but for those that a death of the process gave back.
    duplicates += Math.max(0, (times.get(id) ?? 0) - attempt);
  }
  const lost = acknowledged.filter((id) => !stored.has(id) || !times.has(id)).length;
  return { acknowledged: acknowledged.length, lost, duplicates, allowed: faults.interrupted };
});
