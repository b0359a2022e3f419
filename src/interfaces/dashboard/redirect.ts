import type { HttpRequest, HttpResponse } from '../http/http-types.js';
import type { PageAnswer } from './page.js';
import type { Notice } from './view.js';

/** Holds what an action had to say until the page shows it that comes next. */
const COOKIE = 'mininq-notice';
/** Characters; a cookie takes about four thousand bytes, and each character may become nine of them. */
const NOTICE_MAX = 400;

/**
 * Says to the script of a page that an answer is mininq's own. A proxy in between may have others: a page to log in, an
 * error of its own. Those must not take the place of what is shown.
 */
export const PAGE_HEADER = 'Mininq-Page';

/** Goes on to another page: by the browser, or by htmx, which is to follow in place. */
export function redirect(
  { to, notice }: Extract<PageAnswer, { kind: 'redirect' }>,
  request: HttpRequest,
  response: HttpResponse,
): void {
  if (notice) {
    const value = encodeURIComponent(`${notice.kind}:${notice.text.slice(0, NOTICE_MAX).toWellFormed()}`);
    response.setHeader(
      'Set-Cookie',
      `${COOKIE}=${value}; Path=/dashboard; Max-Age=30; HttpOnly; SameSite=Strict`,
    );
  }
  response.setHeader(PAGE_HEADER, '1');
  if (request.headers['hx-request'] === undefined) {
    response.statusCode = 303;
    response.setHeader('Location', to);
  } else {
    response.statusCode = 200;
    const place = isCurrent(to, request) ? { replace: 'true' } : { push: 'true' };
    const main = { target: '#main', select: '#main', swap: 'outerMorph' };
    response.setHeader('HX-Location', JSON.stringify({ path: to, ...main, ...place }));
  }
  response.end();
}

function isCurrent(path: string, { headers }: HttpRequest): boolean {
  const current = headers['hx-current-url'];
  if (typeof current !== 'string' || !URL.canParse(current)) return false;
  const { pathname, search } = new URL(current);
  return pathname + search === path;
}

/** What the action before had to say; once. */
export function takeNotice(request: HttpRequest, response: HttpResponse): Notice | null {
  const [, value] = /(?:^|; )mininq-notice=([^;]*)/.exec(request.headers.cookie ?? '') ?? [];
  if (value === undefined) return null;
  response.setHeader('Set-Cookie', `${COOKIE}=; Path=/dashboard; Max-Age=0; HttpOnly; SameSite=Strict`);
  const [, kind, text] = /^(done|problem):(.*)$/s.exec(decode(value)) ?? [];
  if (text === undefined) return null;
  return { kind: kind === 'done' ? 'done' : 'problem', text };
}

function decode(value: string): string {
  try {
    return decodeURIComponent(value);
  } catch {
    return '';
  }
}
