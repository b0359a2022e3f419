import type { CallbackRules } from '../callback-rules.js';
import type { JobDefaults } from '../config.js';
import { cancelJob } from './cancel-job.js';
import { cancelJobs } from './cancel-jobs.js';
import { checkHealth } from './check-health.js';
import { createQueue } from './create-queue.js';
import { createSchedule } from './create-schedule.js';
import { deleteQueue } from './delete-queue.js';
import { deleteSchedule } from './delete-schedule.js';
import { discardJob } from './discard-job.js';
import { discardJobs } from './discard-jobs.js';
import { drainWorker } from './drain-worker.js';
import { enqueueCheckedJobs, enqueueJobs } from './enqueue-jobs.js';
import { findJobs } from './find-jobs.js';
import { getJobAttempts } from './get-job-attempts.js';
import { getJob } from './get-job.js';
import { getMetrics } from './get-metrics.js';
import { getOverview } from './get-overview.js';
import { getQueue } from './get-queue.js';
import { getSchedule } from './get-schedule.js';
import { listJobs } from './list-jobs.js';
import { listQueuePage } from './list-queue-page.js';
import { listQueues } from './list-queues.js';
import { listSchedulePage } from './list-schedule-page.js';
import { listSchedules } from './list-schedules.js';
import { listWorkerPage } from './list-worker-page.js';
import { listWorkers } from './list-workers.js';
import type { Ports } from './ports.js';
import { previewSchedule } from './preview-schedule.js';
import { retryJob } from './retry-job.js';
import { retryJobs } from './retry-jobs.js';
import { runSchedule } from './run-schedule.js';
import { updateQueue } from './update-queue.js';
import { updateSchedule } from './update-schedule.js';

export type UseCases = ReturnType<typeof createUseCases>;

/** All that the interfaces can ask for. @param callbacks what a callback URL may be */
export function createUseCases(
  ports: Ports,
  defaults: JobDefaults,
  version: string,
  callbacks: CallbackRules,
) {
  const enqueueChecked = enqueueCheckedJobs(ports, defaults);
  return {
    enqueueJobs: enqueueJobs(enqueueChecked, callbacks),
    enqueueCheckedJobs: enqueueChecked,
    getJob: getJob(ports),
    getJobAttempts: getJobAttempts(ports),
    listJobs: listJobs(ports),
    findJobs: findJobs(ports),
    cancelJob: cancelJob(ports),
    retryJob: retryJob(ports, defaults),
    discardJob: discardJob(ports),
    cancelJobs: cancelJobs(ports),
    retryJobs: retryJobs(ports, defaults),
    discardJobs: discardJobs(ports),
    createQueue: createQueue(ports, defaults),
    listQueues: listQueues(ports),
    listQueuePage: listQueuePage(ports),
    getQueue: getQueue(ports),
    updateQueue: updateQueue(ports),
    deleteQueue: deleteQueue(ports),
    createSchedule: createSchedule(ports, defaults),
    listSchedules: listSchedules(ports),
    listSchedulePage: listSchedulePage(ports),
    getSchedule: getSchedule(ports),
    updateSchedule: updateSchedule(ports),
    deleteSchedule: deleteSchedule(ports),
    runSchedule: runSchedule(ports, defaults),
    previewSchedule: previewSchedule(ports, defaults),
    listWorkers: listWorkers(ports),
    listWorkerPage: listWorkerPage(ports),
    drainWorker: drainWorker(ports),
    getMetrics: getMetrics(ports, version),
    getOverview: getOverview(ports, version),
    checkHealth: checkHealth(ports),
  };
}
