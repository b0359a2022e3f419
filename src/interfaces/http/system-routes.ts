import type { EngineStatus } from '../../application/engine/engine.js';
import { ok } from '../../application/errors.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { reply, route, type Route } from './route.js';
import { healthShape, metricsShape, openApiShape, presentMetrics } from './system-shapes.js';

/** @param openApi the document; asked for once a request */
export function systemRoutes(
  useCases: UseCases,
  engineStatus: () => EngineStatus,
  version: string,
  openApi: () => unknown,
): Route[] {
  return [
    getHealth(useCases, engineStatus, version),
    route(
      {
        method: 'get',
        path: '/metrics',
        name: 'getMetrics',
        summary: 'Get figures of the whole system',
        role: 'viewer',
        answers: { 200: ['The figures.', metricsShape] },
      },
      async () => ok({ status: 200, body: presentMetrics(await useCases.getMetrics()) }),
    ),
    route(
      {
        method: 'get',
        path: '/openapi.json',
        name: 'getOpenApi',
        summary: 'Get this description of the API',
        role: 'known',
        answers: { 200: ['An OpenAPI document.', openApiShape] },
      },
      () => Promise.resolve(ok({ status: 200, body: openApi() })),
    ),
  ];
}

function getHealth({ checkHealth }: UseCases, engineStatus: () => EngineStatus, version: string): Route {
  return route(
    {
      method: 'get',
      path: '/health',
      name: 'getHealth',
      summary: 'Can the store be read and written, and are jobs claimed?',
      role: 'anyone',
      answers: { 200: ['They are.', healthShape] },
      errors: ['not_claiming'],
    },
    async () => reply(await checkHealth(engineStatus()), 200, () => ({ status: 'ok', version })),
  );
}
