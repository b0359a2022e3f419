import { connect, type Socket } from 'node:net';
import { expect, onTestFinished, vi } from 'vitest';
import * as z from 'zod';
import { DEFAULT_CONFIG } from '../../../src/application/config.js';
import type { EngineStatus } from '../../../src/application/engine/engine.js';
import { Redaction } from '../../../src/application/redaction.js';
import type { Ports } from '../../../src/application/use-cases/ports.js';
import { createUseCases } from '../../../src/application/use-cases/use-cases.js';
import type { Job } from '../../../src/domain/job/job.js';
import { InProcessEvents } from '../../../src/infrastructure/events/in-process-events.js';
import { MemoryData } from '../../../src/infrastructure/memory/memory-data.js';
import { MemoryJobQueries } from '../../../src/infrastructure/memory/memory-job-queries.js';
import { MemoryJobStore } from '../../../src/infrastructure/memory/memory-job-store.js';
import { MemoryQueueStore } from '../../../src/infrastructure/memory/memory-queue-store.js';
import { MemoryWorkerStore } from '../../../src/infrastructure/memory/memory-worker-store.js';
import { MemoryScheduleStore } from '../../../src/infrastructure/memory/memory-schedule-store.js';
import { Assets } from '../../../src/interfaces/dashboard/assets.js';
import {
  createDashboard,
  pageRoutes,
  type DashboardDependencies,
} from '../../../src/interfaces/dashboard/dashboard.js';
import { LiveUpdates } from '../../../src/interfaces/dashboard/live-updates.js';
import { errorObject } from '../../../src/interfaces/http/error-response.js';
import { allRoutes, createHttpApp, type HttpAppDependencies } from '../../../src/interfaces/http/http-app.js';
import { Access } from '../../../src/interfaces/http/access.js';
import { createHttpServer } from '../../../src/interfaces/http/http-server.js';
import type { Route } from '../../../src/interfaces/http/route.js';
import { callbackRules } from '../../support/egress.js';
import { FakeClock } from '../../support/fake-clock.js';
import { ManualScheduler } from '../../support/manual-scheduler.js';
import { RecordingLogger } from '../../support/recording-logger.js';
import { SequentialIds } from '../../support/sequential-ids.js';
import { TurnScheduler } from '../../support/turn-scheduler.js';

export const VERSION = '0.1.0';
export const URL_FIELD = { callback_url: 'https://example.com/webhook' };

export interface ApiResponse {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  /** null when there is none. */
  readonly body: unknown;
}

export interface ApiOptions extends Partial<HttpAppDependencies> {
  /** The address from which all requests seem to come; default: loopback, as they do. */
  readonly from?: string;
  /** In place of the memory store's. */
  readonly ports?: (data: MemoryData, clock: FakeClock) => Partial<Ports>;
  /** Jobs that the memory store may have. */
  readonly maxJobs?: number;
  /** What the server is told of the worker. */
  readonly engine?: Partial<EngineStatus>;
  /** Paths that are hidden. */
  readonly redact?: readonly string[];
}

