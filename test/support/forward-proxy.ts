import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { connect, type AddressInfo, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { onTestFinished } from 'vitest';

export interface ForwardProxyOptions {
  readonly tls?: { readonly cert: string; readonly key: string };
  /** In the place of a tunnel. */
  readonly answer?: (socket: Duplex, request: IncomingMessage) => void;
}

/** A proxy on loopback that tunnels to that port of loopback, whatever the host, until the test ends. */
export async function startForwardProxy({ tls, answer }: ForwardProxyOptions = {}) {
  /** The hosts that tunnels were asked for, with their ports. */
  const asked: string[] = [];
  const credentials: (string | undefined)[] = [];
  const sockets = new Set<Duplex>();
  const server = tls === undefined ? createServer() : createSecureServer(tls);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).on('close', () => sockets.delete(socket));
  });
  server.on('connect', (request: IncomingMessage, socket: Duplex, head: Buffer) => {
    const host = request.url ?? '';
    asked.push(host);
    credentials.push(request.headers['proxy-authorization']);
    socket.on('error', () => undefined);
    if (answer !== undefined) {
      socket.resume().on('end', () => socket.end());
      answer(socket, request);
      return;
    }
    const outgoing = connect(Number(/\d+$/.exec(host)?.[0]), '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 Connection established\r\n\r\n');
      outgoing.write(head);
      outgoing.pipe(socket).pipe(outgoing);
    });
    sockets.add(outgoing);
    outgoing.on('error', () => socket.destroy()).on('close', () => socket.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  onTestFinished(async () => {
    const closed = once(server, 'close');
    server.close();
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  // A server that listens on a port has such an address.
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `${tls === undefined ? 'http' : 'https'}://localhost:${port}`,
    asked,
    credentials,
    sockets,
  };
}
