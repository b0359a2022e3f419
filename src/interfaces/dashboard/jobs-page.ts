import { JOB_STATUSES, type JobStatus, type JobSummary } from '../../domain/job/job.js';
import type { JobsFound } from '../../application/ports/job-queries.js';
import type { FindFilter } from '../../application/use-cases/find-filter.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import {
  cell,
  chip,
  clipped,
  emptyState,
  filtering,
  jobPath,
  link,
  postForm,
  queuePath,
  table,
  INTO_MAIN,
} from './components.js';
import { absoluteTime, time } from './format.js';
import { html, type Html } from './html.js';
import { get, given, show, type PageRoute } from './page.js';
import { mayChange, type Visitor } from './visitor.js';

const PAGE_SIZE = 50;
/** How long a view may search; it shows what was found by then, and where to go on. */
const SEARCH_BUDGET_MS = 50;
/** Queue names that the filter proposes. */
const QUEUES_PROPOSED = 50;

export function jobListRoutes({ findJobs, listQueuePage }: UseCases): PageRoute[] {
  return [
    get('/dashboard/jobs', async ({ query, url, signal, visitor }) => {
      const filter = toFilter(query);
      const before = given(query, 'before');
      const found = await findJobs(filter, {
        limit: PAGE_SIZE,
        budgetMs: SEARCH_BUDGET_MS,
        ...(before !== null && { before }),
        ...(signal && { signal }),
      });
      const { queues } = await listQueuePage({
        text: '',
        order: 'pending',
        limit: QUEUES_PROPOSED,
        offset: 0,
      });
      return show({
        title: 'Jobs',
        section: 'jobs',
        before: () =>
          heading(
            visitor,
            filter,
            queues.map(({ queue }) => queue.name),
          ),
        live: { topics: ['jobs'], content: jobList(visitor, filter, found, before, url) },
      });
    }),
  ];
}

/** What makes no sense is no filter. */
export function toFilter(parameters: URLSearchParams): FindFilter {
  const queue = given(parameters, 'queue');
  const status = JOB_STATUSES.find((one) => one === parameters.get('status'));
  const scheduleId = given(parameters, 'schedule_id');
  const search = given(parameters, 'search');
  return {
    ...(queue !== null && { queue }),
    ...(status !== undefined && { status }),
    ...(scheduleId !== null && { scheduleId }),
    ...(search !== null && { search }),
  };
}

/** The filter as it stands in a query. */
export function toQuery({ queue, status, scheduleId, search }: FindFilter) {
  return { queue, status, schedule_id: scheduleId, search };
}

function heading(visitor: Visitor, filter: FindFilter, queues: readonly string[]): Html {
  const choices: readonly (readonly [JobStatus | '', string])[] = [
    ['', 'Any status'],
    ...JOB_STATUSES.map((status) => [status, status] as const),
  ];
  return html`<div class="head"><h1>Jobs</h1>${mayChange(visitor) && html`<a class="button primary" href="/dashboard/new-job">Enqueue a job</a>`}</div>
<form class="filters" role="search" aria-label="Jobs" ${filtering('/dashboard/jobs')}>
<label>Queue <input type="search" id="filter-queue" name="queue" value="${filter.queue ?? ''}" list="queue-names" maxlength="128" autocomplete="off" spellcheck="false"></label>
<datalist id="queue-names">${queues.map((name) => html`<option value="${name}"></option>`)}</datalist>
<label>Status <select id="filter-status" name="status">${choices.map(
    ([value, label]) =>
      html`<option value="${value}"${value === (filter.status ?? '') && html` selected`}>${label}</option>`,
  )}</select></label>
<label class="wide">Search <input type="search" id="filter-search" name="search" value="${filter.search ?? ''}" placeholder="id, idempotency key, part of the URL" maxlength="2048" autocomplete="off" spellcheck="false"></label>
${
  filter.scheduleId !== undefined &&
  html`<label>Schedule <input type="search" id="filter-schedule" name="schedule_id" value="${filter.scheduleId}" maxlength="64" autocomplete="off" spellcheck="false"></label>`
}
<noscript><button>Show</button></noscript>
</form>`;
}

function jobList(
  visitor: Visitor,
  filter: FindFilter,
  { jobs, next }: JobsFound,
  before: string | null,
  url: string,
): Html {
  const shown =
    jobs.length === 0
      ? emptyState(next === null ? 'No job matches.' : 'No job matches among those looked at so far.')
      : jobTable(jobs, mayChange(visitor));
  const selectable = postForm(
    visitor,
    '/dashboard/jobs/bulk',
    html`
<input type="hidden" name="return" value="${url}">
${Object.entries(toQuery(filter)).map(([name, value]) => value !== undefined && html`<input type="hidden" name="${name}" value="${value}">`)}
${bulkBar()}
${shown}
`,
  );
  return html`${selectable ?? shown}
${pager(filter, { jobs, next }, before)}`;
}

