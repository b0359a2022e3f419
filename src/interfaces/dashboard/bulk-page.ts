import { BATCH_MAX } from '../../application/limits.js';
import type { FindFilter } from '../../application/use-cases/find-filter.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { confirmView, isConfirmed } from './confirm-view.js';
import { plural } from './format.js';
import { html, type Content } from './html.js';
import { toFilter, toQuery } from './jobs-page.js';
import { backTo, goTo, post, show, type PageRoute } from './page.js';

const ACTIONS = {
  retry: { button: 'Retry', doing: 'dead', past: 'retried', danger: false },
  cancel: { button: 'Cancel', doing: 'pending', past: 'cancelled: deleted', danger: true },
} as const;

/** Retries or cancels the selected jobs, or all that match the filters, once the count is confirmed. */
export function bulkRoutes({ retryJobs, cancelJobs }: UseCases): PageRoute[] {
  return [
    post('/dashboard/jobs/bulk', async ({ form }) => {
      const back = backTo(form, '/dashboard/jobs');
      const what = form.get('do') ?? '';
      const kind = what.startsWith('cancel') ? 'cancel' : 'retry';
      const action = ACTIONS[kind];
      const matching = what.endsWith('-matching');
      const ids = form.getAll('ids').slice(0, BATCH_MAX);
      if (!matching && ids.length === 0) return goTo(back, 'No job is selected: tick some first.', 'problem');

      const filter = matching ? toFilter(form) : {};
      const all = matching && Object.keys(filter).length === 0;
      const confirmed = isConfirmed(form);
      const run = kind === 'retry' ? retryJobs : cancelJobs;
      const result = await run({ filter, all, ...(!matching && { ids }) }, { dryRun: !confirmed });
      if (!result.ok) return goTo(back, result.refusal.message, 'problem');
      const { matched, changed } = result.value;
      if (confirmed) return goTo(back, `${plural(changed, 'job')} ${action.past}.`);
      if (matched === 0)
        return goTo(
          back,
          `None of these jobs is ${action.doing}, so there is nothing to ${kind}.`,
          'problem',
        );

      const jobs = plural(matched, `${action.doing} job`);
      return show(
        confirmView({
          section: 'jobs',
          title: `${action.button} ${jobs}?`,
          text:
            kind === 'retry'
              ? html`${describe(matching, filter)} They become pending at once, with all their attempts before them.`
              : html`${describe(matching, filter)} They are deleted, and never delivered.`,
          action: '/dashboard/jobs/bulk',
          fields: [
            ['do', what],
            ...(matching ? filterFields(filter) : ids.map((id) => ['ids', id] as const)),
          ],
          button: `${action.button} ${jobs}`,
          danger: action.danger,
          back,
        }),
      );
    }),
  ];
}

function filterFields(filter: FindFilter): [string, string][] {
  return Object.entries(toQuery(filter)).flatMap(([name, value]): [string, string][] =>
    value === undefined ? [] : [[name, value]],
  );
}

function describe(matching: boolean, filter: FindFilter): Content {
  if (!matching) return 'Those that you selected.';
  const { queue, scheduleId, search } = filter;
  const parts = [
    queue !== undefined && html` of queue <strong>${queue}</strong>`,
    scheduleId !== undefined && html` of schedule <strong>${scheduleId}</strong>`,
    search !== undefined && html` found by <strong>${search}</strong>`,
  ].filter((part) => part !== false);
  return parts.length === 0 ? html`<strong>All of them, in all queues.</strong>` : html`All${parts}.`;
}
