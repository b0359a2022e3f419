import type { QueueOrder, QueueStats } from '../../application/ports/queue-store.js';
import { QUEUE_ORDERS } from '../../application/ports/queue-store.js';
import type { Clock } from '../../application/ports/clock.js';
import type { UseCases } from '../../application/use-cases/use-cases.js';
import { actionButton, cell, emptyState, filtering, link, pager, queuePath, table } from './components.js';
import { formatCount } from './format.js';
import { html, type Html } from './html.js';
import { get, given, show, wholeNumber, type PageRequest, type PageRoute } from './page.js';
import { mayChange, type Visitor } from './visitor.js';
import { concurrency, queueState, rateLimit } from './queue-state.js';

const PAGE_SIZE = 50;

interface QueueList {
  readonly search: string;
  readonly sort: QueueOrder;
  /** From 1. */
  readonly page: number;
}

export function queueListRoutes({ listQueuePage }: UseCases, clock: Clock): PageRoute[] {
  return [
    get('/dashboard/queues', async ({ query, url, visitor }: PageRequest) => {
      const list = toList(query);
      const { queues, total } = await listQueuePage({
        text: list.search,
        order: list.sort,
        limit: PAGE_SIZE,
        offset: (list.page - 1) * PAGE_SIZE,
      });
      return show({
        title: 'Queues',
        section: 'queues',
        before: () => heading(visitor, list),
        live: {
          topics: ['jobs', 'queues'],
          everySecs: 5,
          content: html`${queueTable(visitor, queues, url, clock.now())}${pager({
            path: '/dashboard/queues',
            query: { search: list.search, sort: list.sort === 'name' ? null : list.sort },
            page: list.page,
            pageSize: PAGE_SIZE,
            shown: queues.length,
            total,
            noun: 'queue',
          })}`,
        },
      });
    }),
  ];
}

function toList(query: URLSearchParams): QueueList {
  return {
    search: given(query, 'search') ?? '',
    sort: QUEUE_ORDERS.find((order) => order === query.get('sort')) ?? 'name',
    page: Math.max(1, wholeNumber(query.get('page'), 1)),
  };
}

const SORT_LABELS: Readonly<Record<QueueOrder, string>> = {
  name: 'Name',
  pending: 'Most pending',
  running: 'Most running',
  completed: 'Most completed',
  dead: 'Most dead',
};

function heading(visitor: Visitor, { search, sort }: QueueList): Html {
  return html`<div class="head"><h1>Queues</h1>${mayChange(visitor) && html`<a class="button primary" href="/dashboard/new-queue">New queue</a>`}</div>
<form class="filters" role="search" aria-label="Queues" ${filtering('/dashboard/queues')}>
<label>Name contains <input type="search" id="filter-search" name="search" value="${search}" maxlength="128" autocomplete="off" spellcheck="false"></label>
<label>Order <select id="filter-sort" name="sort">${QUEUE_ORDERS.map(
    (order) =>
      html`<option value="${order}"${order === sort && html` selected`}>${SORT_LABELS[order]}</option>`,
  )}</select></label>
<noscript><button>Show</button></noscript>
</form>`;
}

function queueTable(visitor: Visitor, queues: readonly QueueStats[], url: string, now: number): Html {
  if (queues.length === 0)
    return emptyState('No queue matches. A queue is made by its first job, or with “New queue”.');
  return table(
    'Queues',
    [
      { label: 'Queue' },
      { label: 'State' },
      { label: 'Ready', numeric: true },
      { label: 'Delayed', numeric: true },
      { label: 'Running', numeric: true },
      { label: 'Completed', numeric: true },
      { label: 'Dead', numeric: true },
      { label: 'Rate limit' },
      ...(mayChange(visitor) ? [{ label: 'Actions', hidden: true }] : []),
    ],
    queues.map((stats) => queueRow(visitor, stats, url, now)),
  );
}

function queueRow(visitor: Visitor, stats: QueueStats, url: string, now: number): Html {
  const { queue, counts } = stats;
  const path = queuePath(queue.name);
  const jobs = (status: string, count: number) =>
    count === 0
      ? '0'
      : html`<a href="${link('/dashboard/jobs', { queue: queue.name, status })}">${formatCount(count)}</a>`;
  const toggle = queue.paused
    ? actionButton(visitor, 'Resume', `${path}/resume`, url, { about: queue.name, kind: 'primary' })
    : actionButton(visitor, 'Pause', `${path}/pause`, url, { about: queue.name });
  return html`<tr id="queue-${encodeURIComponent(queue.name)}">
${cell('Queue', html`<a class="strong" href="${path}">${queue.name}</a>`, 'text')}
${cell('State', queueState(stats, now))}
${cell('Ready', jobs('pending', counts.pending - counts.delayed), 'number')}
${cell('Delayed', jobs('pending', counts.delayed), 'number')}
${cell('Running', concurrency(stats), 'number')}
${cell('Completed', jobs('completed', counts.completed), 'number')}
${cell('Dead', jobs('dead', counts.dead), 'number')}
${cell('Rate limit', rateLimit(stats, now))}
${toggle && cell('', toggle, 'actions')}
</tr>`;
}
