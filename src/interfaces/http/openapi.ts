import * as z from 'zod';
import type { ErrorCode } from '../../application/errors.js';
import { ERROR_STATUS, errorObject } from './error-response.js';
import type { RouteRole } from './route-role.js';
import type { Route, Shape } from './route.js';

type Json = Readonly<Record<string, unknown>>;

const errorShape: Shape = { name: 'Error', schema: errorObject };
/** What any route may answer with, what those that change something may as well, and what those with a body may. */
const ANY_ROUTE: readonly ErrorCode[] = [
  'validation_failed',
  'request_timeout',
  'headers_too_large',
  'host_not_allowed',
  'internal_error',
  'store_unavailable',
];
/** What any may answer with that asks who asks. */
const GUARDED_ROUTE: readonly ErrorCode[] = [
  'unauthorized',
  'forbidden',
  'protected',
  'too_many_failures',
  'rate_limited',
];
const UNSAFE_ROUTE: readonly ErrorCode[] = ['cross_origin'];
const BODY_ROUTE: readonly ErrorCode[] = ['malformed_json', 'payload_too_large', 'unsupported_media_type'];

/** The description of the routes, as OpenAPI 3.1 has it. */
export function openApiDocument(routes: readonly Route[], version: string): Json {
  const paths: Record<string, Record<string, Json>> = {};
  for (const route of routes) (paths[route.path] ??= {})[route.method] = operation(route);
  return {
    openapi: '3.1.1',
    info: {
      title: 'mininq',
      version,
      description: 'Background jobs in one process and one file: POST a job, get it delivered as a webhook.',
      license: { name: 'MIT', identifier: 'MIT' },
    },
    // Relative: whatever the document was got from.
    servers: [{ url: '/' }],
    paths,
    components: { schemas: componentSchemas(routes), securitySchemes: SECURITY_SCHEMES },
  };
}

/** Either will do, and neither where anyone may ask. */
const SECURITY_SCHEMES = {
  bearer: { type: 'http', scheme: 'bearer', description: 'A token.' },
  basic: { type: 'http', scheme: 'basic', description: 'Any user, and a token as the password.' },
};

const ROLES: Readonly<Record<RouteRole, string>> = {
  anyone: 'For anyone, without a token.',
  known: 'For any token.',
  viewer: 'For tokens of viewers and admins.',
  producer: 'For tokens of producers and admins.',
  admin: 'For tokens of admins.',
};

function operation(route: Route): Json {
  const [, tag = ''] = route.path.split('/');
  return {
    operationId: route.name,
    summary: route.summary,
    description: ROLES[route.role],
    security:
      route.role === 'anyone' ? [] : Object.keys(SECURITY_SCHEMES).map((scheme) => ({ [scheme]: [] })),
    tags: [tag.replace('.json', '')],
    parameters: [...pathParameters(route), ...queryParameters(route)],
    ...(route.body && { requestBody: { required: true, content: content(route.body) } }),
    responses: { ...successes(route), ...failures(route) },
  };
}

function pathParameters({ parameter }: Route): Json[] {
  if (!parameter) return [];
  const { name, description } = parameter;
  return [{ name, in: 'path', required: true, description, schema: { type: 'string' } }];
}

function queryParameters({ query }: Route): Json[] {
  if (!query) return [];
  const { properties = {}, required = [] } = z.toJSONSchema(query, { io: 'output' });
  return Object.entries(properties).map(([name, property]) => {
    const { description, ...schema } = typeof property === 'boolean' ? {} : property;
    return { name, in: 'query', required: required.includes(name), description, schema };
  });
}

function successes({ answers, answerHeaders }: Route): Json {
  return Object.fromEntries(
    Object.entries(answers).map(([status, [description, shape]]) => [
      status,
      { description, ...(answerHeaders && { headers: headers(answerHeaders) }), content: content(shape) },
    ]),
  );
}

function headers(described: Readonly<Record<string, string>>): Json {
  return Object.fromEntries(
    Object.entries(described).map(([name, description]) => [
      name,
      { description, schema: { type: 'string' } },
    ]),
  );
}

function failures({ method, role, body, errors = [] }: Route): Json {
  const codes = [
    ...ANY_ROUTE,
    ...(role === 'anyone' ? [] : GUARDED_ROUTE),
    ...(method === 'get' ? [] : UNSAFE_ROUTE),
    ...(body ? BODY_ROUTE : []),
    ...errors,
  ];
  const statuses = [...new Set(codes.map((code) => ERROR_STATUS[code]))];
  return Object.fromEntries(
    statuses.map((status) => {
      const possible = codes.filter((code) => ERROR_STATUS[code] === status);
      return [status, { description: `Code ${possible.join(' or ')}.`, content: content(errorShape) }];
    }),
  );
}

const COMPONENTS = '#/components/schemas/';

function content({ name }: Shape): Json {
  return { 'application/json': { schema: { $ref: COMPONENTS + name } } };
}

function componentSchemas(routes: readonly Route[]): Json {
  const registry = z.registry<{ id: string }>();
  const answers = routes.flatMap((route) => Object.values(route.answers).map(([, shape]) => shape));
  const bodies = routes.flatMap(({ body }) => (body ? [body] : []));
  for (const { name, schema } of [errorShape, ...bodies, ...answers]) registry.add(schema, { id: name });
  const { schemas } = z.toJSONSchema(registry, { io: 'input', uri: (id) => COMPONENTS + id });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [
      name,
      Object.fromEntries(Object.entries(schema).filter(([key]) => key !== '$schema' && key !== '$id')),
    ]),
  );
}
