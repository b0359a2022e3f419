import express from 'express';
import type { Refusal } from '../../application/errors.js';
import type { Clock } from '../../application/ports/clock.js';
import type { Ids } from '../../application/ports/ids.js';
import type { Logger } from '../../application/ports/logger.js';
import { plain, quote, shorten } from '../../application/printable.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { errorHandler } from './error-handler.js';
import { sendError } from './error-response.js';
import { hostCheck } from './host-check.js';
import type { HttpRequest, HttpResponse } from './http-types.js';
import { jobRoutes } from './job-routes.js';
import { sendJson } from './json-response.js';
import { openApiDocument } from './openapi.js';
import { queueRoutes } from './queue-routes.js';
import { readJsonObject } from './request-body.js';
import type { Route } from './route.js';
import { scheduleRoutes } from './schedule-routes.js';
import { systemRoutes } from './system-routes.js';

export interface HttpAppDependencies {
  readonly useCases: UseCases;
  /** That a callback_url may have, such as http and https. */
  readonly schemes: readonly string[];
  /** Names under which clients may address the server, beside localhost and any IP address. */
  readonly hosts: readonly string[];
  readonly maxBodyBytes: number;
  /** Of the program. */
  readonly version: string;
  readonly ids: Ids;
  readonly clock: Clock;
  readonly logger: Logger;
  /** One debug line a request; off, it costs nothing. */
  readonly logRequests: boolean;
}

type Handler = (request: HttpRequest, response: HttpResponse) => unknown;

/** The HTTP API. What it does is said by its routes; what each error means, by docs/http-api.md. */
export function createHttpApp(dependencies: HttpAppDependencies): express.Express {
  const app = express();
  app.disable('x-powered-by');
  app.enable('case sensitive routing');
  app.enable('strict routing');
  // Express sends stacks to clients in any other; nothing should get that far.
  app.set('env', 'production');

  app.use(begin(dependencies));
  for (const [path, routes] of byPath(allRoutes(dependencies))) {
    const layer = app.route(path.replaceAll(/\{(\w+)\}/g, ':$1'));
    for (const route of routes) layer[route.method](serve(route, dependencies.maxBodyBytes));
    layer.all(refuseMethod(path, routes));
  }
  app.use(refuseRoute);
  app.use(errorHandler(dependencies.logger));
  return app;
}

/** The most used first, as they are tried in turn. */
export function allRoutes({ useCases, schemes, version }: HttpAppDependencies): Route[] {
  let document: unknown;
  const routes: Route[] = [
    ...jobRoutes(useCases, schemes),
    ...queueRoutes(useCases),
    ...scheduleRoutes(useCases, schemes),
    ...systemRoutes(useCases, version, () => (document ??= openApiDocument(routes, version))),
  ];
  return routes;
}

function byPath(routes: readonly Route[]): Map<string, Route[]> {
  const paths = new Map<string, Route[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return paths;
}

/** Gives the request its id, and lets it through if it is meant for this server. */
function begin({ ids, hosts, logger, clock, logRequests }: HttpAppDependencies) {
  const isAllowed = hostCheck(hosts);
  // Unique without the cost of a UUID for each: a request is often little more than one of those.
  const start = ids.next();
  let count = 0;
  return (request: HttpRequest, response: HttpResponse, next: () => void): void => {
    count += 1;
    response.locals.requestId = `${start}-${count}`;
    response.setHeader('X-Request-Id', response.locals.requestId);
    if (logRequests) logWhenDone(request, response, logger, clock);
    const refusal = refuseHost(request, isAllowed);
    if (refusal) sendError(response, refusal);
    else next();
  };
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
      path: shorten(request.path),
      status: response.writableFinished ? response.statusCode : null,
      duration_ms: Math.round((clock.monotonic() - startedAt) * 10) / 10,
    });
  });
}

function serve(route: Route, maxBodyBytes: number): Handler {
  return async (request, response) => {
    if (isMalformedQuery(request.url)) {
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
    const answer = await route.answer({
      parameter,
      query: request.query,
      readBody: () => readJsonObject(request, response, maxBodyBytes),
    });
    if (answer.ok) sendJson(response, answer.value.status, answer.value.body);
    else sendError(response, answer.refusal);
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

function pathParameter(route: Route, request: HttpRequest): string {
  const value = route.parameter && request.params[route.parameter.name];
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
      response.statusCode = 204;
      response.end();
    } else {
      sendError(response, {
        code: 'method_not_allowed',
        message: `${path} does not take ${request.method}; it takes ${allow}`,
      });
    }
  };
}

const refuseRoute: Handler = (request, response) => {
  sendError(response, {
    code: 'route_not_found',
    message: `Nothing is at ${plain(shorten(request.path))}; GET /openapi.json lists all routes`,
  });
};
