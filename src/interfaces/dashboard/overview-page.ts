import type { JobSummary } from '../../domain/job/job.js';
import type { EngineStatus } from '../../application/engine/engine.js';
import type { Overview } from '../../application/use-cases/get-overview.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import type { Clock } from '../../application/ports/clock.js';
import { throughputChart } from './chart.js';
import { cell, chip, clipped, emptyState, facts, jobPath, link, queuePath, table } from './components.js';
import { formatCount, formatDuration, plural, time } from './format.js';
import { html, type Html } from './html.js';
import { get, show, type PageRoute } from './page.js';
import { queueState } from './queue-state.js';

const FAILURES_SHOWN = 5;

export function overviewRoutes(
  { getOverview, findJobs }: UseCases,
  engineStatus: () => EngineStatus,
  clock: Clock,
): PageRoute[] {
  return [
    get('/dashboard', async () => {
      const overview = await getOverview();
      const dead = await findJobs({ status: 'dead' }, { limit: FAILURES_SHOWN, budgetMs: 0 });
      const content = overviewContent(overview, dead.jobs, engineStatus(), clock.now());
      return show({
        title: 'Overview',
        section: 'overview',
        before: () => html`<h1>Overview</h1>`,
        live: { topics: ['jobs', 'queues', 'schedules'], everySecs: 10, content },
      });
    }),
  ];
}

function overviewContent(
  overview: Overview,
  dead: readonly JobSummary[],
  engine: EngineStatus,
  now: number,
): Html {
  return html`${warnings(overview, engine)}
${cards(overview)}
<section class="panel" aria-labelledby="last-hour"><div class="panel-head"><h2 id="last-hour">Last hour</h2>
<p class="legend"><span class="key done"></span>${formatCount(overview.lastHour.completed)} completed <span class="key wrong"></span>${plural(overview.lastHour.failed, 'failed attempt')}</p></div>
${throughputChart(overview.throughput)}</section>
<section class="panel" aria-labelledby="system"><h2 id="system">System</h2>${systemFacts(overview, engine, now)}</section>
<div class="columns">
<section class="panel" aria-labelledby="busiest"><div class="panel-head"><h2 id="busiest">Longest queues</h2><a href="${link('/dashboard/queues', { sort: 'pending' })}">All queues</a></div>${longestQueues(overview, now)}</section>
<section class="panel" aria-labelledby="failures"><div class="panel-head"><h2 id="failures">Newest dead jobs</h2><a href="${link('/dashboard/jobs', { status: 'dead' })}">All dead jobs</a></div>${deadJobs(dead)}</section>
</div>`;
}

/** What wants a look, in words. */
function warnings({ queues }: Overview, engine: EngineStatus): Html[] {
  const pausedAndWaiting = queues.queues.filter(({ queue, counts }) => queue.paused && counts.pending > 0);
  return [
    ...(engine.state === 'pausing'
      ? [
          html`The worker is not claiming: its last try failed, and it tries again by itself. The log says why.`,
        ]
      : []),
    ...(engine.state === 'stopped'
      ? [html`The worker is stopped: no jobs are claimed by this process.`]
      : []),
    ...pausedAndWaiting.map(
      ({ queue, counts }) =>
        html`Queue <a href="${queuePath(queue.name)}">${queue.name}</a> is paused with ${plural(counts.pending, 'pending job')}.`,
    ),
  ].map((text) => html`<p class="notice warning">${text}</p>`);
}

function cards({ jobs }: Overview): Html {
  const status = (name: string) => link('/dashboard/jobs', { status: name });
  const all = [
    ['total', 'Total', jobs.total, '/dashboard/jobs'],
    ['ready', 'Ready', jobs.pending - jobs.delayed, status('pending')],
    ['delayed', 'Delayed', jobs.delayed, status('pending')],
    ['running', 'Running', jobs.running, status('running')],
    ['completed', 'Completed', jobs.completed, status('completed')],
    ['dead', 'Dead', jobs.dead, status('dead')],
  ] as const;
  return html`<ul class="cards">${all.map(
    ([kind, label, count, path]) =>
      html`<li><a class="card ${kind}" id="card-${kind}" href="${path}"><span>${label}</span><strong>${formatCount(count)}</strong></a></li>`,
  )}</ul>`;
}

const ENGINE_CHIPS = {
  claiming: () => chip('ok', 'claiming'),
  pausing: () => chip('warning', 'pausing'),
  draining: () => chip('off', 'draining'),
  stopped: () => chip('off', 'stopped'),
} as const satisfies Record<EngineStatus['state'], () => Html>;

function systemFacts(overview: Overview, engine: EngineStatus, now: number): Html {
  const { oldestReadyAt } = overview;
  return facts([
    ['Worker', ENGINE_CHIPS[engine.state]()],
    ['Slots in use', `${engine.inFlight} of ${engine.slots}`],
    engine.queues.length > 0 && ['Serves only', engine.queues.join(', ')],
    [
      'Oldest ready job',
      oldestReadyAt === null
        ? 'none is waiting'
        : html`waiting for <strong>${formatDuration(now - oldestReadyAt)}</strong>`,
    ],
    ['Queues', formatCount(overview.queues.total)],
    [
      'Schedules',
      `${formatCount(overview.schedules.enabled)} of ${formatCount(overview.schedules.total)} enabled`,
    ],
    ['Up since', time(now - overview.uptimeSecs * 1000)],
    ['Version', overview.version],
  ]);
}

function longestQueues({ queues }: Overview, now: number): Html {
  const waiting = queues.queues.filter(({ counts }) => counts.pending + counts.running > 0);
  if (waiting.length === 0) return emptyState('No queue has pending jobs.');
  return table(
    'Longest queues',
    [
      { label: 'Queue' },
      { label: 'Ready', numeric: true },
      { label: 'Delayed', numeric: true },
      { label: 'Running', numeric: true },
      { label: 'State' },
    ],
    waiting.map(
      (stats) => html`<tr>
${cell('Queue', html`<a href="${queuePath(stats.queue.name)}">${stats.queue.name}</a>`, 'text')}
${cell('Ready', formatCount(stats.counts.pending - stats.counts.delayed), 'number')}
${cell('Delayed', formatCount(stats.counts.delayed), 'number')}
${cell('Running', formatCount(stats.counts.running), 'number')}
${cell('State', queueState(stats, now))}
</tr>`,
    ),
  );
}

function deadJobs(jobs: readonly JobSummary[]): Html {
  if (jobs.length === 0) return emptyState('No job is dead.');
  return table(
    'Newest dead jobs',
    [{ label: 'Job' }, { label: 'Queue' }, { label: 'Died' }, { label: 'Error' }],
    jobs.map(
      (job) => html`<tr id="dead-${job.id}">
${cell('Job', html`<a class="mono" href="${jobPath(job.id)}">…${job.id.slice(-12)}</a>`)}
${cell('Queue', job.queueName, 'text')}
${cell('Died', time(job.completedAt))}
${cell('Error', clipped(job.lastError), 'text')}
</tr>`,
    ),
  );
}
