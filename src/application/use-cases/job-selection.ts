import { refuse, type Refused } from '../errors.js';
import type { JobStatus } from '../../domain/job/job.js';
import type { FindFilter } from './find-filter.js';

/** The jobs that a bulk action is meant for: those that match all that is given. */
export interface JobSelection {
  readonly filter: FindFilter;
  readonly ids?: readonly string[];
  /** Says that all jobs are meant, as nothing else is given. */
  readonly all?: boolean;
}

/** Clients know what they select by under these names. */
const NAMES = {
  ids: 'ids',
  queue: 'queue',
  status: 'status',
  scheduleId: 'schedule_id',
  search: 'search',
} as const;

/** What a bulk action does, and to whom. */
export interface BulkKind {
  /** Those of the jobs to which it applies. */
  readonly statuses: readonly JobStatus[];
  /** As in "only dead jobs can be retried". */
  readonly done: string;
}

/** Refuses a selection that says nothing, or two things: a mistake must not hit all jobs there are. */
export function refuseSelection(
  { filter, ids, all = false }: JobSelection,
  { statuses, done }: BulkKind,
): Refused | null {
  const applicable = statuses.join(' or ');
  const given = givenNames({ ...filter, ids });
  if (filter.status !== undefined && !statuses.includes(filter.status)) {
    return refuse(
      'validation_failed',
      `status: only ${applicable} jobs can be ${done}, got "${filter.status}"; leave it out`,
    );
  }
  if (!all && given.length === 0) {
    return refuse(
      'validation_failed',
      `no jobs are selected; give at least one of ${Object.values(NAMES).join(', ')}, or "all": true for all ${applicable} jobs`,
    );
  }
  if (all && given.length > 0) {
    return refuse(
      'validation_failed',
      `all: contradicts ${given.join(', ')}; give either "all": true or what selects some of the jobs`,
    );
  }
  return null;
}

function givenNames(selection: Readonly<Record<string, unknown>>): string[] {
  return Object.entries(NAMES)
    .filter(([key]) => selection[key] !== undefined)
    .map(([, name]) => name);
}
