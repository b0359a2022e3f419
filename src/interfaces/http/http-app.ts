import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import express from 'express';
import type { CallbackRules } from '../../application/callback-rules.js';
import type { EngineStatus } from '../../application/engine/engine.js';
import type { Refusal } from '../../application/errors.js';
import type { Clock } from '../../application/ports/clock.js';
import type { Ids } from '../../application/ports/ids.js';
import type { Logger } from '../../application/ports/logger.js';
import { plain, quote, shorten } from '../../application/printable.js';
import type { Redaction } from '../../application/redaction.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import type { Dashboard } from '../dashboard/dashboard.js';
import type { Access } from './access.js';
import { audit } from './audit.js';
import { errorHandler } from './error-handler.js';
import { sendError } from './error-response.js';
import { hostCheck } from './host-check.js';
import { pathOf, whenGone, type HttpRequest, type HttpResponse } from './http-types.js';
import { jobRoutes } from './job-routes.js';
import { sendJson } from './json-response.js';
import { openApiDocument } from './openapi.js';
import { refuseOrigin } from './origin-check.js';
import { queueRoutes } from './queue-routes.js';
import { redactedAnswer } from './redacted-answer.js';
import { readJsonObject } from './request-body.js';
import { refuseRole } from './route-role.js';
import { isByHand, type Route, type RouteRequest } from './route.js';
import { scheduleRoutes } from './schedule-routes.js';
import { setHeadOf } from './security-headers.js';
import { systemRoutes } from './system-routes.js';
import { workerRoutes } from './worker-routes.js';

export interface HttpAppDependencies {
  readonly useCases: UseCases;
  readonly engineStatus: () => EngineStatus;
  /** That a callback_url may have, such as http and https. */
  readonly callbacks: CallbackRules;
  /** Names under which clients may address the server, beside localhost and any IP address. */
  readonly hosts: readonly string[];
  readonly access: Access;
  /** Hides from viewers what they are not to see. */
  readonly redaction: Redaction;
  readonly maxBodyBytes: number;
  /** Of the program. */
  readonly version: string;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly logger: Logger;
  /** The pages, and what they load. */
  readonly dashboard: Dashboard;
  /** One debug line a request; off, it costs nothing. */
  readonly logRequests: boolean;
}

type Handler = (request: HttpRequest, response: HttpResponse) => unknown;

/** The HTTP API, and the dashboard. What it does is said by its routes; what each error means, by docs/http-api.md. */
export function createHttpApp(dependencies: HttpAppDependencies): RequestListener {
  const routes = allRoutes(dependencies);
  const begin = beginning(routes, dependencies);
  const exact = exactRoutes(routes);
  const routed = createRouter(routes, dependencies);
  const fail = errorHandler(dependencies.logger);
  return (message, answer) => {
    const { request, response, refusal } = begin(message, answer);
    const route = exact.get(`${request.method ?? ''} ${request.url ?? ''}`);
    if (refusal) {
      sendError(response, refusal);
    } else if (route) {
      serve(route, '', {}, request, response, dependencies).catch((error: unknown) =>
        fail(error, request, response),
      );
    } else {
      routed(request, response);
    }
  };
}

/**
 * The routes without a parameter, by method and path: what asks for one of these, without a query, needs no router.
 * Express exchanges the prototypes of each request and its response. Both then survive until the next full garbage
 * collection, and that alone takes a plain server from 17,000 requests a second to 10,000.
 */
function exactRoutes(routes: readonly Route[]): Map<string, Route> {
  return new Map(
    routes
      .filter(({ parameter }) => parameter === undefined)
      .map((route) => [`${route.method.toUpperCase()} ${route.path}`, route]),
  );
}

function createRouter(routes: readonly Route[], dependencies: HttpAppDependencies): express.Express {
  const { logger, dashboard } = dependencies;
  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  // Express sends stacks to clients in any other; nothing should get that far.
  app.set('env', 'production');
  for (const [path, ofPath] of byPath(routes)) {
    const layer = app.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const route of ofPath) layer[route.method](serveRouted(route, dependencies));
    layer.all(refuseMethod(path, ofPath));
  }
  app.use((_request: HttpRequest, response: HttpResponse, next: () => void) => {
    setHeadOf(response);
    next();
  });
  app.use(dashboard);
  app.use(refuseRoute);
  app.use(errorHandler(logger));
  return app;
}

/** The most used first, as they are tried in turn. */
export function allRoutes({ useCases, engineStatus, callbacks, version }: HttpAppDependencies): Route[] {
  let document: unknown;
  const routes: Route[] = [
    ...jobRoutes(useCases, callbacks),
    ...queueRoutes(useCases),
    ...scheduleRoutes(useCases, callbacks),
    ...workerRoutes(useCases, () => engineStatus().workerId),
    ...systemRoutes(useCases, engineStatus, version, () => (document ??= openApiDocument(routes, version))),
  ];
  return routes;
}

