import { once } from 'node:events';
import { createServer as createTcpServer, type AddressInfo, type Socket } from 'node:net';
import { createServer as createTlsServer, type TlsOptions } from 'node:tls';
import { onTestFinished } from 'vitest';

/** A request as it came over the wire. */
export interface ReceivedRequest {
  /** Request line and headers, without the empty line. */
  readonly head: string;
  readonly body: Buffer;
}

export interface HostileServer {
  readonly port: number;
  /** http(s)://127.0.0.1:port */
  readonly origin: string;
  /** Complete requests, in the order of their last bytes. */
  readonly requests: readonly ReceivedRequest[];
  /** Connections that are open now. */
  readonly open: ReadonlySet<Socket>;
  /** Connections ever accepted. */
  readonly accepted: () => number;
}

export interface HostileServerOptions {
  readonly tls?: TlsOptions;
  /** Address to listen on; default 127.0.0.1. */
  readonly host?: string;
}

/**
 * A server that answers each complete request with whatever the test writes to the socket. It lives until the test
 * ends.
 * @param onRequest gets the number of requests before this one as its last argument
 */
export async function startHostileServer(
  onRequest: (socket: Socket, request: ReceivedRequest, index: number) => void,
  options: HostileServerOptions = {},
): Promise<HostileServer> {
  const requests: ReceivedRequest[] = [];
  const open = new Set<Socket>();
  let accepted = 0;
  const onConnection = (socket: Socket): void => {
    accepted += 1;
    open.add(socket);
    socket.on('close', () => open.delete(socket));
    // A client that goes away is what many tests are about.
    socket.on('error', () => undefined);
    collectRequests(socket, (request) => onRequest(socket, request, requests.push(request) - 1));
  };
  const server =
    options.tls === undefined
      ? createTcpServer({ noDelay: true }, onConnection)
      : createTlsServer({ ...options.tls, noDelay: true }, onConnection);
  server.listen(0, options.host ?? '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of open) socket.destroy();
    await closed;
  });
  const port = portOf(server.address());
  const origin = `${options.tls === undefined ? 'http' : 'https'}://127.0.0.1:${port}`;
  return { port, origin, requests, open, accepted: () => accepted };
}

/** An answer with a Content-Length. @param headers further header lines */
export function answer(status: string, body: string | Buffer = '', headers: readonly string[] = []): Buffer {
  const bytes = Buffer.from(body);
  const head = [`HTTP/1.1 ${status}`, ...headers, `Content-Length: ${bytes.length}`, '', ''].join('\r\n');
  return Buffer.concat([Buffer.from(head, 'latin1'), bytes]);
}

/** A port of 127.0.0.1 on which nothing listens. */
export async function unusedPort(): Promise<number> {
  const server = createTcpServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server.address());
  server.close();
  await once(server, 'close');
  return port;
}

function portOf(address: AddressInfo | string | null): number {
  if (address === null || typeof address === 'string') throw new Error('the server has no port');
  return address.port;
}

function collectRequests(socket: Socket, onRequest: (request: ReceivedRequest) => void): void {
  let received = Buffer.alloc(0);
  socket.on('data', (piece: Buffer) => {
    received = Buffer.concat([received, piece]);
    for (;;) {
      const headEnd = received.indexOf('\r\n\r\n');
      if (headEnd < 0) return;
      const head = received.toString('latin1', 0, headEnd);
      const length = Number(/^content-length: (\d+)$/im.exec(head)?.[1] ?? 0);
      const end = headEnd + 4 + length;
      if (received.length < end) return;
      const body = Buffer.from(received.subarray(headEnd + 4, end));
      received = received.subarray(end);
      onRequest({ head, body });
    }
  });
}
