import * as z from 'zod';
import { BATCH_MAX } from '../../application/limits.js';
import type { BulkResult } from '../../application/use-cases/for-all-jobs.js';
import type { JobSelection } from '../../application/use-cases/job-selection.js';
import * as fields from '../../application/fields.js';
import { jobFilterFields, jobId, toFindFilter } from './job-shapes.js';
import type { Shape } from './route.js';

const idsError = `must be an array of 1 to ${BATCH_MAX} ids`;

export const jobSelectionShape = {
  name: 'JobSelection',
  schema: fields.object({
    ids: z
      .array(jobId, { error: idsError })
      .min(1, { error: idsError })
      .max(BATCH_MAX, { error: idsError })
      .nullish()
      .meta({ description: 'Only jobs with these ids.' }),
    queue: jobFilterFields.queue.nullish().meta({ description: 'Only jobs of this queue.' }),
    status: jobFilterFields.status.nullish().meta({
      description: 'May be left out, as the route says which statuses it is for.',
    }),
    schedule_id: jobFilterFields.schedule_id
      .nullish()
      .meta({ description: 'Only jobs that this schedule made.' }),
    search: jobFilterFields.search.nullish().meta({
      description: 'The id of a job, else the idempotency key of a job, else a part of the callback URL.',
    }),
    all: fields.flag
      .nullish()
      .meta({ default: false, description: 'true: all jobs are meant, and nothing else is given.' }),
    dry_run: fields.flag.nullish().meta({ default: false, description: 'true: the jobs are only counted.' }),
  }),
} satisfies Shape;

type Body = z.infer<typeof jobSelectionShape.schema>;

export function toJobSelection({ ids, all, ...filter }: Body): JobSelection {
  return { filter: toFindFilter(filter), ...(ids != null && { ids }), ...(all != null && { all }) };
}

const matched = z.int().meta({ description: 'Jobs that were selected, and in the right status.' });
const dry_run = z.boolean();

export const retriedShape = {
  name: 'RetriedJobs',
  schema: z.object({
    matched,
    retried: z.int().meta({ description: 'Fewer than matched, if some of the jobs changed meanwhile.' }),
    dry_run,
  }),
} satisfies Shape;

export const cancelledJobsShape = {
  name: 'CancelledJobs',
  schema: z.object({
    matched,
    cancelled: z.int().meta({ description: 'Fewer than matched, if some of the jobs changed meanwhile.' }),
    dry_run,
  }),
} satisfies Shape;

export const discardedJobsShape = {
  name: 'DiscardedJobs',
  schema: z.object({
    matched,
    discarded: z.int().meta({ description: 'Fewer than matched, if some of the jobs changed meanwhile.' }),
    dry_run,
  }),
} satisfies Shape;

export function presentRetried({ matched, changed }: BulkResult, dryRun: boolean) {
  return { matched, retried: changed, dry_run: dryRun } satisfies z.infer<typeof retriedShape.schema>;
}

export function presentCancelled({ matched, changed }: BulkResult, dryRun: boolean) {
  return { matched, cancelled: changed, dry_run: dryRun } satisfies z.infer<typeof cancelledJobsShape.schema>;
}

export function presentDiscarded({ matched, changed }: BulkResult, dryRun: boolean) {
  return { matched, discarded: changed, dry_run: dryRun } satisfies z.infer<typeof discardedJobsShape.schema>;
}
