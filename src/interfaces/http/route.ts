import type * as z from 'zod';
import { ok, refuse, type ErrorCode, type Refused, type Result } from '../../application/errors.js';
import { quote, shorten } from '../../application/printable.js';
import type { Change } from './audit.js';
import type { JsonText } from './json-text.js';
import type { RouteRole } from './route-role.js';
import { check } from '../../application/validation.js';

/*
 * A route says all there is to know about it: from the list of them come the handlers, the answers for other methods,
 * and the OpenAPI document.
 */

export type Method = 'get' | 'post' | 'put' | 'delete';

/** The shape of a body, by the name that it has in the OpenAPI document. */
export interface Shape<T = unknown> {
  readonly name: string;
  readonly schema: z.ZodType<T>;
}

/** What stands in braces in a path. */
export interface PathParameter {
  readonly name: string;
  readonly description: string;
  /** What does not match cannot exist: it is not looked up, and only an excerpt of it is shown. */
  readonly pattern: RegExp;
  readonly notFound: (shown: string) => Refused;
}

interface Description {
  readonly method: Method;
  /** As in OpenAPI: /jobs/{id} */
  readonly path: string;
  /** Of the operation; unique. */
  readonly name: string;
  readonly summary: string;
  /** Who may ask for it. */
  readonly role: RouteRole;
  readonly parameter?: PathParameter;
  /** Each status of success: when, and with what body. */
  readonly answers: Readonly<Record<number, readonly [when: string, Shape]>>;
  /** What headers of its own such an answer may have, and when. */
  readonly answerHeaders?: Readonly<Record<string, string>>;
  /** Beyond those that any route may answer with. */
  readonly errors?: readonly ErrorCode[];
}

/** What is left of a request once the route is known. */
export interface RouteRequest {
  /** Of the path, decoded; empty for a route that has none. */
  readonly parameter: string;
  /** Decoded; what is given more than once is a list. */
  readonly query: Readonly<Record<string, unknown>>;
  readonly readBody: () => Promise<Result<JsonText>>;
  /** Its signal is aborted when the client has gone: what only answers it may then end. */
  readonly gone: () => AbortSignal;
}

export interface Answer {
  readonly status: number;
  readonly body: unknown;
  /** Beside those that every answer has. */
  readonly headers?: Readonly<Record<string, string>>;
  /** What the log is to tell of the change that was made, beside the route's name and parameter; null: none was made. */
  readonly change?: Omit<Change, 'action'> | null | undefined;
}

export interface Route extends Description {
  readonly query: z.ZodType | null;
  readonly body: Shape | null;
  readonly answer: (request: RouteRequest) => Promise<Result<Answer>>;
}

/** A route that takes no query parameters and ignores a body. */
export function route(
  description: Description,
  handle: (parameter: string) => Promise<Result<Answer>>,
): Route {
  return {
    ...description,
    query: null,
    body: null,
    answer: async ({ parameter, query }) => refuseQuery(query) ?? handle(parameter),
  };
}

/** A route that takes query parameters. */
export function queryRoute<Q>(
  description: Description,
  schema: z.ZodType<Q>,
  handle: (query: Q, parameter: string, gone: RouteRequest['gone']) => Promise<Result<Answer>>,
): Route {
  return {
    ...description,
    query: schema,
    body: null,
    answer: async (request) => {
      const query = refuseRepeated(request.query) ?? check(schema, request.query);
      return query.ok ? handle(query.value, request.parameter, request.gone) : query;
    },
  };
}

/** A route with a JSON object for a body. */
export function bodyRoute<B>(
  description: Description,
  shape: Shape<B>,
  handle: (
    body: B,
    request: Pick<RouteRequest, 'parameter' | 'gone'> & { readonly json: JsonText },
  ) => Promise<Result<Answer>>,
): Route {
  return {
    ...description,
    query: null,
    body: shape,
    answer: async ({ parameter, query, readBody, gone }) => {
      const refused = refuseQuery(query);
      if (refused) return refused;
      const json = await readBody();
      if (!json.ok) return json;
      const body = check(shape.schema, json.value.value);
      return body.ok ? handle(body.value, { parameter, json: json.value, gone }) : body;
    },
  };
}

/**
 * The answer to a use case: its value, presented, or its refusal.
 * @param change see Answer
 */
export function reply<T>(
  result: Result<T>,
  status: number,
  present: (value: T) => unknown,
  change: (value: T) => Answer['change'] = () => undefined,
): Result<Answer> {
  if (!result.ok) return result;
  const { value } = result;
  return ok({ status, body: present(value), change: change(value) });
}

/** Is what it does one of the changes by hand that the log tells of? Jobs are enqueued by programs, and by the thousand. */
export function isByHand({ method, role }: Route): boolean {
  return method !== 'get' && role === 'admin';
}

function refuseQuery(query: Readonly<Record<string, unknown>>): Refused | null {
  for (const name in query) {
    return refuse(
      'validation_failed',
      `unknown query parameter ${quote(shorten(name))}; this route takes none`,
    );
  }
  return null;
}

function refuseRepeated(query: Readonly<Record<string, unknown>>): Refused | null {
  for (const [name, value] of Object.entries(query)) {
    if (Array.isArray(value)) {
      return refuse('validation_failed', `${shorten(name)}: is given ${value.length} times; give it once`);
    }
  }
  return null;
}
