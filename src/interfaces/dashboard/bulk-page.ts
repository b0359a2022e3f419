import { BATCH_MAX } from '../../application/limits.js';
import type { FindFilter } from '../../application/use-cases/find-filter.js';
import type { JobSelection } from '../../application/use-cases/job-selection.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { bulkChange } from '../http/audit.js';
import { confirmView, isConfirmed } from './confirm-view.js';
import { plural } from './format.js';
import { html, type Content } from './html.js';
import { toFilter, toQuery } from './jobs-page.js';
import { backTo, goOn, notDone, post, show, type PageRoute } from './page.js';
import type { View } from './view.js';
import type { Visitor } from './visitor.js';

const ACTIONS = {
  retry: {
    verb: 'Retry',
    status: 'dead',
    past: 'retried',
    consequence: 'They become pending at once, with all their attempts before them.',
  },
  cancel: {
    verb: 'Cancel',
    status: 'pending',
    past: 'cancelled: deleted',
    consequence: 'They are deleted, and never delivered.',
  },
  discard: {
    verb: 'Discard',
    status: 'completed or dead',
    past: 'discarded: deleted',
    consequence: 'They are deleted, with their results and attempts.',
  },
} as const;
const KINDS = ['retry', 'cancel', 'discard'] as const;
type Kind = (typeof KINDS)[number];

/** What a form asks for. */
interface BulkRequest {
  readonly kind: Kind;
  /** null: all that match the filter. */
  readonly ids: readonly string[] | null;
  readonly filter: FindFilter;
}

/** Retries, cancels or discards the selected jobs, or all that match the filters, once the count is confirmed. */
export function bulkRoutes({ retryJobs, cancelJobs, discardJobs }: UseCases): PageRoute[] {
  const runs = { retry: retryJobs, cancel: cancelJobs, discard: discardJobs };
  return [
    post('/dashboard/jobs/bulk', async ({ form, signal, visitor }) => {
      const back = backTo(form, '/dashboard/jobs');
      const request = toRequest(form);
      if (request === null) return notDone(back, 'No job is selected: tick some first.');
      const { kind, ids, filter } = request;
      const { status, past } = ACTIONS[kind];
      const confirmed = isConfirmed(form);
      const selection: JobSelection =
        ids === null ? { filter, all: Object.keys(filter).length === 0 } : { filter, ids };
      const result = await runs[kind](selection, { dryRun: !confirmed, ...(signal && { signal }) });
      if (!result.ok) return notDone(back, result.refusal.message);
      const { matched, changed, named } = result.value;
      if (confirmed) {
        const change = bulkChange(`${kind}Jobs`, selection, result.value);
        return goOn(back, `${plural(changed, 'job')} ${past}.`, change);
      }
      if (matched > 0) return show(question(visitor, request, matched, named, back));
      return notDone(back, `None of these jobs is ${status}, so there is nothing to ${kind}.`);
    }),
  ];
}

function toRequest(form: URLSearchParams): BulkRequest | null {
  const what = form.get('do') ?? '';
  const kind = KINDS.find((one) => what.startsWith(one)) ?? 'retry';
  if (what.endsWith('-matching')) return { kind, ids: null, filter: toFilter(form) };
  const ids = form.getAll('ids').slice(0, BATCH_MAX);
  return ids.length === 0 ? null : { kind, ids, filter: {} };
}

/** @param named see BulkResult: what is confirmed is this job then, not whatever its name may come to mean */
function question(
  visitor: Visitor,
  { kind, ids, filter }: BulkRequest,
  matched: number,
  named: string | null,
  back: string,
): View {
  const { verb, status, consequence } = ACTIONS[kind];
  const jobs = plural(matched, `${filter.status ?? status} job`);
  const chosen = named === null ? ids : [named];
  return confirmView(visitor, {
    section: 'jobs',
    title: `${verb} ${jobs}?`,
    text: html`${describe(chosen, filter)} ${consequence}`,
    action: '/dashboard/jobs/bulk',
    fields:
      chosen === null
        ? [['do', `${kind}-matching`], ...filterFields(filter)]
        : [['do', `${kind}-selected`], ...chosen.map((id) => ['ids', id] as const)],
    button: `${verb} ${jobs}`,
    danger: kind !== 'retry',
    back,
  });
}

function filterFields(filter: FindFilter): [string, string][] {
  return Object.entries(toQuery(filter)).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
}

function describe(ids: readonly string[] | null, filter: FindFilter): Content {
  if (ids !== null) return 'Those that you selected.';
  const { queue, scheduleId, search } = filter;
  const parts = [
    queue !== undefined && html` of queue <strong>${queue}</strong>`,
    scheduleId !== undefined && html` of schedule <strong>${scheduleId}</strong>`,
    search !== undefined && html` found by <strong>${search}</strong>`,
  ].filter((part) => part !== false);
  const which = parts.length === 0 ? html`<strong>All of them, in all queues</strong>` : html`All${parts}`;
  return html`${which}, with those that come to match until you confirm.`;
}
