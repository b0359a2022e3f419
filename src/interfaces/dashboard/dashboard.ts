import express from 'express';
import type { JobDefaults } from '../../application/config.js';
import type { EngineStatus } from '../../application/engine/engine.js';
import { ok, StoreUnavailableError, type ErrorCode, type Refusal } from '../../application/errors.js';
import type { Clock } from '../../application/ports/clock.js';
import type { Logger } from '../../application/ports/logger.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { ERROR_STATUS } from '../http/error-response.js';
import type { HttpRequest, HttpResponse } from '../http/http-types.js';
import type { Assets } from './assets.js';
import { bulkRoutes } from './bulk-page.js';
import { readFormBody } from './form-body.js';
import { html } from './html.js';
import { jobRoutes } from './job-page.js';
import { jobListRoutes } from './jobs-page.js';
import { LiveRegions, type RenderedRegion } from './live-regions.js';
import type { LiveUpdates } from './live-updates.js';
import { newJobRoutes } from './new-job-page.js';
import { newScheduleRoutes } from './new-schedule-page.js';
import { overviewRoutes } from './overview-page.js';
import type { PageRequest, PageRoute } from './page.js';
import { queueRoutes } from './queue-page.js';
import { queueListRoutes } from './queues-page.js';
import { redirect, takeNotice } from './redirect.js';
import { scheduleRoutes } from './schedule-page.js';
import { schedulePreviewRoutes } from './schedule-preview.js';
import { scheduleListRoutes } from './schedules-page.js';
import { liveRegion, page, SECTIONS, type Section, type View } from './view.js';

/** A part of an Express application. */
export type Dashboard = express.Router;

