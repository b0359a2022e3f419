import type { UseCases } from '../../application/use-cases/use-cases.js';
import { bulkChange } from './audit.js';
import {
  cancelledJobsShape,
  jobSelectionShape,
  discardedJobsShape,
  presentCancelled,
  presentDiscarded,
  presentRetried,
  retriedShape,
  toJobSelection,
} from './bulk-shapes.js';
import { bodyRoute, reply, type Route } from './route.js';

/** What is done to many jobs at once. */
export function bulkRoutes({ retryJobs, cancelJobs, discardJobs }: UseCases): Route[] {
  return [
    bodyRoute(
      {
        method: 'post',
        path: '/jobs/retry',
        name: 'retryJobs',
        summary: 'Retry the dead ones of the selected jobs',
        role: 'admin',
        answers: { 200: ['How many there were.', retriedShape] },
      },
      jobSelectionShape,
      async ({ dry_run, ...body }, { gone }) => {
        const dryRun = dry_run ?? false;
        const selection = toJobSelection(body);
        const retried = await retryJobs(selection, { dryRun, signal: gone() });
        return reply(
          retried,
          200,
          (result) => presentRetried(result, dryRun),
          (result) => (dryRun ? null : bulkChange('retryJobs', selection, result)),
        );
      },
    ),
    bodyRoute(
      {
        method: 'post',
        path: '/jobs/cancel',
        name: 'cancelJobs',
        summary: 'Cancel the pending ones of the selected jobs: they are deleted',
        role: 'admin',
        answers: { 200: ['How many there were.', cancelledJobsShape] },
      },
      jobSelectionShape,
      async ({ dry_run, ...body }, { gone }) => {
        const dryRun = dry_run ?? false;
        const selection = toJobSelection(body);
        const cancelled = await cancelJobs(selection, { dryRun, signal: gone() });
        return reply(
          cancelled,
          200,
          (result) => presentCancelled(result, dryRun),
          (result) => (dryRun ? null : bulkChange('cancelJobs', selection, result)),
        );
      },
    ),
    bodyRoute(
      {
        method: 'post',
        path: '/jobs/discard',
        name: 'discardJobs',
        summary: 'Delete the completed and dead ones of the selected jobs',
        role: 'admin',
        answers: { 200: ['How many there were.', discardedJobsShape] },
      },
      jobSelectionShape,
      async ({ dry_run, ...body }, { gone }) => {
        const dryRun = dry_run ?? false;
        const selection = toJobSelection(body);
        const discarded = await discardJobs(selection, { dryRun, signal: gone() });
        return reply(
          discarded,
          200,
          (result) => presentDiscarded(result, dryRun),
          (result) => (dryRun ? null : bulkChange('discardJobs', selection, result)),
        );
      },
    ),
  ];
}
