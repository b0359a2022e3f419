import { ok } from '../../application/errors.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { queueParameter as parameter } from './parameters.js';
import {
  deletedQueueShape,
  newQueueShape,
  presentQueue,
  presentQueueStats,
  queueListShape,
  queueShape,
  queueStatsShape,
  queueUpdateShape,
  toQueueSettings,
} from './queue-shapes.js';
import { bodyRoute, reply, route, type Route } from './route.js';

export function queueRoutes(useCases: UseCases): Route[] {
  return [...collectionRoutes(useCases), ...queueItemRoutes(useCases), ...pauseRoutes(useCases)];
}

function collectionRoutes({ createQueue, listQueues }: UseCases): Route[] {
  return [
    bodyRoute(
      {
        method: 'post',
        path: '/queues',
        name: 'createQueue',
        summary: 'Create a queue',
        role: 'admin',
        answers: { 201: ['The new queue.', queueShape] },
        errors: ['queue_exists', 'too_many_queues'],
      },
      newQueueShape,
      async (body) =>
        reply(await createQueue(body.name, toQueueSettings(body)), 201, presentQueue, ({ name }) => ({
          target: name,
        })),
    ),
    route(
      {
        method: 'get',
        path: '/queues',
        name: 'listQueues',
        summary: 'List queues by name, each with the number of its jobs in each status',
        role: 'viewer',
        answers: { 200: ['The queues.', queueListShape] },
      },
      async () => ok({ status: 200, body: (await listQueues()).map(presentQueueStats) }),
    ),
  ];
}

function queueItemRoutes(useCases: UseCases): Route[] {
  const { getQueue, deleteQueue } = useCases;
  return [
    route(
      {
        method: 'get',
        path: '/queues/{name}',
        name: 'getQueue',
        summary: 'Get a queue, with the number of its jobs in each status',
        role: 'viewer',
        parameter,
        answers: { 200: ['The queue.', queueStatsShape] },
        errors: ['queue_not_found'],
      },
      async (name) => reply(await getQueue(name), 200, presentQueueStats),
    ),
    updateQueue(useCases),
    route(
      {
        method: 'delete',
        path: '/queues/{name}',
        name: 'deleteQueue',
        summary: 'Delete a queue that has no pending or running jobs; its finished jobs stay',
        role: 'admin',
        parameter,
        answers: { 200: ['It is gone.', deletedQueueShape] },
        errors: ['queue_not_found', 'queue_active'],
      },
      async (given) => reply(await deleteQueue(given), 200, ({ name }) => ({ status: 'deleted', name })),
    ),
  ];
}

function updateQueue(useCases: UseCases): Route {
  return bodyRoute(
    {
      method: 'put',
      path: '/queues/{name}',
      name: 'updateQueue',
      summary: 'Change the given settings of a queue',
      role: 'admin',
      parameter,
      answers: { 200: ['The changed queue.', queueShape] },
      errors: ['queue_not_found'],
    },
    queueUpdateShape,
    async (body, request) =>
      reply(await useCases.updateQueue(request.parameter, toQueueSettings(body)), 200, presentQueue, () => ({
        details: { fields: Object.keys(body) },
      })),
  );
}

function pauseRoutes({ updateQueue }: UseCases): Route[] {
  return [
    route(
      {
        method: 'post',
        path: '/queues/{name}/pause',
        name: 'pauseQueue',
        summary: 'Pause a queue: none of its jobs is begun any more',
        role: 'admin',
        parameter,
        answers: { 200: ['The paused queue.', queueShape] },
        errors: ['queue_not_found'],
      },
      async (name) => reply(await updateQueue(name, { paused: true }), 200, presentQueue),
    ),
    route(
      {
        method: 'post',
        path: '/queues/{name}/resume',
        name: 'resumeQueue',
        summary: 'Resume a paused queue',
        role: 'admin',
        parameter,
        answers: { 200: ['The queue.', queueShape] },
        errors: ['queue_not_found'],
      },
      async (name) => reply(await updateQueue(name, { paused: false }), 200, presentQueue),
    ),
  ];
}
