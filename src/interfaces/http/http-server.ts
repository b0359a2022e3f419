import {
  createServer,
  STATUS_CODES,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { isIPv6, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { StartupError, type Refusal } from '../../application/errors.js';
import type { Ids } from '../../application/ports/ids.js';
import type { Logger } from '../../application/ports/logger.js';
import type { Scheduler } from '../../application/ports/scheduler.js';
import { ERROR_STATUS, presentError } from './error-response.js';
import { SECURITY_HEADERS } from './security-headers.js';
import { cutSlowReaders } from './slow-readers.js';

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
const MAX_HEADERS = 100;
/** The last of these is answered with "Connection: close". Node's own limit leaves it to the client to close. */
const MAX_REQUESTS_PER_CONNECTION = 10_000;
const CLOSE_TIMEOUT_MS = 5_000;

export function createHttpServer({
  app,
  maxConnections,
  ids,
  scheduler,
  logger,
}: HttpServerDependencies): HttpServer {
  let closed: Promise<void> | undefined;
  let stopWatching: () => void = () => undefined;
  /** Answers that are due or on their way. */
  const pending = new Set<ServerResponse>();
  const served = new WeakMap<Socket, number>();
  const serve: RequestListener = (request, response) => {
    const count = (served.get(request.socket) ?? 0) + 1;
    // The client was told that the connection ends before this one.
    if (count > MAX_REQUESTS_PER_CONNECTION) return;
    served.set(request.socket, count);
    pending.add(response);
    response.once('close', () => pending.delete(response));
    if (closed || count === MAX_REQUESTS_PER_CONNECTION) response.setHeader('Connection', 'close');
    // Names and values in turn. Node would leave the surplus out, and say nothing.
    if (request.rawHeaders.length > 2 * MAX_HEADERS) refuseHeaders(response, ids);
    else app(request, response);
  };
  // The app itself answers for a missing Host header.
  const server = createServer({ ...LIMITS, requireHostHeader: false }, serve);
  server.maxConnections = maxConnections;
  server.maxHeadersCount = MAX_HEADERS;
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
      stopWatching = cutSlowReaders(pending, scheduler, logger);
      return listeningAt(server, host);
    },
    close() {
      for (const response of pending) closeAfter(response);
      // What is left is cut soon.
      stopWatching();
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
      return {
        code: 'request_timeout',
        message: `The request took too long to arrive: its headers have ${LIMITS.headersTimeout / 1000} seconds, all of it ${LIMITS.requestTimeout / 1000}`,
      };
    case 'HPE_HEADER_OVERFLOW':
      return {
        code: 'headers_too_large',
        message: `The headers are larger than ${LIMITS.maxHeaderSize} bytes`,
      };
    default:
      return { code: 'validation_failed', message: 'The request is not well-formed HTTP/1.1' };
  }
}

function refuseHeaders(response: ServerResponse, ids: Ids): void {
  const answer = bareAnswer(
    { code: 'headers_too_large', message: `There are more than ${MAX_HEADERS} headers` },
    ids.next(),
  );
  response.writeHead(answer.status, answer.headers).end(answer.body);
}

/** An answer for a connection on which there is no request to answer. */
function rawError(refusal: Refusal, requestId: string): string {
  const { status, headers, body } = bareAnswer(refusal, requestId);
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return [`HTTP/1.1 ${status} ${STATUS_CODES[status] ?? ''}`, ...lines, '', body].join('\r\n');
}

/** For what does not get as far as the app. The connection ends with it. */
function bareAnswer(refusal: Refusal, requestId: string) {
  const body = JSON.stringify(presentError(refusal, requestId));
  const headers = {
    'Content-Type': 'application/json',
    'Content-Length': String(Buffer.byteLength(body)),
    'X-Request-Id': requestId,
    ...Object.fromEntries(SECURITY_HEADERS),
    Connection: 'close',
  };
  return { status: ERROR_STATUS[refusal.code], headers, body };
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
