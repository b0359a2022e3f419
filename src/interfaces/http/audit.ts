import type { LogFields, Logger } from '../../application/ports/logger.js';
import { shorten } from '../../application/printable.js';
import type { BulkResult } from '../../application/use-cases/for-all-jobs.js';
import type { JobSelection } from '../../application/use-cases/job-selection.js';
import type { HttpResponse } from './http-types.js';

/** What somebody changed by hand. */
export interface Change {
  /** By the name that the operation has in the OpenAPI document. */
  readonly action: string;
  /** The id, or the name of the queue; of many jobs, the details say which. */
  readonly target?: string | undefined;
  /** How many, of what there may be many; default: 1. */
  readonly count?: number;
  readonly details?: LogFields;
}

/** Leaves a line that says who changed what, and from where. */
export function audit(
  logger: Logger,
  { action, target, count = 1, details }: Change,
  via: 'api' | 'dashboard',
  response: HttpResponse,
): void {
  const { requestId, principal, address } = response.locals;
  logger.info('audit', {
    action,
    target,
    count,
    by: principal?.name,
    role: principal?.role,
    from: address,
    via,
    request_id: requestId,
    ...details,
  });
}

/** Of a longer list, the line has the first. */
const IDS_SHOWN = 100;

/** Which jobs were chosen, and how many of them did change. */
export function bulkChange(
  action: 'retryJobs' | 'cancelJobs' | 'discardJobs',
  { filter, ids, all }: JobSelection,
  { matched, changed }: BulkResult,
): Change {
  const text = (value: string | undefined) => value && shorten(value);
  return {
    action,
    count: changed,
    details: {
      matched,
      queue: text(filter.queue),
      status: filter.status,
      schedule_id: text(filter.scheduleId),
      search: text(filter.search),
      ids: ids?.slice(0, IDS_SHOWN).map(shorten),
      all,
    },
  };
}
