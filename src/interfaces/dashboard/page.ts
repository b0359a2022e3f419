import type { Refusal, Result } from '../../application/errors.js';
import type { RouteRole } from '../http/route-role.js';
import type { Change } from '../http/audit.js';
import type { Html } from './html.js';
import type { Notice, View } from './view.js';
import type { Visitor } from './visitor.js';

/** What is left of a request once the route is known. */
export interface PageRequest {
  /** Of the path, decoded; empty for a route that has none. */
  readonly parameter: string;
  /** The path and the query, as they were asked for. */
  readonly url: string;
  readonly query: URLSearchParams;
  readonly visitor: Visitor;
  /** What a form brought; empty for GET. */
  readonly form: URLSearchParams;
  /** Aborted when the browser has gone. A region is made for all tabs that show it, and has none. */
  readonly signal?: AbortSignal;
}

export type PageAnswer =
  | { readonly kind: 'view'; readonly view: View }
  /** A part of a page, for htmx. */
  | { readonly kind: 'fragment'; readonly content: Html }
  | {
      readonly kind: 'redirect';
      readonly to: string;
      readonly notice: Notice | null;
      /** For the log. */
      readonly change: Change | null;
    }
  | { readonly kind: 'refused'; readonly refusal: Refusal };

export interface PageRoute {
  readonly method: 'get' | 'post';
  /** Its parameter, if any, in braces: /dashboard/jobs/{id} */
  readonly path: string;
  /** Who may ask for it. */
  readonly role: RouteRole;
  readonly answer: (request: PageRequest) => Promise<PageAnswer>;
}

export function get(path: string, answer: PageRoute['answer']): PageRoute {
  return { method: 'get', path, role: 'viewer', answer };
}

/** A page with nothing but a form. */
export function getForm(path: string, answer: PageRoute['answer']): PageRoute {
  return { method: 'get', path, role: 'admin', answer };
}

export function post(path: string, answer: PageRoute['answer']): PageRoute {
  return { method: 'post', path, role: 'admin', answer };
}

/** A form that is shown again, with what is wrong in it, is a page like any other. */
export function show(view: View): PageAnswer {
  return { kind: 'view', view };
}

/** Goes on to a page, and says there why nothing was done. */
export function notDone(to: string, problem: string): PageAnswer {
  return { kind: 'redirect', to, notice: { kind: 'problem', text: problem }, change: null };
}

/** Goes on to a page, and says there what was done. @param change null: nothing was */
export function goOn(to: string, text: string, change: Change | null): PageAnswer {
  return { kind: 'redirect', to, notice: { kind: 'done', text }, change };
}

export function refused(refusal: Refusal): PageAnswer {
  return { kind: 'refused', refusal };
}

/** The page goes on, and says what the action did, or why it did not. */
export function done<T>(
  result: Result<T>,
  to: string,
  notice: (value: T) => string,
  change: Change | ((value: T) => Change),
): PageAnswer {
  if (!result.ok) return notDone(to, result.refusal.message);
  const { value } = result;
  return goOn(to, notice(value), typeof change === 'function' ? change(value) : change);
}

/** A path of the dashboard, with or without a query. */
const PATH_HERE = /^\/dashboard(?:[/?][\x21\x23-\x3b\x3d\x3f-\x5b\x5d-\x7e]*)?$/;
const ANY_ORIGIN = 'http://localhost';

/** Where the page goes on after an action: nowhere but to pages of the dashboard. */
export function backTo(form: URLSearchParams, otherwise: string): string {
  const given = form.get('return') ?? '';
  if (!PATH_HERE.test(given)) return otherwise;
  // Dots lead elsewhere: a browser resolves them.
  const { pathname, search } = new URL(given, ANY_ORIGIN);
  return PATH_HERE.test(pathname) ? pathname + search : otherwise;
}

/** A whole number of a query; what makes no sense counts as `otherwise`. */
export function wholeNumber(text: string | null, otherwise: number): number {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : otherwise;
}

/** null when it is missing or empty. */
export function given(parameters: URLSearchParams, name: string): string | null {
  const text = parameters.get(name)?.trim() ?? '';
  return text === '' ? null : text;
}
