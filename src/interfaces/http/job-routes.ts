import type { CallbackRules } from '../../application/callback-rules.js';
import { ok } from '../../application/errors.js';
import { ATTEMPTS_LIMIT_DEFAULT } from '../../application/limits.js';
import { jobNotFound } from '../../application/use-cases/get-job.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { attemptListQuery, attemptListShape, presentAttempt } from './attempt-shapes.js';
import { bulkRoutes } from './bulk-routes.js';
import {
  cancelledShape,
  discardedShape,
  jobBatchShape,
  jobListQuery,
  jobListShape,
  jobShape,
  newJobBatchShape,
  newJobShape,
  presentJob,
  toEnqueueJob,
  toFindFilter,
  toPage,
  type JobListQuery,
} from './job-shapes.js';
import { idParameter } from './parameters.js';
import { bodyRoute, queryRoute, reply, route, type Route } from './route.js';

const parameter = idParameter('The id of the job.', jobNotFound);

/** @param callbacks what a callback_url may be */
export function jobRoutes(useCases: UseCases, callbacks: CallbackRules): Route[] {
  const newJob = newJobShape(callbacks);
  return [
    createJob(useCases, newJob),
    createJobs(useCases, newJob),
    listJobs(useCases),
    ...bulkRoutes(useCases),
    ...jobItemRoutes(useCases),
    getJobAttempts(useCases),
  ];
}

function createJob({ enqueueCheckedJobs }: UseCases, newJob: ReturnType<typeof newJobShape>): Route {
  return bodyRoute(
    {
      method: 'post',
      path: '/jobs',
      name: 'createJob',
      summary: 'Create a job',
      role: 'producer',
      answers: {
        201: ['The new job.', jobShape],
        200: ['The job that already has the idempotency key.', jobShape],
      },
      errors: ['too_many_queues', 'queue_full', 'too_many_jobs'],
    },
    newJob,
    async (body, { json }) => {
      const enqueued = await enqueueCheckedJobs([toEnqueueJob(body, json.member('payload'))]);
      if (!enqueued.ok) return enqueued;
      const [outcome] = enqueued.value;
      if (!outcome) throw new Error('the store took one job and told the fate of none');
      return ok({ status: outcome.kind === 'inserted' ? 201 : 200, body: presentJob(outcome.job) });
    },
  );
}

function createJobs({ enqueueCheckedJobs }: UseCases, newJob: ReturnType<typeof newJobShape>): Route {
  return bodyRoute(
    {
      method: 'post',
      path: '/jobs/batch',
      name: 'createJobs',
      summary: 'Create many jobs, all or none',
      role: 'producer',
      answers: {
        201: [
          'The jobs in order; in place of one whose idempotency key was taken, the job that has it.',
          jobBatchShape,
        ],
      },
      errors: ['too_many_queues', 'queue_full', 'too_many_jobs'],
    },
    newJobBatchShape(newJob),
    async ({ jobs }, { json }) => {
      const payloads = json.memberOfEach('jobs', 'payload');
      const enqueued = await enqueueCheckedJobs(
        jobs.map((job, index) => toEnqueueJob(job, payloads[index] ?? null)),
      );
      if (!enqueued.ok) return enqueued;
      return ok({ status: 201, body: { jobs: enqueued.value.map(({ job }) => presentJob(job)) } });
    },
  );
}

function listJobs(useCases: UseCases): Route {
  return queryRoute(
    {
      method: 'get',
      path: '/jobs',
      name: 'listJobs',
      summary: 'List jobs, the newest first',
      role: 'viewer',
      answers: { 200: ['The jobs.', jobListShape] },
      answerHeaders: {
        Link: 'Where the next page is, as `<...>; rel="next"`; missing: there are no more jobs.',
      },
    },
    jobListQuery,
    async (query, _, gone) => {
      const { jobs, next } = await useCases.listJobs(toFindFilter(query), toPage(query), gone());
      const body = jobs.map(presentJob);
      return ok({ status: 200, body, ...(next !== null && { headers: { Link: nextPage(query, next) } }) });
    },
  );
}

/** The same query, but for where the page begins. */
function nextPage({ offset, ...query }: JobListQuery, next: string): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...query, before: next })) parameters.set(name, String(value));
  return `</jobs?${parameters.toString()}>; rel="next"`;
}

function jobItemRoutes({ getJob, cancelJob, retryJob, discardJob }: UseCases): Route[] {
  return [
    route(
      {
        method: 'get',
        path: '/jobs/{id}',
        name: 'getJob',
        summary: 'Get a job',
        role: 'known',
        parameter,
        answers: { 200: ['The job.', jobShape] },
        errors: ['job_not_found'],
      },
      async (id) => reply(await getJob(id), 200, presentJob),
    ),
    route(
      {
        method: 'delete',
        path: '/jobs/{id}',
        name: 'cancelJob',
        summary: 'Cancel a pending job: it is deleted',
        role: 'admin',
        parameter,
        answers: { 200: ['It is gone.', cancelledShape] },
        errors: ['job_not_found', 'job_not_pending'],
      },
      async (id) => reply(await cancelJob(id), 200, (job) => ({ status: 'cancelled', id: job.id })),
    ),
    route(
      {
        method: 'post',
        path: '/jobs/{id}/retry',
        name: 'retryJob',
        summary: 'Retry a dead job, with all its attempts before it',
        role: 'admin',
        parameter,
        answers: { 200: ['The job, pending again.', jobShape] },
        errors: ['job_not_found', 'job_not_dead'],
      },
      async (id) => reply(await retryJob(id), 200, presentJob),
    ),
    route(
      {
        method: 'post',
        path: '/jobs/{id}/discard',
        name: 'discardJob',
        summary: 'Delete a completed or dead job',
        role: 'admin',
        parameter,
        answers: { 200: ['It is gone.', discardedShape] },
        errors: ['job_not_found', 'job_not_finished'],
      },
      async (id) => reply(await discardJob(id), 200, (job) => ({ status: 'discarded', id: job.id })),
    ),
  ];
}

function getJobAttempts(useCases: UseCases): Route {
  return queryRoute(
    {
      method: 'get',
      path: '/jobs/{id}/attempts',
      name: 'getJobAttempts',
      summary: 'List the attempts of a job, the oldest first',
      role: 'known',
      parameter,
      answers: { 200: ['The attempts.', attemptListShape] },
      errors: ['job_not_found'],
    },
    attemptListQuery,
    async ({ limit = ATTEMPTS_LIMIT_DEFAULT }, id) =>
      reply(await useCases.getJobAttempts(id, limit), 200, (attempts) => attempts.map(presentAttempt)),
  );
}
