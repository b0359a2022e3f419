import express from 'express';
import type { CallbackRules } from '../../application/callback-rules.js';
import type { JobDefaults } from '../../application/config.js';
import type { EngineStatus } from '../../application/engine/engine.js';
import type { Redaction } from '../../application/redaction.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { sendError } from '../http/error-response.js';
import type { HttpRequest, HttpResponse } from '../http/http-types.js';
import { refuseRole } from '../http/route-role.js';
import { bulkRoutes } from './bulk-page.js';
import { jobRoutes } from './job-page.js';
import { jobListRoutes } from './jobs-page.js';
import type { LiveUpdates } from './live-updates.js';
import { newJobRoutes } from './new-job-page.js';
import { newScheduleRoutes } from './new-schedule-page.js';
import { overviewRoutes } from './overview-page.js';
import type { PageRoute } from './page.js';
import { Pages, type PagesDependencies, type RoutedRequest } from './pages.js';
import { queueRoutes } from './queue-page.js';
import { queueListRoutes } from './queues-page.js';
import { scheduleRoutes } from './schedule-page.js';
import { schedulePreviewRoutes } from './schedule-preview.js';
import { scheduleListRoutes } from './schedules-page.js';
import { workerRoutes } from './workers-page.js';

/** A part of an Express application. */
export type Dashboard = express.Router;

export interface DashboardDependencies extends PagesDependencies {
  readonly useCases: UseCases;
  readonly engineStatus: () => EngineStatus;
  /** That a callback_url may have. */
  readonly callbacks: CallbackRules;
  readonly defaults: JobDefaults;
  readonly redaction: Redaction;
}

/** The pages under /dashboard, which / leads to, the stream of what changes, and the files under /static. */
export function createDashboard(dependencies: DashboardDependencies): Dashboard {
  const router = express.Router({ caseSensitive: true, strict: true });
  const pages = new Pages(dependencies);
  router.use(setPagePolicies);
  for (const [path, routes] of byPath(pageRoutes(dependencies))) {
    const layer = router.route(path.replaceAll(/\{(\w+)\}/g, ':parameter'));
    for (const route of routes) {
      layer[route.method]((request: RoutedRequest, response: HttpResponse) =>
        pages.serve(route, request, response),
      );
    }
    const methods = routes.map(({ method }) => (method === 'get' ? 'GET, HEAD' : 'POST'));
    layer.all(refuseMethod(pages, path, [...methods, 'OPTIONS'].join(', ')));
  }
  router
    .route('/dashboard/events')
    .get(forViewers, (request: RoutedRequest, response: HttpResponse) => {
      openStream(dependencies.liveUpdates, request, response);
    })
    .all(refuseMethod(pages, '/dashboard/events', 'GET, HEAD, OPTIONS'));
  router.get('/', forViewers, (_request: RoutedRequest, response: HttpResponse) => {
    response.statusCode = 302;
    response.setHeader('Location', '/dashboard');
    response.end();
  });
  router.get('/dashboard/', forViewers, (_request: RoutedRequest, response: HttpResponse) => {
    response.statusCode = 308;
    response.setHeader('Location', '/dashboard');
    response.end();
  });
  router.get('/static/*path', forViewers, (request, response: HttpResponse, next) => {
    const { path } = request.params;
    if (!dependencies.assets.send(path.join('/'), request, response)) next();
  });
  router.use('/dashboard', (request, response: HttpResponse) => {
    pages.refuse(response, request.originalUrl, {
      code: 'route_not_found',
      message: 'There is no such page.',
    });
  });
  return router;
}

/** Nothing but what the server itself sends is loaded, run or framed, and nothing within a page is. */
const CONTENT_SECURITY_POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "style-src 'self'",
  "img-src 'self'",
  "connect-src 'self'",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** Of the pages, and of what they load: a worker has the policy of its own script. */
function setPagePolicies(_request: HttpRequest, response: HttpResponse, next: () => void): void {
  response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  // With "no-referrer", browsers would send the forms of a page with "Origin: null".
  response.setHeader('Referrer-Policy', 'same-origin');
  next();
}

function forViewers(_request: HttpRequest, response: HttpResponse, next: () => void): void {
  const refusal = refuseRole('viewer', response.locals.principal);
  if (refusal) sendError(response, refusal);
  else next();
}

/** Answers OPTIONS, and refuses the other methods that are left. */
function refuseMethod(pages: Pages, path: string, allow: string) {
  return (request: RoutedRequest, response: HttpResponse): void => {
    response.setHeader('Allow', allow);
    if (request.method === 'OPTIONS') {
      response.statusCode = 204;
      response.end();
    } else {
      const message = `This page does not take ${request.method ?? ''}; it takes ${allow}`;
      pages.refuse(response, path, { code: 'method_not_allowed', message });
    }
  };
}

/** The pages, and what their forms do. */
export function pageRoutes(dependencies: DashboardDependencies): PageRoute[] {
  const { useCases, engineStatus, callbacks, defaults, redaction, clock } = dependencies;
  return [
    ...overviewRoutes(useCases, engineStatus, clock),
    ...queueListRoutes(useCases, clock),
    ...queueRoutes(useCases, clock, defaults),
    ...jobListRoutes(useCases),
    ...bulkRoutes(useCases),
    ...newJobRoutes(useCases, callbacks, defaults, redaction),
    ...jobRoutes(useCases, redaction),
    ...scheduleListRoutes(useCases),
    ...newScheduleRoutes(useCases, callbacks, defaults),
    ...schedulePreviewRoutes(useCases),
    ...scheduleRoutes(useCases, callbacks, redaction),
    ...workerRoutes(useCases, engineStatus),
  ];
}

function byPath(routes: readonly PageRoute[]): Map<string, PageRoute[]> {
  const paths = new Map<string, PageRoute[]>();
  for (const route of routes) paths.set(route.path, [...(paths.get(route.path) ?? []), route]);
  return paths;
}

function openStream(liveUpdates: LiveUpdates, request: HttpRequest, response: HttpResponse): void {
  if (request.method === 'GET' && liveUpdates.open(response)) return;
  // The pages ask for what is new by themselves then.
  response.statusCode = request.method === 'GET' ? 503 : 200;
  response.setHeader('Content-Type', 'text/event-stream');
  response.end();
}
