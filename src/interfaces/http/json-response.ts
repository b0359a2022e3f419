import type { HttpResponse } from './http-types.js';

/** Sends the whole answer at once: head and body in one write, with a Content-Length. */
export function sendJson(response: HttpResponse, status: number, body: unknown): void {
  response.statusCode = status;
  response.setHeader('Content-Type', 'application/json');
  response.setHeader('Cache-Control', 'no-store');
  response.setHeader('X-Content-Type-Options', 'nosniff');
  response.end(JSON.stringify(body));
}