function bulkBar(): Html {
  const button = (value: string, label: string, needsSelection: boolean) =>
    html`<button name="do" value="${value}"${needsSelection && html` data-needs-selection=""`}>${label}</button>`;
  return html`<div class="bulk" role="group" aria-label="Many jobs at once">
<span data-selected="">Selected</span>${button('retry-selected', 'Retry', true)}${button('cancel-selected', 'Cancel', true)}${button('discard-selected', 'Discard', true)}
<span>All that match</span>${button('retry-matching', 'Retry…', false)}${button('cancel-matching', 'Cancel…', false)}${button('discard-matching', 'Discard…', false)}
</div>`;
}

/** @param selectable with what there is to select a job, or to change it, by */
function jobTable(jobs: readonly JobSummary[], selectable: boolean): Html {
  const selectAll = html`<input type="checkbox" id="select-all" aria-label="Select all shown" hidden>`;
  return table(
    'Jobs',
    [
      ...(selectable ? [{ label: selectAll }] : []),
      { label: 'Job' },
      { label: 'Status' },
      { label: 'Queue' },
      { label: 'Attempts', numeric: true },
      { label: 'Created' },
      { label: 'Callback and error' },
      ...(selectable ? [{ label: 'Actions', hidden: true }] : []),
    ],
    jobs.map((job) => jobRow(job, selectable)),
  );
}

function jobRow(job: JobSummary, selectable: boolean): Html {
  return html`<tr id="job-${job.id}">
${selectable && html`<td class="select"><input type="checkbox" name="ids" value="${job.id}" aria-label="Select job ${job.id}"></td>`}
${cell('Job', html`<a class="mono" href="${jobPath(job.id)}" title="${job.id}">…${job.id.slice(-12)}</a>${job.idempotencyKey !== null && html`<br>${clipped(job.idempotencyKey, 'muted')}`}`)}
${cell('Status', status(job))}
${cell('Queue', html`<a href="${queuePath(job.queueName)}">${job.queueName}</a>`, 'text')}
${cell('Attempts', html`${job.attempt} / ${job.maxRetries + 1}`, 'number')}
${cell('Created', time(job.createdAt))}
${cell('Callback and error', html`${clipped(job.callbackUrl, 'mono')}${job.lastError !== null && html`${clipped(job.lastError, 'error')}`}`, 'text')}
${selectable && cell('', rowAction(job), 'actions')}
</tr>`;
}

/** With what the job waits for. */
export function status(job: JobSummary): Html {
  const delayed = job.status === 'pending' && job.visibleAt > job.updatedAt;
  return html`${chip(job.status)}${delayed && html` <small>due ${time(job.visibleAt)}</small>`}`;
}

function rowAction({ id, status: now }: JobSummary): Html | null {
  if (now === 'dead') return rowButton('Retry', 'primary', `${jobPath(id)}/retry`, id);
  if (now === 'pending') return rowButton('Cancel', '', `${jobPath(id)}/cancel`, id);
  return null;
}

/** Stands within the form of the selection, so it says itself where it goes. */
function rowButton(label: string, kind: string, action: string, id: string): Html {
  return html`<button class="${kind}" formaction="${action}" hx-post="${action}" ${INTO_MAIN}>${label}<span class="hidden"> job ${id}</span></button>`;
}

function pager(filter: FindFilter, { jobs, next }: JobsFound, before: string | null): Html {
  const full = jobs.length === PAGE_SIZE;
  return html`<nav class="pager" aria-label="Pages">
${!full && next !== null && html`<span>Looked at the jobs back to ${createdAt(next)} UTC.</span>`}
${before !== null && html`<a class="button" href="${link('/dashboard/jobs', toQuery(filter))}">Newest</a>`}
${next !== null && html`<a class="button" rel="next" href="${link('/dashboard/jobs', { ...toQuery(filter), before: next })}">${full ? 'Older' : 'Search older jobs'}</a>`}
</nav>`;
}

/** A UUID v7 begins with the instant at which it was made (RFC 9562, 5.7). */
function createdAt(id: string): Html {
  return absoluteTime(Number.parseInt(id.replaceAll('-', '').slice(0, 12), 16));
}
