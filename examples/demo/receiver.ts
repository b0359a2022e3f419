import { createServer, type Server } from 'node:http';

/** A request that mininq made to the receiver. */
export interface Delivery {
  /** Of the webhook. */
  readonly name: string;
  readonly jobId: string;
  readonly attempt: number;
  readonly body: string;
  /** Epoch milliseconds. */
  readonly time: number;
  /** On the clock of performance.now(). */
  readonly at: number;
}

export interface Answer {
  readonly status: number;
  /** How long the work takes. */
  readonly afterMs?: number;
}

type Behaviour = (delivery: Delivery) => Answer;

const OK: Answer = { status: 200 };

/** The other side: a service with webhooks, each of which works or fails as it is told. */
export class Receiver {
  readonly #server: Server;
  readonly #hooks = new Map<string, Behaviour>();
  readonly #deliveries: Delivery[] = [];

  private constructor() {
    this.#server = createServer((request, response) => {
      const [at, time] = [performance.now(), Date.now()];
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        const delivery = {
          name: request.url?.slice(1) ?? '',
          jobId: String(request.headers['x-mininq-job-id']),
          attempt: Number(request.headers['x-mininq-attempt']),
          body: Buffer.concat(chunks).toString(),
          time,
          at,
        };
        this.#deliveries.push(delivery);
        const { status, afterMs = 0 }: Answer = this.#hooks.get(delivery.name)?.(delivery) ?? { status: 404 };
        setTimeout(() => response.writeHead(status).end(), afterMs);
      });
    });
  }

  static async start(): Promise<Receiver> {
    const receiver = new Receiver();
    await new Promise<void>((resolve, reject) => {
      receiver.#server.once('error', reject).listen(0, '127.0.0.1', resolve);
    });
    return receiver;
  }

  get url(): string {
    const address = this.#server.address();
    if (address === null || typeof address === 'string') throw new Error('the receiver does not listen');
    return `http://127.0.0.1:${address.port}`;
  }

  /**
   * Sets how a webhook behaves from now on.
   * @returns its URL
   */
  hook(name: string, behaviour: Behaviour = () => OK): string {
    this.#hooks.set(name, behaviour);
    return `${this.url}/${name}`;
  }

  /** In the order of their arrival. */
  get deliveries(): readonly Delivery[] {
    return this.#deliveries;
  }

  /** @param name of the webhook */
  to(name: string): readonly Delivery[] {
    return this.#deliveries.filter((delivery) => delivery.name === name);
  }

  of(jobId: string): readonly Delivery[] {
    return this.#deliveries.filter((delivery) => delivery.jobId === jobId);
  }

  async close(): Promise<void> {
    await new Promise((resolve) => {
      this.#server.close(resolve);
      this.#server.closeAllConnections();
    });
  }
}