/** The real API on a free port, over the real use cases and the memory store; closed when the test is over. */
export async function startApi({ ports, engine, from, maxJobs, redact = [], ...options }: ApiOptions = {}) {
  const callbacks = options.callbacks ?? callbackRules();
  const data = new MemoryData(undefined, maxJobs);
  const clock = new FakeClock();
  const ids = new SequentialIds();
  const logger = new RecordingLogger();
  const scheduler = new ManualScheduler(clock);
  const own = ports?.(data, clock) ?? {};
  const events = own.events ?? new InProcessEvents(logger);
  const queries = own.queries ?? new MemoryJobQueries(data);
  const useCases = createUseCases(
    {
      jobs: new MemoryJobStore(data),
      queries,
      queues: new MemoryQueueStore(data),
      schedules: new MemoryScheduleStore(data),
      workers: new MemoryWorkerStore(data),
      clock,
      scheduler: new TurnScheduler(),
      ids,
      events,
      ...own,
    },
    DEFAULT_CONFIG.defaults,
    VERSION,
    callbacks,
  );
  const engineStatus = (): EngineStatus => ({
    state: 'claiming',
    failingForMs: 0,
    workerId: 'worker-1',
    inFlight: 3,
    slots: 10,
    queues: [],
    ...engine,
  });
  const assets = new Assets();
  const liveUpdates = new LiveUpdates({ events, queries, clock, scheduler, logger, build: assets.build });
  const dashboardDependencies: DashboardDependencies = {
    useCases,
    engineStatus,
    liveUpdates,
    assets,
    callbacks,
    defaults: DEFAULT_CONFIG.defaults,
    redaction: new Redaction(redact),
    maxBodyBytes: DEFAULT_CONFIG.server.maxBodyBytes,
    version: VERSION,
    clock,
    logger,
  };
  const dashboard = createDashboard(dashboardDependencies);
  const dependencies: HttpAppDependencies = {
    redaction: new Redaction(redact),
    useCases,
    engineStatus,
    callbacks,
    hosts: ['jobs.example.com'],
    access: new Access(DEFAULT_CONFIG.auth, [], { clock, logger }),
    maxBodyBytes: DEFAULT_CONFIG.server.maxBodyBytes,
    version: VERSION,
    ids: new SequentialIds(),
    clock,
    logger,
    dashboard,
    logRequests: false,
    ...options,
  };
  const app = createHttpApp(dependencies);
  const server = createHttpServer({
    maxConnections: 1000,
    app: (request, response) => {
      if (from !== undefined)
        Object.defineProperty(request.socket, 'remoteAddress', { value: from, configurable: true });
      app(request, response);
    },
    ids,
    scheduler,
    logger,
  });
  const { port, url } = await server.listen('127.0.0.1', 0);
  onTestFinished(async () => {
    liveUpdates.close();
    const closed = server.close();
    server.destroy();
    await closed;
  });
  const routes = allRoutes(dependencies);

  async function request(method: string, path: string, init: RequestInit = {}): Promise<ApiResponse> {
    const response = await fetch(url + path, { method, ...init });
    const text = await response.text();
    const result = { status: response.status, headers: response.headers, text, body: parse(text) };
    if (method !== 'HEAD' && method !== 'OPTIONS') expectKnownShape(routes, method, path, result);
    return result;
  }

  return {
    data,
    clock,
    logger,
    scheduler,
    liveUpdates,
    assets,
    server,
    port,
    url,
    routes,
    pages: pageRoutes(dashboardDependencies),
    dashboard,
    request,
    get: (path: string) => request('GET', path),
    delete: (path: string) => request('DELETE', path),
    post: (path: string, body?: unknown) => request('POST', path, json(body)),
    put: (path: string, body?: unknown) => request('PUT', path, json(body)),
    /** Changes the state of a stored job, as the engine would. */
    setJob: (id: string, state: Partial<Job>) => {
      const job = data.jobs.get(id);
      if (!job) throw new Error(`no job ${id}`);
      data.jobs.set(id, { ...job, ...state });
    },
  };
}

export type Api = Awaited<ReturnType<typeof startApi>>;

/** @param body a text is sent as it is */
function json(body: unknown): RequestInit {
  if (body === undefined) return {};
  return {
    body: typeof body === 'string' ? body : JSON.stringify(body),
    headers: { 'Content-Type': 'application/json' },
  };
}

function parse(text: string): unknown {
  return text === '' ? null : JSON.parse(text);
}

/** Every answer has the shape that the route declares for its status, with nothing beyond it. */
function expectKnownShape(
  routes: readonly Route[],
  method: string,
  path: string,
  response: ApiResponse,
): void {
  expect(response.headers.get('content-type')).toBe('application/json');
  expect(response.headers.get('x-request-id')).not.toBeNull();
  const [pathname = ''] = path.split('?');
  const route = routes.find(
    (candidate) => candidate.method.toUpperCase() === method && matches(candidate.path, pathname),
  );
  const [, shape] = route?.answers[response.status] ?? [];
  const schema: z.ZodType = shape?.schema ?? errorObject;
  expect(schema.parse(response.body)).toEqual(response.body);
  if (!shape) {
    const error = errorObject.parse(response.body);
    expect(error.status).toBe(response.status);
    expect(error.request_id).toBe(response.headers.get('x-request-id'));
    expect(error.error).not.toMatch(/node_modules|\bat .*:\d+:\d+|SELECT|INSERT/);
  }
}

function matches(template: string, path: string): boolean {
  return new RegExp(`^${template.replaceAll(/\{\w+\}/g, '[^/]+').replaceAll('.', '\\.')}$`).test(path);
}

/** What the error says, for answers that are one. */
export function errorOf({ status, body }: ApiResponse): { status: number; code: string; error: string } {
  const { code, error } = errorObject.parse(body);
  return { status, code, error };
}

/** The id that an answer has. */
export function idOf({ body }: ApiResponse): string {
  return z.object({ id: z.string() }).parse(body).id;
}

/**
 * Sends bytes as they are, and collects what comes back until the connection is closed.
 * @param react called with all that has come back so far, to send more or to end it
 */
export function exchange(
  port: number,
  bytes: string | Buffer,
  react: (received: string, socket: Socket) => void = () => undefined,
): Promise<string> {
  return new Promise((resolve, reject) => {
    const socket = connect(port, '127.0.0.1', () => socket.write(bytes));
    let received = '';
    socket.setEncoding('utf8');
    socket.on('data', (text: string) => {
      received += text;
      react(received, socket);
    });
    socket.on('close', () => resolve(received));
    // The server may close while there is still something to send: what it said counts.
    socket.on('error', () => socket.destroy());
    socket.setTimeout(20_000, () => reject(new Error(`no end after: ${received}`)));
  });
}

/** Waits for a condition that a connection brings about. */
export async function until(condition: () => boolean): Promise<void> {
  await vi.waitUntil(condition, { timeout: 20_000, interval: 1 });
}
