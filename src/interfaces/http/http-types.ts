import type { Request, Response } from 'express';

/** What the first middleware leaves for the others. */
export interface Locals extends Record<string, unknown> {
  /** Also in the X-Request-Id header. */
  requestId: string;
}

export type HttpRequest = Request<
  Record<string, string | string[]>,
  unknown,
  unknown,
  Readonly<Record<string, unknown>>,
  Locals
>;
export type HttpResponse = Response<unknown, Locals>;