function byPath(routes: readonly Route[]): Map<string, Route[]> {
  const paths = new Map<string, Route[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return paths;
}

/** Gives a request its id, and says whether it is meant for this server, by somebody who may, and who that is. */
function beginning(
  routes: readonly Route[],
  { ids, hosts, access, logger, clock, logRequests }: HttpAppDependencies,
) {
  const isAllowed = hostCheck(hosts);
  const open = new Set(routes.filter(({ role }) => role === 'anyone').map(({ path }) => path));
  // Unique without the cost of a UUID for each: a request is often little more than one of those.
  const start = ids.next();
  let count = 0;
  return (request: IncomingMessage, answer: ServerResponse) => {
    count += 1;
    const requestId = `${start}-${count}`;
    const misled = refuseHost(request, isAllowed) ?? refuseOrigin(request);
    const address = access.addressOf(request);
    const asked = misled !== null || isOpen(request, open) ? null : access.admit(request, address);
    const principal = asked?.ok === true ? asked.value : null;
    const response = Object.assign(answer, {
      locals: { requestId, principal, byTls: access.isByTls(request), address },
    });
    if (logRequests) logWhenDone(request, response, logger, clock);
    return { request, response, refusal: asked?.ok === false ? asked.refusal : misled };
  };
}

/** Is it for a path that anyone may ask for? Only literally so: what a router could take for another one is not. */
function isOpen({ url = '' }: HttpRequest, open: ReadonlySet<string>): boolean {
  const query = url.indexOf('?');
  return open.has(query === -1 ? url : url.slice(0, query));
}

function refuseHost(request: HttpRequest, isAllowed: (header: string) => boolean): Refusal | null {
  const { host } = request.headers;
  if (host === undefined) {
    // HTTP/1.0 knows no Host header; browsers, which could be misled, always send one.
    if (request.httpVersion === '1.0') return null;
    return { code: 'validation_failed', message: 'The request has no Host header' };
  }
  if (isAllowed(host)) return null;
  return {
    code: 'host_not_allowed',
    message: `Host ${quote(shorten(host))} is not one of this server; if it should be, add it to server.allowed_hosts (MININQ_SERVER_ALLOWED_HOSTS)`,
  };
}

function logWhenDone(request: HttpRequest, response: HttpResponse, logger: Logger, clock: Clock): void {
  const startedAt = clock.monotonic();
  response.once('close', () => {
    logger.debug('request', {
      request_id: response.locals.requestId,
      method: request.method,
      path: shorten(pathOf(request)),
      status: response.writableFinished ? response.statusCode : null,
      duration_ms: Math.round((clock.monotonic() - startedAt) * 10) / 10,
    });
  });
}

type Serving = Pick<HttpAppDependencies, 'maxBodyBytes' | 'logger' | 'redaction'>;

async function serve(
  route: Route,
  parameter: string,
  query: RouteRequest['query'],
  request: HttpRequest,
  response: HttpResponse,
  { maxBodyBytes, logger, redaction }: Serving,
): Promise<void> {
  const refusal = refuseRole(route.role, response.locals.principal);
  if (refusal) {
    sendError(response, refusal);
    return;
  }
  const readBody = () => readJsonObject(request, response, maxBodyBytes);
  const answer = await route.answer({ parameter, query, readBody, gone: () => whenGone(response) });
  if (!answer.ok) {
    sendError(response, answer.refusal);
    return;
  }
  const { status, body, headers, change } = answer.value;
  if (isByHand(route) && change !== null) {
    const target = route.parameter && parameter;
    audit(logger, { action: route.name, target, ...change }, 'api', response);
  }
  for (const name in headers) response.setHeader(name, headers[name] ?? '');
  const isViewer = response.locals.principal?.role === 'viewer';
  sendJson(response, status, isViewer ? redactedAnswer(body, redaction) : body);
}

/** What Express has parsed of a request. */
type RoutedRequest = HttpRequest & {
  readonly params: Readonly<Record<string, string | string[]>>;
  readonly query: RouteRequest['query'];
};

function serveRouted(route: Route, serving: Serving) {
  return async (request: RoutedRequest, response: HttpResponse): Promise<void> => {
    if (isMalformedQuery(request.url ?? '')) {
      sendError(response, {
        code: 'validation_failed',
        message: 'The query has a "%" that begins no escape; write it as %25',
      });
      return;
    }
    const parameter = pathParameter(route, request);
    if (route.parameter && !route.parameter.pattern.test(parameter)) {
      sendError(response, route.parameter.notFound(quote(shorten(parameter))).refusal);
      return;
    }
    await serve(route, parameter, request.query, request, response, serving);
  };
}

/** The parser would take what cannot be decoded literally. */
function isMalformedQuery(url: string): boolean {
  const start = url.indexOf('?');
  if (start === -1) return false;
  try {
    decodeURIComponent(url.slice(start + 1));
    return false;
  } catch {
    return true;
  }
}

function pathParameter(route: Route, { params }: RoutedRequest): string {
  const value = route.parameter && params[route.parameter.name];
  return typeof value === 'string' ? value : '';
}

/** Answers OPTIONS, and refuses all other methods that no route of the path has. */
function refuseMethod(path: string, routes: readonly Route[]): Handler {
  const methods = routes.map(({ method }) => method.toUpperCase());
  if (methods.includes('GET')) methods.push('HEAD');
  const allow = [...methods, 'OPTIONS'].join(', ');
  return (request, response) => {
    response.setHeader('Allow', allow);
    if (request.method === 'OPTIONS') {
      setHeadOf(response);
      response.statusCode = 204;
      response.end();
    } else {
      sendError(response, {
        code: 'method_not_allowed',
        message: `${path} does not take ${request.method ?? ''}; it takes ${allow}`,
      });
    }
  };
}

const refuseRoute: Handler = (request, response) => {
  sendError(response, {
    code: 'route_not_found',
    message: `Nothing is at ${plain(shorten(pathOf(request)))}; GET /openapi.json lists all routes`,
  });
};
