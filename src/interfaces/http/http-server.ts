import {
  createServer,
  STATUS_CODES,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { isIPv6 } from 'node:net';
import type { Duplex } from 'node:stream';
import { StartupError, type Refusal } from '../../application/errors.js';
import type { Ids } from '../../application/ports/ids.js';
import type { Logger } from '../../application/ports/logger.js';
import type { Scheduler } from '../../application/ports/scheduler.js';
import { ERROR_STATUS, presentError } from './error-response.js';
import { SECURITY_HEADERS } from './security-headers.js';

export interface Listening {
  readonly port: number;
  /** Where a browser on this machine reaches the server: for 0.0.0.0 and ::, by localhost. */
  readonly url: string;
}

export interface HttpServer {
  /**
   * @param port 0: any free one
   * @throws StartupError with one line that says how to mend it
   */
  listen(host: string, port: number): Promise<Listening>;
  /**
   * Accepts no more connections and ends the idle ones; answers what has been asked, and closes each connection then.
   * Connections that are still busy after five seconds are cut. Resolves when there are none left.
   */
  close(): Promise<void>;
  /** Cuts all connections: what {@link HttpServer.close} waits for comes to an end. */
  destroy(): void;
}

export interface HttpServerDependencies {
  readonly app: RequestListener;
  /** Further connections are closed as soon as they are accepted. */
  readonly maxConnections: number;
  readonly ids: Ids;
  readonly scheduler: Scheduler;
  readonly logger: Logger;
}

/** Milliseconds, or bytes for the size. */
const LIMITS = {
  maxHeaderSize: 16_384,
  headersTimeout: 10_000,
  requestTimeout: 30_000,
  connectionsCheckingInterval: 5_000,
  // Longer than the 60 s of common proxies, so that they never send a request on a connection that is being closed.
  keepAliveTimeout: 65_000,
} as const;
const CLOSE_TIMEOUT_MS = 5_000;

export function createHttpServer({
  app,
  maxConnections,
  ids,
  scheduler,
  logger,
}: HttpServerDependencies): HttpServer {
  let closed: Promise<void> | undefined;
  /** Answers that are due or on their way. */
  const pending = new Set<ServerResponse>();
  const serve: RequestListener = (request, response) => {
    pending.add(response);
    response.once('close', () => pending.delete(response));
    if (closed) response.setHeader('Connection', 'close');
    app(request, response);
  };
  // The app itself answers for a missing Host header.
  const server = createServer({ ...LIMITS, requireHostHeader: false }, serve);
  server.maxConnections = maxConnections;
  logRefusals(server, logger);
  // The app may refuse a request before its body is sent: "100 Continue" is for the reader of the body to say.
  server.on('checkContinue', serve);
  // Any other expectation may be ignored (RFC 9110, 10.1.1). Node by itself answers 417, without a body.
  server.on('checkExpectation', (request, response) => {
    delete request.headers.expect;
    serve(request, response);
  });
  server.on('clientError', (error, socket) => {
    refuseMalformed(
      error,
      socket,
      [...pending].find((response) => response.socket === socket),
      ids,
    );
  });

  return {
    async listen(host, port) {
      await startListening(server, host, port);
      server.on('error', (error) => logger.error('the HTTP server failed', {}, error));
      return listeningAt(server, host);
    },
    close() {
      for (const response of pending) closeAfter(response);
      closed ??= stopListening(server, scheduler);
      return closed;
    },
    destroy: () => server.closeAllConnections(),
  };
}

/** One line when connections begin to be refused, not one each. */
function logRefusals(server: Server, logger: Logger): void {
  let refusing = false;
  server.on('connection', () => {
    refusing = false;
  });
  server.on('drop', () => {
    if (refusing) return;
    refusing = true;
    logger.warn('connections are refused: there are as many as there may be', {
      max_connections: server.maxConnections,
    });
  });
}

/** Resolves when the last connection is closed. */
function stopListening(server: Server, scheduler: Scheduler): Promise<void> {
  return new Promise((resolve) => {
    const cancel = scheduler.after(CLOSE_TIMEOUT_MS, () => server.closeAllConnections());
    // An error would say that the server does not listen; then there is nothing to wait for.
    server.close(() => {
      cancel();
      resolve();
    });
  });
}

function closeAfter(response: ServerResponse): void {
  if (!response.headersSent) response.setHeader('Connection', 'close');
}

function startListening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const fail = (error: Error): void => reject(startupError(error, host, port));
    server.once('error', fail);
    server.listen(port, host, () => {
      server.off('error', fail);
      resolve();
    });
  });
}

const WILDCARDS = ['0.0.0.0', '::'];

function listeningAt(server: Server, host: string): Listening {
  const address = server.address();
  // A text would be the path of a pipe.
  if (address === null || typeof address === 'string') throw new Error('the HTTP server has no port');
  const name = isIPv6(host) ? `[${host}]` : host;
  return {
    port: address.port,
    url: `http://${WILDCARDS.includes(host) ? 'localhost' : name}:${address.port}`,
  };
}

/**
 * Ends a connection whose bytes are not HTTP, or do not come.
 * @param due the answer that the connection waits for
 */
function refuseMalformed(error: Error, socket: Duplex, due: ServerResponse | undefined, ids: Ids): void {
  if (due?.req.complete === true) {
    // The answer is to an earlier request, which was in order.
    closeAfter(due);
  } else if (socket.writable && due?.headersSent !== true) {
    socket.end(rawError(describeMalformed(error), ids.next()), () => socket.destroy());
  } else {
    socket.destroy();
  }
}

function describeMalformed(error: Error): Refusal {
  switch ('code' in error && error.code) {
    case 'ERR_HTTP_REQUEST_TIMEOUT':
      return { code: 'validation_failed', message: 'The request took too long to arrive' };
    case 'HPE_HEADER_OVERFLOW':
      return {
        code: 'validation_failed',
        message: `The headers are larger than ${LIMITS.maxHeaderSize} bytes`,
      };
    default:
      return { code: 'validation_failed', message: 'The request is not well-formed HTTP/1.1' };
  }
}

/** An answer for a connection on which there is no request to answer. */
function rawError(refusal: Refusal, requestId: string): string {
  const status = ERROR_STATUS[refusal.code];
  const body = JSON.stringify(presentError(refusal, requestId));
  return [
    `HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`,
    'Content-Type: application/json',
    `Content-Length: ${Buffer.byteLength(body)}`,
    `X-Request-Id: ${requestId}`,
    ...SECURITY_HEADERS.map(([name, value]) => `${name}: ${value}`),
    'Connection: close',
    '',
    body,
  ].join('\r\n');
}

/** Why the server cannot listen, for the operator. */
export function startupError(error: Error, host: string, port: number): StartupError {
  switch ('code' in error && error.code) {
    case 'EADDRINUSE':
      return new StartupError(
        `port ${port} is in use on ${host}; stop the other process or choose another with --port`,
      );
    case 'EACCES':
      return new StartupError(
        `port ${port} needs privileges that this process does not have; choose another with --port`,
      );
    case 'EADDRNOTAVAIL':
      return new StartupError(`${host} is not an address of this machine; choose another with --host`);
    case 'ENOTFOUND':
    case 'EAI_AGAIN':
      return new StartupError(`host ${host} is not known; choose another with --host`);
    default:
      return new StartupError(`cannot listen on ${host} port ${port}: ${error.message}`);
  }
}
