import { ok } from '../../application/errors.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { route, type Route } from './route.js';
import { healthShape, metricsShape, openApiShape, presentMetrics } from './system-shapes.js';

/** @param openApi the document; asked for once a request */
export function systemRoutes(useCases: UseCases, version: string, openApi: () => unknown): Route[] {
  return [
    getHealth(useCases, version),
    route(
      {
        method: 'get',
        path: '/metrics',
        name: 'getMetrics',
        summary: 'Get figures of the whole system',
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
        answers: { 200: ['An OpenAPI document.', openApiShape] },
      },
      () => Promise.resolve(ok({ status: 200, body: openApi() })),
    ),
  ];
}

function getHealth({ checkHealth }: UseCases, version: string): Route {
  return route(
    {
      method: 'get',
      path: '/health',
      name: 'getHealth',
      summary: 'Can the store be read and written?',
      answers: { 200: ['It can.', healthShape] },
    },
    async () => {
      await checkHealth();
      return ok({ status: 200, body: { status: 'ok', version } });
    },
  );
}
