import type { CallbackRules } from '../../application/callback-rules.js';
import { ok } from '../../application/errors.js';
import { scheduleNotFound } from '../../application/use-cases/get-schedule.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { jobShape, presentJob } from './job-shapes.js';
import { idParameter } from './parameters.js';
import { bodyRoute, reply, route, type Route } from './route.js';
import {
  deletedScheduleShape,
  newScheduleShape,
  presentSchedule,
  scheduleListShape,
  scheduleShape,
  scheduleUpdateShape,
  toNewSchedule,
  toScheduleChange,
} from './schedule-shapes.js';

const parameter = idParameter('The id of the schedule.', scheduleNotFound);

/** @param callbacks what a callback_url may be */
export function scheduleRoutes(useCases: UseCases, callbacks: CallbackRules): Route[] {
  return [...collectionRoutes(useCases, callbacks), ...scheduleItemRoutes(useCases, callbacks)];
}

function collectionRoutes({ createSchedule, listSchedules }: UseCases, callbacks: CallbackRules): Route[] {
  return [
    bodyRoute(
      {
        method: 'post',
        path: '/schedules',
        name: 'createSchedule',
        summary: 'Create a schedule: each tick of its cron expression makes a job',
        role: 'admin',
        answers: { 201: ['The new schedule.', scheduleShape] },
        errors: ['too_many_queues'],
      },
      newScheduleShape(callbacks),
      async (body, { json }) =>
        reply(
          await createSchedule(toNewSchedule(body, json.member('payload'))),
          201,
          presentSchedule,
          ({ id }) => ({ target: id }),
        ),
    ),
    route(
      {
        method: 'get',
        path: '/schedules',
        name: 'listSchedules',
        summary: 'List schedules, the newest first',
        role: 'viewer',
        answers: { 200: ['The schedules.', scheduleListShape] },
      },
      async () => ok({ status: 200, body: (await listSchedules()).map(presentSchedule) }),
    ),
  ];
}

function scheduleItemRoutes(useCases: UseCases, callbacks: CallbackRules): Route[] {
  const { getSchedule, deleteSchedule, runSchedule } = useCases;
  return [
    route(
      {
        method: 'get',
        path: '/schedules/{id}',
        name: 'getSchedule',
        summary: 'Get a schedule',
        role: 'viewer',
        parameter,
        answers: { 200: ['The schedule.', scheduleShape] },
        errors: ['schedule_not_found'],
      },
      async (id) => reply(await getSchedule(id), 200, presentSchedule),
    ),
    updateSchedule(useCases, callbacks),
    route(
      {
        method: 'delete',
        path: '/schedules/{id}',
        name: 'deleteSchedule',
        summary: 'Delete a schedule; the jobs that it made stay',
        role: 'admin',
        parameter,
        answers: { 200: ['It is gone.', deletedScheduleShape] },
        errors: ['schedule_not_found'],
      },
      async (given) => reply(await deleteSchedule(given), 200, ({ id }) => ({ status: 'deleted', id })),
    ),
    route(
      {
        method: 'post',
        path: '/schedules/{id}/run',
        name: 'runSchedule',
        summary: 'Make a job of a schedule now; its next run stays as it is',
        role: 'admin',
        parameter,
        answers: { 201: ['The new job.', jobShape] },
        errors: ['schedule_not_found', 'queue_full', 'too_many_jobs'],
      },
      async (id) => reply(await runSchedule(id), 201, presentJob, (job) => ({ details: { job_id: job.id } })),
    ),
  ];
}

function updateSchedule(useCases: UseCases, callbacks: CallbackRules): Route {
  return bodyRoute(
    {
      method: 'put',
      path: '/schedules/{id}',
      name: 'updateSchedule',
      summary: 'Change the given fields of a schedule',
      role: 'admin',
      parameter,
      answers: { 200: ['The changed schedule.', scheduleShape] },
      errors: ['schedule_not_found', 'too_many_queues'],
    },
    scheduleUpdateShape(callbacks),
    async (body, { parameter: id, json }) =>
      reply(
        await useCases.updateSchedule(id, toScheduleChange(body, json.member('payload'))),
        200,
        presentSchedule,
        () => ({ details: { fields: Object.keys(body) } }),
      ),
  );
}
