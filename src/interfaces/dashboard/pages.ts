import type { Clock } from '../../application/ports/clock.js';
import {
  ok,
  refuse,
  StoreFailedError,
  StoreUnavailableError,
  type ErrorCode,
  type Refusal,
  type Result,
} from '../../application/errors.js';
import type { Logger } from '../../application/ports/logger.js';
import { audit } from '../http/audit.js';
import { ERROR_STATUS } from '../http/error-response.js';
import { isFormToken } from '../http/form-token.js';
import { refuseRole } from '../http/route-role.js';
import { whenGone, type HttpRequest, type HttpResponse } from '../http/http-types.js';
import type { Assets } from './assets.js';
import { readFormBody } from './form-body.js';
import { html } from './html.js';
import { LiveRegions, type RenderedRegion } from './live-regions.js';
import type { LiveUpdates } from './live-updates.js';
import { refused, type PageAnswer, type PageRequest, type PageRoute } from './page.js';
import { PAGE_HEADER, redirect, takeNotice } from './redirect.js';
import { liveRegion, page, SECTIONS, type Section, type View } from './view.js';
import { FORM_TOKEN, visitorOf, type Visitor } from './visitor.js';

export interface PagesDependencies {
  readonly liveUpdates: LiveUpdates;
  readonly assets: Assets;
  /** Of a request to the API; a form may be as much larger as its encoding makes it. */
  readonly maxBodyBytes: number;
  readonly version: string;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** What Express has parsed of a request. */
export type RoutedRequest = HttpRequest & { readonly params: Readonly<Record<string, string | string[]>> };

/** Runs the routes, and sends what they answer. */
export class Pages {
  readonly #dependencies: PagesDependencies;
  readonly #asset: (name: string) => string;
  readonly #regions: LiveRegions;

  constructor(dependencies: PagesDependencies) {
    this.#dependencies = dependencies;
    this.#asset = (name) => dependencies.assets.url(name);
    this.#regions = new LiveRegions(dependencies.liveUpdates, dependencies.clock);
  }

  async serve(route: PageRoute, request: RoutedRequest, response: HttpResponse): Promise<void> {
    const url = localUrl(request.url ?? '');
    const refusal = refuseRole(route.role, response.locals.principal);
    if (refusal) {
      this.refuse(response, url, refusal);
      return;
    }
    const visitor = visitorOf(response.locals.principal);
    try {
      if (route.method === 'get' && request.headers['mininq-live'] !== undefined) {
        const { status, text } = await this.#regions.get(`${visitor.formToken ?? 'viewer'} ${url}`, () =>
          this.#renderRegion(route, pageRequest(url, request, visitor)),
        );
        send(response, status, text);
      } else {
        await this.#servePage(route, pageRequest(url, request, visitor), request, response);
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
    asked: PageRequest,
    request: RoutedRequest,
    response: HttpResponse,
  ): Promise<void> {
    const { url } = asked;
    const form = route.method === 'post' ? await this.#readForm(asked, request) : ok(NO_FORM);
    if (!form.ok) {
      this.refuse(response, url, form.refusal);
      return;
    }
    const answer = await route.answer({ ...asked, form: form.value, signal: whenGone(response) });
    switch (answer.kind) {
      case 'view':
        this.#sendView(answer.view, 200, request, response);
        break;
      case 'fragment':
        send(response, 200, answer.content.toString());
        break;
      case 'redirect':
        if (answer.change) audit(this.#dependencies.logger, answer.change, 'dashboard', response);
        redirect(answer, request, response);
        break;
      case 'refused': {
        const view = problemView(sectionOf(url), answer.refusal);
        this.#sendView(view, ERROR_STATUS[answer.refusal.code], request, response);
        break;
      }
    }
  }

  async #readForm({ visitor }: PageRequest, request: HttpRequest): Promise<Result<URLSearchParams>> {
    const form = await readFormBody(request, this.#dependencies.maxBodyBytes);
    if (!form.ok) return form;
    const { formToken } = visitor;
    return formToken !== null && isFormToken(form.value.get(FORM_TOKEN), formToken) ? form : FORM_OF_ANOTHER;
  }

  /** What a page shows may cease to be while it is open. That is news for it, not an error. */
  async #renderRegion(route: PageRoute, asked: PageRequest): Promise<RenderedRegion> {
    const answer = await route.answer(asked).catch(storeFailed);
    const view = answer.kind === 'refused' ? problemView(sectionOf(asked.url), answer.refusal) : null;
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
    if (error instanceof StoreFailedError) {
      this.refuse(response, url, storeFailure(error));
      return;
    }
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

/** Pages that are open say so as well, and go on asking: the next start may find the store mended. */
function storeFailed(error: unknown): PageAnswer {
  if (error instanceof StoreFailedError) return refused(storeFailure(error));
  throw error;
}

function storeFailure({ message }: StoreFailedError): Refusal {
  return { code: 'store_unavailable', message };
}

const NO_FORM = new URLSearchParams();

/** With credentials of another, or from before a restart while there are none. */
const FORM_OF_ANOTHER = refuse(
  'csrf',
  'Nothing was done. The form was not made for who you are now, or not by this process: reload the page, and send it again.',
);

function pageRequest(url: string, { params }: RoutedRequest, visitor: Visitor): PageRequest {
  const { parameter } = params;
  return {
    parameter: typeof parameter === 'string' ? parameter : '',
    url,
    query: new URLSearchParams(url.split('?').slice(1).join('?')),
    visitor,
    form: NO_FORM,
  };
}

/** Without the origin that a proxy's client may put before it. */
function localUrl(url: string): string {
  if (url.startsWith('/')) return url;
  if (!URL.canParse(url)) return '/dashboard';
  const { pathname, search } = new URL(url);
  return pathname + search;
}

function sectionOf(url: string): Section {
  const [, thing] = /^\/dashboard\/(?:new-)?(queue|job|schedule|worker)/.exec(url) ?? [];
  return SECTIONS.find((section) => section === `${thing ?? ''}s`) ?? 'overview';
}

const PROBLEM_TITLES: Readonly<Partial<Record<ErrorCode, string>>> = {
  job_not_found: 'No such job',
  queue_not_found: 'No such queue',
  schedule_not_found: 'No such schedule',
  worker_not_found: 'No such worker',
  route_not_found: 'No such page',
  forbidden: 'Not allowed',
  csrf: 'This form is out of date',
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
  response.setHeader(PAGE_HEADER, '1');
  response.end(text);
}
