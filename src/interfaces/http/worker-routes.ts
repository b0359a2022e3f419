import { ok } from '../../application/errors.js';
import { workerNotFound } from '../../application/use-cases/drain-worker.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { reply, route, type PathParameter, type Route } from './route.js';
import { presentWorker, workerListShape, workerShape } from './worker-shapes.js';

/** An id begins with the name of a host. */
const parameter: PathParameter = {
  name: 'id',
  description: 'The id of the worker, percent-encoded.',
  pattern: /^[^\s/\p{Cc}]{1,400}$/u,
  notFound: workerNotFound,
};

/** @param ownId of the worker in this process; null while it has none */
export function workerRoutes({ listWorkers, drainWorker }: UseCases, ownId: () => string | null): Route[] {
  return [
    route(
      {
        method: 'get',
        path: '/workers',
        name: 'listWorkers',
        summary: 'List the processes that run jobs, the longest running first',
        role: 'viewer',
        answers: { 200: ['The workers.', workerListShape] },
      },
      async () => {
        const workers = await listWorkers();
        return ok({ status: 200, body: workers.map((worker) => presentWorker(worker, ownId())) });
      },
    ),
    route(
      {
        method: 'post',
        path: '/workers/{id}/drain',
        name: 'drainWorker',
        summary: 'Have a worker begin no more jobs; it finishes those it has',
        role: 'admin',
        parameter,
        answers: { 200: ['The worker.', workerShape] },
        errors: ['worker_not_found'],
      },
      async (id) => reply(await drainWorker(id, true), 200, (worker) => presentWorker(worker, ownId())),
    ),
    route(
      {
        method: 'post',
        path: '/workers/{id}/resume',
        name: 'resumeWorker',
        summary: 'Have a worker that drains begin jobs again',
        role: 'admin',
        parameter,
        answers: { 200: ['The worker.', workerShape] },
        errors: ['worker_not_found'],
      },
      async (id) => reply(await drainWorker(id, false), 200, (worker) => presentWorker(worker, ownId())),
    ),
  ];
}
