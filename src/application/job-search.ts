import type { JobSummary } from '../domain/job/job.js';
import { lowerAscii } from './lower-ascii.js';
import type { JobSearch } from './ports/job-queries.js';

/** Is the job one of those that are searched for? */
export function matches(job: JobSummary, search: JobSearch): boolean {
  const { queue, status, scheduleId, idempotencyKey, urlPart } = search;
  return (
    (queue === undefined || job.queueName === queue) &&
    (status === undefined || job.status === status) &&
    (scheduleId === undefined || job.scheduleId === scheduleId) &&
    (idempotencyKey === undefined || job.idempotencyKey === idempotencyKey) &&
    (urlPart === undefined || lowerAscii(job.callbackUrl).includes(lowerAscii(urlPart)))
  );
}
