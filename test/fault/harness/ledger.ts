import { join } from 'node:path';
import { AppendedLines } from './appended-lines.js';

export interface Delivery {
  readonly jobId: string;
  readonly attempt: number;
  /** When the request had arrived, epoch milliseconds. */
  readonly at: number;
}

/** What happened outside the server, written down by the processes that saw it: producers and receivers. */
export class Ledger {
  /** A producer appends the id of each job whose enqueue was answered with a 2xx, after it has read the answer. */
  readonly acknowledgedPath: string;
  /** A receiver appends each request when it has arrived, and again before it answers. */
  readonly receivedPath: string;
  readonly #acknowledgedLines: AppendedLines;
  readonly #receivedLines: AppendedLines;
  readonly #acknowledged: string[] = [];
  readonly #deliveries: Delivery[] = [];
  readonly #answered: Delivery[] = [];

  constructor(folder: string) {
    this.acknowledgedPath = join(folder, 'acknowledged');
    this.receivedPath = join(folder, 'received');
    this.#acknowledgedLines = new AppendedLines(this.acknowledgedPath);
    this.#receivedLines = new AppendedLines(this.receivedPath);
  }

  get acknowledged(): readonly string[] {
    for (const id of this.#acknowledgedLines.readNew()) this.#acknowledged.push(id);
    return this.#acknowledged;
  }

  /** Requests that arrived, in order. */
  get deliveries(): readonly Delivery[] {
    this.#readReceived();
    return this.#deliveries;
  }

  /** Of those, the answered ones. */
  get answered(): readonly Delivery[] {
    this.#readReceived();
    return this.#answered;
  }

  /** How often each job arrived. */
  get timesDelivered(): ReadonlyMap<string, number> {
    const times = new Map<string, number>();
    for (const { jobId } of this.deliveries) times.set(jobId, (times.get(jobId) ?? 0) + 1);
    return times;
  }

  #readReceived(): void {
    for (const line of this.#receivedLines.readNew()) {
      const [mark, jobId = '', attempt, at] = line.split(' ');
      const delivery = { jobId, attempt: Number(attempt), at: Number(at) };
      (mark === '+' ? this.#deliveries : this.#answered).push(delivery);
    }
  }
}
