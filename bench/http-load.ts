import { Client } from 'undici';

/** The same request many times, over several kept connections at once. */
export interface Load {
  /** Of the server, without a slash at the end. */
  readonly url: string;
  readonly path: string;
  /** JSON text. */
  readonly body: string;
  readonly connections: number;
  readonly requests: number;
  /** Of every answer; another one fails the load. */
  readonly status: number;
}

/**
 * POSTs it all; each connection sends its next request when it has the whole answer to the one before.
 * @returns seconds from the first request to the last answer
 */
export async function loadSeconds(load: Load): Promise<number> {
  const clients = Array.from({ length: load.connections }, () => new Client(load.url));
  const body = Buffer.from(load.body);
  let sent = 0;
  const post = async (client: Client): Promise<void> => {
    while (sent < load.requests) {
      sent += 1;
      await exchange(client, { method: 'POST', path: load.path, body }, load.status);
    }
  };
  const startedAt = performance.now();
  try {
    await Promise.all(clients.map(post));
    return (performance.now() - startedAt) / 1000;
  } finally {
    await Promise.all(clients.map((client) => client.destroy()));
  }
}

export interface Request {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  /** JSON text; null for none. */
  readonly body: Buffer | null;
  /** Further ones. */
  readonly headers?: Readonly<Record<string, string>>;
}

/**
 * One request and the whole of its answer.
 * @returns the text of the answer
 * @throws when its status is not the expected one
 */
export async function exchange(client: Client, request: Request, status: number): Promise<string> {
  const headers = {
    ...(request.body !== null && { 'content-type': 'application/json' }),
    ...request.headers,
  };
  const answer = await client.request({ ...request, headers });
  const text = await answer.body.text();
  if (answer.statusCode !== status)
    throw new Error(`${request.method} ${request.path} was answered with ${answer.statusCode}: ${text}`);
  return text;
}
