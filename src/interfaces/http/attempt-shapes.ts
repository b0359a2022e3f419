import * as z from 'zod';
import { ATTEMPTS_LIMIT_DEFAULT, FAILED_ATTEMPTS_KEPT, LIST_LIMIT_MAX } from '../../application/limits.js';
import type { JobAttempt } from '../../application/use-cases/get-job-attempts.js';
import * as fields from '../../application/fields.js';
import { formatInstant, formatOptionalInstant, instant } from './instant.js';
import type { Shape } from './route.js';

export const attemptListQuery = fields.object(
  {
    limit: fields.digits(1, LIST_LIMIT_MAX, true).optional().meta({
      default: ATTEMPTS_LIMIT_DEFAULT,
      description: 'The last attempts, at most so many; more than the maximum counts as that.',
    }),
  },
  'query parameter',
);

const attemptShape = {
  name: 'Attempt',
  schema: z.object({
    number: z.int().meta({ description: 'From 1; starts again after a retry by hand.' }),
    outcome: z.enum(['succeeded', 'failed', 'running']),
    started_at: instant,
    finished_at: instant.nullable().meta({ description: 'null: it is under way.' }),
    duration_ms: z.int().nullable(),
    status_code: z.int().nullable().meta({ description: 'Of the answer to a failed attempt.' }),
    error: z.string().nullable(),
    response: z.string().nullable().meta({ description: "The first part of the receiver's answer." }),
    omitted_before: z.int().meta({
      description: `Failed attempts right before this one that are not kept: of more than ${2 * FAILED_ATTEMPTS_KEPT}, a job keeps the first and the last ${FAILED_ATTEMPTS_KEPT}.`,
    }),
  }),
} satisfies Shape;

export const attemptListShape = {
  name: 'AttemptList',
  schema: z.array(attemptShape.schema),
} satisfies Shape;

export function presentAttempt(attempt: JobAttempt): z.infer<typeof attemptShape.schema> {
  const { number, outcome, startedAt, finishedAt, statusCode, error, response, omittedBefore } = attempt;
  return {
    number,
    outcome,
    started_at: formatInstant(startedAt),
    finished_at: formatOptionalInstant(finishedAt),
    // The clock may have been set back in between.
    duration_ms: finishedAt === null ? null : Math.max(0, finishedAt - startedAt),
    status_code: statusCode,
    error,
    response,
    omitted_before: omittedBefore,
  };
}
