import type { EngineStatus } from '../../application/engine/engine.js';
import type { WorkerAtWork } from '../../application/use-cases/list-worker-page.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import type { JobSummary } from '../../domain/job/job.js';
import type { Worker } from '../../domain/worker/worker.js';
import { actionButton, cell, chip, emptyState, jobPath, pager, queuePath, table } from './components.js';
import { formatCount, time } from './format.js';
import { html, type Content, type Html } from './html.js';
import { backTo, done, get, post, show, wholeNumber, type PageRoute } from './page.js';
import { mayChange, type Visitor } from './visitor.js';

const PATH = '/dashboard/workers';
const PAGE_SIZE = 50;
/** Of each worker. */
const JOBS_SHOWN = 5;
/** Characters of the id of a job: its end, which is random. */
const ID_SHOWN = 12;

export function workerRoutes(useCases: UseCases, engineStatus: () => EngineStatus): PageRoute[] {
  const { listWorkerPage, drainWorker } = useCases;
  const drain = async (id: string, draining: boolean, form: URLSearchParams) =>
    done(
      await drainWorker(id, draining),
      backTo(form, PATH),
      ({ host, process: { pid } }) =>
        draining
          ? `The worker on ${host}, pid ${pid}, begins no more jobs, and finishes those it has.`
          : `The worker on ${host}, pid ${pid}, begins jobs again.`,
      { action: draining ? 'drainWorker' : 'resumeWorker', target: id },
    );
  return [
    get(PATH, async ({ query, url, visitor }) => {
      const page = Math.max(1, wholeNumber(query.get('page'), 1));
      const range = { limit: PAGE_SIZE, offset: (page - 1) * PAGE_SIZE };
      const { workers, total } = await listWorkerPage({ ...range, jobsEach: JOBS_SHOWN + 1 });
      const paging = { path: PATH, query: {}, page, pageSize: PAGE_SIZE, shown: workers.length, total };
      return show({
        title: 'Workers',
        section: 'workers',
        before: () => html`<div class="head"><h1>Workers</h1></div>`,
        live: {
          topics: ['workers', 'jobs'],
          everySecs: 5,
          content: html`${workerTable(visitor, workers, engineStatus().workerId, url)}${pager({ ...paging, noun: 'worker' })}`,
        },
      });
    }),
    post(`${PATH}/{id}/drain`, ({ parameter, form }) => drain(parameter, true, form)),
    post(`${PATH}/{id}/resume`, ({ parameter, form }) => drain(parameter, false, form)),
  ];
}

function workerTable(
  visitor: Visitor,
  workers: readonly WorkerAtWork[],
  ownId: string | null,
  url: string,
): Html {
  if (workers.length === 0) return emptyState('No process runs jobs now.');
  return table(
    'Workers',
    [
      { label: 'Worker' },
      { label: 'State' },
      { label: 'Busy slots', numeric: true },
      { label: 'Runs' },
      { label: 'Queues' },
      { label: 'Since' },
      { label: 'Last beat' },
      { label: 'Version' },
      ...(mayChange(visitor) ? [{ label: 'Actions', hidden: true }] : []),
    ],
    workers.map((each) => workerRow(visitor, each, ownId, url)),
  );
}

function workerRow(
  visitor: Visitor,
  { worker, jobs }: WorkerAtWork,
  ownId: string | null,
  url: string,
): Html {
  const path = `${PATH}/${encodeURIComponent(worker.id)}`;
  const about = `${worker.host}, pid ${worker.process.pid}`;
  const toggle = worker.draining
    ? actionButton(visitor, 'Resume', `${path}/resume`, url, { about, kind: 'primary' })
    : actionButton(visitor, 'Drain', `${path}/drain`, url, { about });
  return html`<tr id="worker-${encodeURIComponent(worker.id)}">
${cell('Worker', html`<strong title="${worker.id}">${worker.host}</strong> <span class="mono">pid ${worker.process.pid}</span>${worker.id === ownId && html` <span class="muted">this process</span>`}`, 'text')}
${cell('State', state(worker))}
${cell('Busy slots', `${formatCount(worker.inFlight)} / ${formatCount(worker.slots)}`, 'number')}
${cell('Runs', runs(jobs))}
${cell('Queues', queues(worker))}
${cell('Since', time(worker.startedAt))}
${cell('Last beat', time(worker.lastBeatAt))}
${cell('Version', worker.version)}
${toggle && cell('', toggle, 'actions')}
</tr>`;
}

function state({ draining, stopping, inFlight }: Worker): Html {
  if (stopping) return chip('warning', 'stopping');
  if (!draining) return chip('ok', 'claiming');
  return inFlight > 0 ? chip('warning', 'draining') : chip('off', 'drained');
}

function runs(jobs: readonly JobSummary[]): Content {
  if (jobs.length === 0) return html`<span class="none">nothing</span>`;
  return html`<ul class="items">${jobs
    .slice(0, JOBS_SHOWN)
    .map(
      ({ id, queueName, startedAt }) =>
        html`<li><a class="mono" href="${jobPath(id)}" title="${id}">…${id.slice(-ID_SHOWN)}</a> <span class="muted">of ${queueName}, began ${time(startedAt)}</span></li>`,
    )}${jobs.length > JOBS_SHOWN && html`<li class="muted">and more</li>`}</ul>`;
}

function queues({ queues: names }: Worker): Content {
  if (names.length === 0) return html`<span class="none">all</span>`;
  return html`<ul class="items">${names.map((name) => html`<li><a href="${queuePath(name)}">${name}</a></li>`)}</ul>`;
}
