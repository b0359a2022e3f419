import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { afterEach } from 'vitest';

export interface Received {
  readonly method: string;
  readonly path: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
  readonly jobId: string;
  readonly attempt: number;
}

export type Answer = (response: ServerResponse, request: Received) => void;

/** A webhook's receiver on loopback: keeps what it gets, and answers as it is told. */
export class Receiver {
  readonly requests: Received[] = [];
  readonly #server: Server;
  #answer: Answer = (response) => response.end('ok');

  private constructor() {
    this.#server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const received = {
          method: request.method ?? '',
          path: request.url ?? '',
          headers: request.headers,
          body: Buffer.concat(chunks).toString(),
          jobId: String(request.headers['x-mininq-job-id']),
          attempt: Number(request.headers['x-mininq-attempt']),
        };
        this.requests.push(received);
        this.#answer(response, received);
      });
    });
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve) => receiver.#server.listen(0, '127.0.0.1', resolve));
    return receiver;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the receiver does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  /** Answers so from now on. */
  answer(answer: Answer): void {
    this.#answer = answer;
  }

  /** How often each job arrived. */
  get deliveries(): Map<string, number> {
    const deliveries = new Map<string, number>();
    for (const { jobId } of this.requests) deliveries.set(jobId, (deliveries.get(jobId) ?? 0) + 1);
    return deliveries;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

/** Starts receivers, and closes them after each test. */
export function receivers(): () => Promise<Receiver> {
  const started: Receiver[] = [];
  afterEach(async () => {
    await Promise.all(started.splice(0).map((receiver) => receiver.close()));
  });
  return async () => {
    const receiver = await Receiver.start();
    started.push(receiver);
    return receiver;
  };
}