export interface DashboardDependencies {
  readonly useCases: UseCases;
  readonly engineStatus: () => EngineStatus;
  readonly liveUpdates: LiveUpdates;
  readonly assets: Assets;
  /** That a callback_url may have. */
  readonly schemes: readonly string[];
  readonly defaults: JobDefaults;
  /** Of a request to the API; a form may be as much larger as its encoding makes it. */
  readonly maxBodyBytes: number;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
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

/** The pages under /dashboard, the stream of what changes, and the files under /static. */
export function createDashboard(dependencies: DashboardDependencies): Dashboard {
  const router = express.Router({ caseSensitive: true, strict: true });
  const pages = new Pages(dependencies);
  for (const [path, routes] of byPath(pageRoutes(dependencies))) {
    const layer = router.route(path.replaceAll(/\{(\w+)\}/g, ':parameter'));
    for (const route of routes) {
      layer[route.method]((request: RoutedRequest, response: HttpResponse) =>
        pages.serve(route, request, response),
      );
    }
    layer.all((_request: RoutedRequest, response: HttpResponse) => {
      response.setHeader(
        'Allow',
        routes.map(({ method }) => (method === 'get' ? 'GET, HEAD' : 'POST')).join(', '),
      );
      pages.refuse(response, path, {
        code: 'method_not_allowed',
        message: 'This page does not take that method.',
      });
    });
  }
  router.get('/dashboard/events', (request: RoutedRequest, response: HttpResponse) => {
    openStream(dependencies.liveUpdates, request, response);
  });
  router.get('/dashboard/', (_request: RoutedRequest, response: HttpResponse) => {
    response.statusCode = 308;
    response.setHeader('Location', '/dashboard');
    response.end();
  });
  router.get('/static/*path', (request, response: HttpResponse, next) => {
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

function pageRoutes(dependencies: DashboardDependencies): PageRoute[] {
  const { useCases, engineStatus, schemes, defaults, clock } = dependencies;
  return [
    ...overviewRoutes(useCases, engineStatus, clock),
    ...queueListRoutes(useCases, clock),
    ...queueRoutes(useCases, clock, defaults),
    ...jobListRoutes(useCases),
    ...bulkRoutes(useCases),
    ...newJobRoutes(useCases, schemes, defaults),
    ...jobRoutes(useCases),
    ...scheduleListRoutes(useCases),
    ...newScheduleRoutes(useCases, schemes, defaults),
    ...schedulePreviewRoutes(useCases),
    ...scheduleRoutes(useCases, schemes),
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
  response.end();
}

/** What Express has parsed of a request. */
type RoutedRequest = HttpRequest & { readonly params: Readonly<Record<string, string | string[]>> };

/** Runs the routes, and sends what they answer. */
class Pages {
  readonly #dependencies: DashboardDependencies;
  readonly #asset: (name: string) => string;
  readonly #regions: LiveRegions;

  constructor(dependencies: DashboardDependencies) {
    this.#dependencies = dependencies;
    this.#asset = (name) => dependencies.assets.url(name);
    this.#regions = new LiveRegions(dependencies.liveUpdates, dependencies.clock);
  }

  async serve(route: PageRoute, request: RoutedRequest, response: HttpResponse): Promise<void> {
    const url = localUrl(request.url ?? '');
    try {
      if (route.method === 'get' && request.headers['mininq-live'] !== undefined) {
        const { status, text } = await this.#regions.get(url, () => this.#renderRegion(route, url, request));
        send(response, status, text);
      } else {
        await this.#servePage(route, url, request, response);
      }
    } catch (error) {
      this.#fail(error, url, request, response);
    }
  }

  refuse(response: HttpResponse, url: string, refusal: Refusal): void {
    this.#sendView(problemView(sectionOf(url), refusal), ERROR_STATUS[refusal.code], null, response);
  }

  async #servePage(
    route: PageRoute,
    url: string,
    request: RoutedRequest,
    response: HttpResponse,
  ): Promise<void> {
    const { maxBodyBytes } = this.#dependencies;
    const form = route.method === 'post' ? await readFormBody(request, maxBodyBytes) : ok(NO_FORM);
    if (!form.ok) {
      this.refuse(response, url, form.refusal);
      return;
    }
    const answer = await route.answer(pageRequest(url, request, form.value));
    switch (answer.kind) {
      case 'view':
        this.#sendView(answer.view, 200, request, response);
        break;
      case 'fragment':
        send(response, 200, answer.content.toString());
        break;
      case 'redirect':
        redirect(answer, request, response);
        break;
      case 'refused': {
        const view = problemView(sectionOf(url), answer.refusal);
        this.#sendView(view, ERROR_STATUS[answer.refusal.code], request, response);
        break;
      }
    }
  }

  /** What a page shows may cease to be while it is open. That is news for it, not an error. */
  async #renderRegion(route: PageRoute, url: string, request: RoutedRequest): Promise<RenderedRegion> {
    const answer = await route.answer(pageRequest(url, request, NO_FORM));
    const view = answer.kind === 'refused' ? problemView(sectionOf(url), answer.refusal) : null;
    const { live } = answer.kind === 'view' ? answer.view : (view ?? {});
    // A page without a live region has nothing that changes.
    return live ? { status: 200, text: liveRegion(live).toString() } : { status: 204, text: '' };
  }

  /** @param request null: nothing of it matters */
  #sendView(view: View, status: number, request: HttpRequest | null, response: HttpResponse): void {
    const { version, assets } = this.#dependencies;
    const notice = request && takeNotice(request, response);
    const content = page(view, { version, build: assets.build, asset: this.#asset, notice });
    send(response, status, content.toString());
  }

  #fail(error: unknown, url: string, request: HttpRequest, response: HttpResponse): void {
    const { logger } = this.#dependencies;
    const about = { request_id: response.locals.requestId, method: request.method };
    if (error instanceof StoreUnavailableError) {
      logger.warn('store unavailable', { ...about, error: error.message });
      response.setHeader('Retry-After', '1');
    } else {
      logger.error('a request failed', about, error);
    }
    if (response.headersSent) {
      response.destroy();
      return;
    }
    this.refuse(
      response,
      url,
      error instanceof StoreUnavailableError
        ? { code: 'store_unavailable', message: 'The store is unavailable; try again in a second.' }
        : {
            code: 'internal_error',
            message: `Something went wrong; the log has more under request_id ${response.locals.requestId}.`,
          },
    );
  }
}

const NO_FORM = new URLSearchParams();

function pageRequest(url: string, { params }: RoutedRequest, form: URLSearchParams): PageRequest {
  const { parameter } = params;
  return {
    parameter: typeof parameter === 'string' ? parameter : '',
    url,
    query: new URLSearchParams(url.split('?').slice(1).join('?')),
    form,
  };
}

/** Without the origin that a proxy's client may put before it. */
function localUrl(url: string): string {
  if (url.startsWith('/')) return url;
  const { pathname, search } = new URL(url, 'http://localhost');
  return pathname + search;
}

function sectionOf(url: string): Section {
  const [, thing] = /^\/dashboard\/(?:new-)?(queue|job|schedule)/.exec(url) ?? [];
  return SECTIONS.find((section) => section === `${thing ?? ''}s`) ?? 'overview';
}

const PROBLEM_TITLES: Readonly<Partial<Record<ErrorCode, string>>> = {
  job_not_found: 'No such job',
  queue_not_found: 'No such queue',
  schedule_not_found: 'No such schedule',
  route_not_found: 'No such page',
};

/** Stands in a live region, because what a page shows may cease to be while it is open. */
function problemView(section: Section, { code, message }: Refusal): View {
  const title = PROBLEM_TITLES[code] ?? 'That did not work';
  return {
    title,
    section,
    live: {
      topics: [],
      content: html`<h1>${title}</h1><p class="notice wrong">${message}</p><p><a href="${section === 'overview' ? '/dashboard' : `/dashboard/${section}`}">Back to ${section}</a></p>`,
    },
  };
}

function send(response: HttpResponse, status: number, text: string): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'text/html; charset=utf-8');
  response.setHeader('Content-Security-Policy', CONTENT_SECURITY_POLICY);
  response.setHeader('Referrer-Policy', 'same-origin');
  response.setHeader('X-Frame-Options', 'DENY');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.setHeader('Cross-Origin-Opener-Policy', 'same-origin');
  response.setHeader('Cache-Control', 'no-store');
  response.end(text);
}
